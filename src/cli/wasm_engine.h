/* Inside `outlayer wasm`: the verbs, and the engine they share. */
#pragma once
#include "engine/engine.h"

enum { CLI_WASM_MAX = 64 << 20 };

/* The engine with the user's cache of compiled programs. */
struct err *wasm_engine_open(struct engine **out);

/* argv[0] is the verb. Return the exit status. */
int wasm_run(int argc, char **argv);
int wasm_inspect(int argc, char **argv);
int wasm_compile(int argc, char **argv);
