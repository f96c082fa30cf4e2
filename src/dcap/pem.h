/* Chains of certificates in PEM (RFC 7468), read strictly: nothing before, between or behind the certificates but line feeds (and one NUL at the
 * end, as quotes have it). CR LF counts as a line feed. Freestanding. */
#pragma once
#include "dcap/room.h"

enum { PEM_CHAIN_MAX = 4 };

/* The Base64 of each certificate, line feeds included. */
struct pem_chain {
    struct slice certs[PEM_CHAIN_MAX];
    size_t count;
};

/* False when the text is not such a chain, or has more than PEM_CHAIN_MAX certificates. A text without any is a chain of none. */
bool pem_read(struct slice text, struct pem_chain *out);

/* The bytes of one certificate, in memory of `room`. False when it is not strict Base64 (padding where it belongs, unused bits zero, lines
 * of whole groups). */
bool pem_decode(struct slice base64, struct room *room, struct slice *der);
