/* Programs by their hash: from the coordinator's store, else from the address the chain names. Whatever the source, the bytes are
 * taken only when their SHA-256 is the one that was asked for.
 *
 * A download is an address chosen by a stranger: https only, at most 10 MiB, 30 s, no redirects, judged as every request of strangers
 * (net/egress.h): never to a private, loopback, link-local or otherwise special address, and not by way of a proxy. On a development network http and private addresses are allowed.
 */
#pragma once
#include "net/http_client.h"
#include "worker/coordinator_client.h"

enum { CODE_DOWNLOAD_MAX = 10 * 1024 * 1024, CODE_STORED_MAX = 128 * 1024 * 1024 };

struct code_source {
    struct slice url;
    struct hash hash;
    struct slice build_target;
    bool target_declared; /* false: build_target is what is usual */
};

/* ERR_INVALID: the target that was declared says another kind of program than it is. Unknown targets say nothing. */
struct err *code_check_target(const struct code_source *source, bool is_component);

/* Reads {"type":"WasmUrl",…}. ERR_INVALID says why a program cannot be had from `source`. Slices are borrowed. */
struct err *code_source_read(const json_t *source, struct code_source *out);

/* Downloads and verifies. Error texts are for the requester: `HTTP error: …`, `File too large: …`, `Hash mismatch! …`.
 * ERR_INVALID: the source is wrong; ERR_CONFLICT: its bytes have another hash; ERR_UNAVAILABLE: it does not answer. */
struct err *code_download(struct http_client *http, const struct code_source *source, bool allow_local, struct buf *out);

/* From the coordinator's store, else by download. */
struct err *code_get(struct coordinator_client *coordinator, struct http_client *http, const struct code_source *source,
                     bool allow_local, struct buf *out);
