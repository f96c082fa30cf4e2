/* Events of the main contract in a receipt's logs (NEP-297): a line that starts with `EVENT_JSON:` and goes on with
 *
 *     {"standard":"near-outlayer","version":"1.0.0","event":"execution_requested",
 *      "data":[{"request_data":"<JSON text>","data_id":[32 integers],"timestamp":<ns>}]}
 *
 * `request_data` is JSON inside JSON; event_request reads it. Anything may stand in a log: what is not such a line is no event,
 * what is one but does not read is an error that names the member.
 */
#pragma once
#include "base/arena.h"
#include "codec/json_doc.h"

struct event_filter {
    const char *standard, *event;
    const char *min_version; /* "major.minor.patch"; empty: any */
};

struct execution_event {
    json_t *request; /* owned: request_data, parsed */
    uint64_t request_id;
    char data_id[65]; /* hex */
    uint64_t timestamp_ns;
    bool input_in_state; /* the input stands in the contract's storage (view get_request) */
};

void execution_event_free(struct execution_event *e);

static inline void auto_execution_event(struct execution_event *e)
{
    execution_event_free(e);
}

/* True when the line has the mark, the standard, the name and at least the version of `filter`. *data is then data[0], a new
 * reference. */
bool event_line_matches(struct slice line, const struct event_filter *filter, json_t **data);

/* Reads data[0] of an execution_requested. ERR_INVALID names what is wrong; *id_known tells whether out->request_id was
 * readable nevertheless, so that the request can be answered. *out must be a zero value and is to be freed in any case. */
struct err *event_read_request(const json_t *data, struct execution_event *out, bool *id_known);

/* Where the event was logged. Empty slices are unknown and left out. */
struct event_place {
    struct slice contract_id, transaction_hash, receipt_id, predecessor_id, signer_public_key;
    uint64_t block_height, gas_burnt;
};

/* The body of POST /executions/create, a new reference. `input` with a NULL pointer: the event's own. */
json_t *event_create_body(const struct execution_event *e, const struct event_place *place, struct slice input);

/* `{"WasmUrl":{…}}`, as on chain, to `{"type":"WasmUrl",…}`, as between worker and coordinator. A missing or null target becomes
 * `default_target`. A new reference. */
struct err *event_code_source(const json_t *chain_form, const char *default_target, json_t **out);
