/* Contract calls from a file, for comparing this machine with another and for trying a contract without a chain.
 *
 * A scenario is a JSON object: {"wasm": "file beside it", "account": "contract.near", "calls": [CALL, …], "dump": "optional file"}.
 * A call: `method`; `input` (an object stands for its JSON text, a string for its bytes, "hex:…" for what it says); `signer`,
 * `predecessor` (the signer by default), `signer_pk`; `deposit`, `balance` before it (decimal strings, yocto); `gas` (300 T); `height`,
 * `timestamp` (ns); `chain_id` ("test"); `view` (its gas limit is `gas`); `promise_results` (an array; null is a failed promise). Storage carries over
 * from call to call; a failed call and a view change nothing.
 *
 * Each call gives an object: `method`, `burnt`, `used`, `wasm` (gas of instructions), `host` and `actions` (gas by cost), `logs`,
 * `return` (text, "hex:…" or {"receipt": n}), `aborted` (null or the error), `usage_delta`, `balance`, `receipts`.
 *
 * The account has no trie, so nodes are not charged; random seed is 32 times 7, epoch height 10; data ids are
 * SHA-256 of a counter (u64, little-endian, from 0). A receipt's number counts receipts, actions and resumes of all calls.
 */
#pragma once
#include "base/err.h"
#include "devnet/vm/vm.h"
#include <jansson.h>

/* Called with each outcome, which is valid during the call only. */
typedef void scenario_sink(void *self, const json_t *outcome);

/* Runs the scenario in the file `path`. ERR_INVALID names what is wrong with it. */
struct err *scenario_run(struct vm *vm, const char *path, scenario_sink *sink, void *self);

/* The same by hand: an account with this code, which stays borrowed, and without storage. */
struct scenario;
struct scenario *scenario_new(struct vm *vm, const struct account_id *account, struct slice wasm);
void scenario_free(struct scenario *s);

/* Runs a CALL; *outcome is a new reference. Without `keeps` what it did is taken back, as after a failure. */
struct err *scenario_call(struct scenario *s, const json_t *call, bool keeps, json_t **outcome);
