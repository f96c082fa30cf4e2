/* The engine's settings, shared by the process that compiles and the process that runs: an artifact loads only where every one
 * of them is the same. Only the process programs may call settings_engine_new; others use the label alone. */
#pragma once
#include "engine/memory.h"
#include <wasmtime.h>

/* Names engine version and settings in artifact files. Count the last number up with any change in settings.c, and in what an artifact
 * is made from or ends with. */
#define SETTINGS_LABEL "wasmtime-" WASMTIME_VERSION "-5"

/* The settings themselves, for who must change one: the benchmark of metering. The caller owns it. */
wasm_config_t *settings_config_new(struct memory_budget *budget);

/* What is compiled or loaded under these settings never becomes executable; to call it is a crash. Artifacts are the same. For a
 * process that only compiles, which wasmtime does not know: compiling loads. Implemented in third_party/engine/src/code.rs. */
void shim_config_never_execute(wasm_config_t *config);

enum settings_use { SETTINGS_RUN, SETTINGS_COMPILE };

/* Makes an engine whose guests take their linear memory from `budget`, which must live as long as the engine. Aborts on
 * contradictory settings, which is a bug of ours. The caller deletes it. */
wasm_engine_t *settings_engine_new(struct memory_budget *budget, enum settings_use use);
