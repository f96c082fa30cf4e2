/* Inside `outlayer wasm`: the verbs, and the engine they share. */
#pragma once
#include "engine/engine.h"

enum { CLI_WASM_MAX = 64 << 20 };

/* The engine with the user's cache of compiled programs. */
struct err *wasm_engine_open(struct engine **out);

/* engine_prepare, which says on standard error that it compiles when that may take a while. */
struct err *wasm_engine_prepare(struct engine *engine, const char *path, struct slice wasm, struct hash *hash,
                                uint64_t *compile_ms);

/* argv[0] is the verb. Return the exit status. */
int wasm_run(int argc, char **argv);
int wasm_inspect(int argc, char **argv);
int wasm_compile(int argc, char **argv);
