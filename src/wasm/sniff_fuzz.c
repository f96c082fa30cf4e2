#include "wasm/sniff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) struct arena arena = {0};
    struct wasm_facts facts;
    wasm_sniff(slice_from(data, size), &arena, &facts);
    return 0;
}
