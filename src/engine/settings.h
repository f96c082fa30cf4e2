/* The engine's settings, shared by the process that compiles and the process that runs: an artifact loads only where every one
 * of them is the same. Only the process programs may call settings_engine_new; others use the label alone. */
#pragma once
#include "engine/memory.h"
#include <wasmtime.h>

/* Names engine version and settings in artifact files. Count the last number up with any change in settings.c. */
#define SETTINGS_LABEL "wasmtime-" WASMTIME_VERSION "-3"

/* The settings themselves, for who must change one: the benchmark of metering. The caller owns it. */
wasm_config_t *settings_config_new(struct memory_budget *budget);

/* Makes an engine whose guests take their linear memory from `budget`, which must live as long as the engine. Aborts on
 * contradictory settings, which is a bug of ours. The caller deletes it. */
wasm_engine_t *settings_engine_new(struct memory_budget *budget);
