/* Requests that are not settled yet, in storage.
 *
 *     r <id>   the record
 *     i <id>   its input, when that is REQUEST_INPUT_INLINE_MAX bytes or more: resolving then does not read it
 *     o <id>   an output that was too long for the yield's payload
 */
#pragma once
#include "outlayer/state.h"

/* At this length a storage entry of its own costs less than reading the input with the record, twice. */
enum { REQUEST_INPUT_INLINE_MAX = 6144 };

/* Keeps a new request. */
void request_store(const struct request *q);
/* NULL when there is none. The input is left where it is kept apart; request_input fetches it. */
struct request *request_load(uint64_t id);
/* request_load that ends the call with "Execution request not found". */
struct request *request_must_load(uint64_t id);
struct slice request_input(const struct request *q);

/* Removes the request with all that is kept with it, and marks it settled in `s`, which the caller saves. NULL when there is none. */
struct request *request_take(struct state *s, uint64_t id);

/* Keeps an output for the callback. Ends the call when there is one already. */
void request_store_output(struct request *q, const struct output *output);
/* NULL when there is none. */
struct output *request_load_output(uint64_t id);

/* The next unsettled id from `from` on; false when there is none or `*budget` storage look-ups were spent. Ids known to be settled
 * cost nothing. */
bool request_next_open(const struct state *s, uint64_t from, uint64_t *budget, uint64_t *id);
