#include "wasm/near_prepare.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was prepared is a module again. Preparing it a second time either works or hits a limit: its own counters and the blocks of
 * its charges are more of everything. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buf) struct buf once = {0};
    AUTO(buf) struct buf twice = {0};
    if (near_prepare(slice_from(data, size), &once) == NEAR_OK &&
        near_prepare(buf_slice(&once), &twice) == NEAR_DESERIALIZATION)
        abort();
    return 0;
}
