/* Merges neighbouring data segments of a core module, so that it compiles to less: an engine makes start-up code for each segment, and
 * some linkers (Go's) make a segment of whatever stands between two runs of eight zeros, tens of thousands in a program.
 *
 *     before   [17 bytes]  20 zeros  [9 bytes]  8 zeros  [7 bytes]          1 MiB of nothing          [3 bytes]
 *     after    [61 bytes                                         ]                                    [3 bytes]
 *
 * The merged module has the same memory after it is instantiated, is valid exactly when the first one is, and differs in nothing but
 * its data section. It copies more bytes, the zeros in between, in fewer segments; how many of both is told, for who bills them.
 *
 * A module is merged only where that can be seen to change nothing: all its memories are its own, so that they begin as zeros; all
 * segments are active ones of the first, with bytes, at constant offsets and within its smallest size, so that none can trap; none
 * overlaps another, so that their order does not matter; and no instruction can name one, as there is no data count section.
 * Source: WebAssembly core specification, "Data Section", "Data Count Section" and "Instantiation". */
#pragma once
#include "base/buf.h"

enum {
    WASM_MERGE_GAP_MAX = 64,          /* zeros between two segments that become one; there is at least one */
    WASM_MERGE_SEGMENTS_MAX = 100000, /* what wasmtime accepts; a module with more stays as it is, for it to refuse */
};

/* Appends the merged module to `out` and returns how many segments fewer it has; *filler_len is how many bytes more there are in the
 * rest, 1 to WASM_MERGE_GAP_MAX for each that is gone. 0, with nothing appended, when `module` stays as it is, or is none: of
 * everything but its data only as much is validated as decides that. */
uint32_t wasm_merge_data(struct slice module, struct buf *out, uint32_t *filler_len);
