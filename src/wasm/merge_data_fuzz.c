#include "wasm/merge_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has been merged is a module that there is nothing to merge in, and as much longer as was said at most. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buf) struct buf once = {0};
    AUTO(buf) struct buf twice = {0};
    uint32_t filler_len = 0, more_len = 0, fewer = wasm_merge_data(slice_from(data, size), &once, &filler_len);
    if (fewer == 0 && once.len == 0)
        return 0;
    if (filler_len < fewer || filler_len > (uint64_t)fewer * WASM_MERGE_GAP_MAX || once.len > size + filler_len)
        __builtin_trap();
    if (wasm_merge_data(buf_slice(&once), &twice, &more_len))
        __builtin_trap();
    return 0;
}
