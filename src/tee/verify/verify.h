/* Is this result what an approved enclave made of this request? Evidence in, a list of steps out, each with what was seen: pass, fail, or unproven where evidence is
 * missing, which is never a pass. Nothing is fetched here.
 *
 *     record       version 2: its form, its signature, its place in a batch, and that the quote carries the batch
 *     quote        the batch's quote down to a root: every step of src/dcap, then status and report data
 *     enclave      measurements approved, worker key registered: what the register contract said
 *     request      chain, contract, request, code, input, output, outcome, caller, limits and time against what the chain shows; of an HTTPS call chain, contract, call,
 *                  input and output against what its caller has, and the rest as the enclave states it
 *     version 1    the task's own quote, and that its report data is the hash of the published record
 *
 * A record without version 2 (from existing workers) has no steps of the first group; the others then speak of version 1's quote.
 */
#pragma once
#include "base/arena.h"
#include "codec/json_doc.h"

enum verify_verdict { VERIFY_PASS, VERIFY_FAIL, VERIFY_UNPROVEN };

/* "pass", "fail", "unproven". */
const char *verify_verdict_name(enum verify_verdict verdict);

struct verify_step {
    const char *group, *id; /* "record" / "signature": for machines */
    const char *what;       /* one clause */
    enum verify_verdict verdict;
    const char *seen; /* the value seen, or what is wrong or missing */
};

enum { VERIFY_STEPS_MAX = 96 };

struct verify_report {
    struct arena arena; /* holds all texts */
    struct verify_step steps[VERIFY_STEPS_MAX];
    size_t count;
    bool simulated; /* the root is a simulator's: whatever passed proves nothing to anybody who does not trust it */
    char root_sha256[65];
    const char *tcb_status;    /* NULL: not known */
    const json_t *attestation; /* borrowed from the evidence */
};

void verify_report_free(struct verify_report *r);

static inline void auto_verify_report(struct verify_report *r)
{
    verify_report_free(r);
}

/* What somebody was asked, and did not always answer. */
enum verify_answer { VERIFY_NOT_ASKED, VERIFY_YES, VERIFY_NO };

struct verify_evidence {
    const json_t *attestation;  /* as `GET /attestations/…` gives it; must be there */
    struct slice collateral;    /* JSON text; empty: none */
    struct slice root;          /* DER of the root to trust; empty: Intel's */
    const char *network;        /* "mainnet", "testnet", "devnet": what the record should name */
    const char *contract_id;    /* the main contract; NULL: not known */
    const json_t *chain;        /* what the chain shows of the request; NULL: nobody looked. See verify_chain_read */
    struct slice input, output; /* given by hand, compared too; NULL pointers: none */
    struct slice call_id; /* of the HTTPS call that was asked for; NULL pointer: the one that the published record names */
    enum verify_answer approved, registered;
    const char *approved_by, *registered_by; /* who said so, for the report */
};

/* The members of `chain`, all optional: chain_id, contract_id, request_id, caller, code_hash, input, output (JSON text of the returned value), success, max_instructions, max_memory_mb,
 * max_seconds, requested_height, requested_at, resolved_at (seconds). Extracts them from the outcome of the transaction that made the request `request_id`; the times of blocks are
 * asked for by hash: `block` gives height and seconds, false when it cannot. ERR_NOT_FOUND when the transaction has no such request. */
struct verify_block {
    uint64_t height, time_s;
};
typedef bool verify_block_source(void *context, const char *block_hash, struct verify_block *out);
struct err *verify_chain_read(const json_t *tx_status, const char *contract_id, uint64_t request_id, verify_block_source *block,
                              void *context, json_t **chain);

/* Runs every step. *out is a zero value. */
void verify_run(const struct verify_evidence *e, struct verify_report *out);

/* Fail when any step failed, else unproven when any is, else pass. */
enum verify_verdict verify_report_verdict(const struct verify_report *r);
/* The first step with this verdict; NULL when there is none. */
const struct verify_step *verify_report_first(const struct verify_report *r, enum verify_verdict verdict);

/* {"verdict","simulated","root_sha256","tcb_status","steps":[{"group","id","what","verdict","seen"},…]}. A new reference. */
json_t *verify_report_json(const struct verify_report *r);
