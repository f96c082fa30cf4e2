/* Any bytes as key, signature and message, in this order; what is missing is zero. */
#include "crypto/ml_dsa.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct slice *rest, uint8_t *out, size_t len)
{
    struct slice got = slice_first(*rest, len);
    memset(out, 0, len);
    if (got.len)
        memcpy(out, got.ptr, got.len);
    *rest = slice_skip(*rest, got.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t key[ML_DSA_PUBLIC_LEN], signature[ML_DSA_SIGNATURE_LEN];
    struct slice rest = slice_from(data, size);
    take(&rest, key, sizeof key);
    take(&rest, signature, sizeof signature);
    (void)ml_dsa_verify(signature, key, rest);
    return 0;
}
