/* Programs in turn, more than cells are kept for: none of them is in demand. */
#pragma once
#include "bench.h"
#include "engine/engine.h"
#include "engine/waiting.h"

enum { COPIES_MAX = WAITING_PROGRAMS + 2 };

/* Prepares `count` copies of a program, which differ in a custom section only. */
static inline void prepare_copies(struct engine *engine, struct slice wasm, struct hash hashes[COPIES_MAX], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AUTO(buf) struct buf copy = {0};
        const uint8_t custom[] = {0, 2, 1, (uint8_t)('a' + i)};
        uint64_t compile_ms = 0;
        buf_append(&copy, wasm);
        buf_append(&copy, slice_from(custom, sizeof custom));
        must(engine_prepare(engine, buf_slice(&copy), &hashes[i], &compile_ms));
    }
}
