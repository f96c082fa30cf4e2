/* What a worker must not forget: how far it has read the chain, and where each claimed job stands. SQLite in the data folder.
 *
 *     claimed ──► executed ──► delivered ──► (row removed)
 *        │           │             │
 *        │           │             └─ after a crash: tell the coordinator
 *        │           └─ after a crash: deliver the stored answer, unless the chain has settled the request
 *        └─ after a crash: it may have run, so it does not run again; the answer is a failure
 *
 * Rows are written before the step they announce. The file is synced at checkpoints only (synchronous=NORMAL): a killed process
 * loses nothing; a power cut may lose the last rows, and then the coordinator's lease and the chain's own time-out answer.
 * All functions may be called from any thread.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "codec/json_doc.h"

struct journal;

enum journal_state { JOURNAL_CLAIMED = 1, JOURNAL_EXECUTED, JOURNAL_DELIVERED };

struct journal_entry {
    uint64_t id;
    uint64_t job_id, request_id; /* the coordinator's, the contract's */
    enum journal_state state;
    struct slice data_id;    /* hex */
    struct slice facts;      /* what attests it: as known when it was claimed, then when it was executed */
    struct slice delivery;   /* what goes on chain: {"method":…,"args":…}; empty while claimed */
    struct slice completion; /* the body of /jobs/complete; empty while claimed */
};

/* Opens or makes the file. Entries of an earlier process are all free to be taken then. */
struct err *journal_open(const char *path, struct journal **out);
void journal_close(struct journal *j);

static inline void auto_journal(struct journal **j)
{
    journal_close(*j);
}

/* The next block to read; *known is false in a new journal. */
struct err *journal_cursor(struct journal *j, uint64_t *height, bool *known);
struct err *journal_set_cursor(struct journal *j, uint64_t height);

/* A new entry, held by the caller. `facts` (text, may be empty) is what a later process needs to attest what becomes of it. */
struct err *journal_claim(struct journal *j, uint64_t job_id, uint64_t request_id, struct slice data_id, struct slice facts,
                          uint64_t *id);

/* What attests a job. Of a run it is stored with the step that fixes the answer, and waits until the chain has that answer, since the contract may refuse it; it stays until
 * the coordinator has taken it, longer than the entry itself.
 *
 *     stored, signed ──► quoted: with its own quote and its place in a batch ──► (row removed)
 */
struct journal_attestation {
    uint64_t id, job_id;
    struct slice body;   /* JSON object: the members of a version 1 record, without its quote */
    struct slice record; /* version 2; empty: there is none, so it takes no part in a batch */
    struct slice signature;
    struct slice quote;    /* of version 1; empty: not quoted yet */
    uint64_t index, count; /* in the batch */
    struct slice path, batch_quote;
};

/* Steps of an entry that the caller holds. An answer is fixed with `facts`, `delivery` and `completion` of the entry, and with what attests it (may be NULL); fixed again before
 * it is delivered, it takes the place of the one before, and so does what attests it. */
struct err *journal_set_executed(struct journal *j, const struct journal_entry *entry,
                                 const struct journal_attestation *attestation);
struct err *journal_set_delivered(struct journal *j, uint64_t id, struct slice completion);
struct err *journal_remove(struct journal *j, uint64_t id);

/* Stores what attests a job that has no entry. */
struct err *journal_attest(struct journal *j, const struct journal_attestation *attestation);

/* Gives an entry up, to be taken later. */
struct err *journal_release(struct journal *j, uint64_t id);

/* The coordinator's ids of all jobs that have an entry, held or not: a new JSON array. */
struct err *journal_jobs(struct journal *j, json_t **out);

/* Takes the oldest entry that nobody holds; *found is false when there is none. Texts live in `arena`. */
struct err *journal_take(struct journal *j, struct arena *arena, struct journal_entry *out, bool *found);

enum { JOURNAL_BATCH_MAX = 256 };

/* The oldest attestations that are quoted, or that are to be: not those of an answer that is still to be delivered. Texts live in `arena`. */
struct err *journal_attestations(struct journal *j, bool quoted, struct arena *arena,
                                 struct journal_attestation list[JOURNAL_BATCH_MAX], size_t *count);
/* Stores quotes and places of a whole batch, or of none of it. */
struct err *journal_set_quoted(struct journal *j, const struct journal_attestation *list, size_t count);
struct err *journal_remove_attestation(struct journal *j, uint64_t id);
