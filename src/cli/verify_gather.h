/* Evidence for `outlayer verify`: from the coordinator, the chain, files and bundles. What cannot be had is left out, and is then unproven; a service that does not
 * answer at all is an error. */
#pragma once
#include "base/arena.h"
#include "codec/json_doc.h"
#include "tee/verify/verify.h"

/* Where evidence comes from, settled from options and the network's defaults. Texts live in the caller's arena. */
struct verify_sources {
    const char *network; /* "devnet", "testnet" or "mainnet"; the node must serve it */
    const char *api_url, *rpc_url;
    const char *contract_id, *register_id;
    const char *root_path;       /* NULL: Intel's root */
    const char *collateral_path; /* NULL: asked from the coordinator */
    const char *approved_path;   /* NULL: the register contract is asked */
    const char *worker_key;      /* a key that the user knows for a registered one; NULL: the chain is asked */
    const char *input_path, *output_path;
    bool offline;    /* ask nobody */
    uint64_t wait_s; /* how long a record that is not there yet is waited for */
};

enum verify_subject { VERIFY_TX, VERIFY_CALL, VERIFY_JOB, VERIFY_BUNDLE };

/* All that verify_evidence borrows from. */
struct verify_gathered {
    struct arena arena;
    json_t *attestation, *chain;
    struct buf collateral, root, input, output;
    bool has_input, has_output;
    struct verify_evidence evidence;
};

void verify_gathered_free(struct verify_gathered *g);

static inline void auto_verify_gathered(struct verify_gathered *g)
{
    verify_gathered_free(g);
}

/* Reads a file that the user named, as what `what` says. ERR_INVALID when it cannot be read. */
struct err *verify_file_read(const char *what, const char *path, struct buf *out);

/* `name` is a transaction's hash, a call's id, a job's number or a bundle's path. ERR_NOT_FOUND: there is no attestation under it; ERR_UNAVAILABLE: somebody did not answer. */
struct err *verify_gather(const struct verify_sources *s, enum verify_subject subject, const char *name,
                          struct verify_gathered *out);

/* Writes everything needed to verify again into one JSON file. */
struct err *verify_bundle_write(const char *path, const struct verify_sources *s, const struct verify_gathered *g,
                                const struct verify_report *report);
