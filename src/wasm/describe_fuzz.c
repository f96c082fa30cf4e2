#include "wasm/describe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything that is told lies within the bytes. */
static void touch(void *self, const struct wasm_part *part)
{
    const struct slice all[] = {part->module, part->name, part->content};
    for (size_t i = 0; i < 3; i++)
        for (size_t at = 0; at < all[i].len; at++)
            *(uint8_t *)self ^= all[i].ptr[at];
    if (part->sort)
        *(uint8_t *)self ^= (uint8_t)part->sort[0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum wasm_shape shape;
    uint8_t sum = 0;
    wasm_describe(slice_from(data, size), &shape, touch, &sum);
    return 0;
}
