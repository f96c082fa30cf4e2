/* The collateral of a quote: Intel's documents with their signatures, chains and lists. Freestanding. */
#pragma once
#include "dcap/report.h"
#include "dcap/room.h"

enum { DCAP_DOCUMENT_SIGNATURE_LEN = 64 };

struct dcap_document {
    struct slice text;      /* the exact bytes that are signed */
    struct slice signature; /* r ‖ s */
    struct slice chain;     /* PEM: signer, root */
};

struct dcap_collateral {
    struct dcap_document tcb_info, qe_identity;
    struct slice pck_crl_chain;     /* PEM: PCK authority, root */
    struct slice root_crl, pck_crl; /* DER */
    struct slice
        pck_chain; /* PEM: PCK certificate, authority, root; empty: the quote brings it. Binds the collateral to one processor. */
};

/* Bytes of memory that reading and compiling a collateral of `len` bytes of JSON may take. */
#define DCAP_ROOM_LEN(len) (3 * (len) + 64)

/* Reads the JSON object that Intel's quote library and its users pass around (QuoteCollateralV3): pck_crl_issuer_chain, root_ca_crl, pck_crl (hex),
 * tcb_info_issuer_chain, tcb_info, tcb_info_signature (hex), qe_identity_issuer_chain, qe_identity, qe_identity_signature (hex), and
 * pck_certificate_chain if it is there. Other members are passed over, none may be there twice. What is unescaped or decoded lies in `room`. */
bool dcap_collateral_read(struct slice json, struct room *room, struct dcap_collateral *out, struct dcap_fault *fault);
