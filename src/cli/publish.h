/* Puts a program into the coordinator's code store, named by its own SHA-256. */
#pragma once
#include "base/err.h"
#include "crypto/hash.h"

/* ERR_INVALID when the store refuses it. `worker_token` opens the worker's API. Publishing the same bytes again is success. */
struct err *publish_wasm(const char *coordinator_url, const char *worker_token, const struct hash *hash, struct slice wasm);
