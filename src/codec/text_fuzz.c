/* Hex, base58, base64: what decodes encodes back to the same text (hex: to its lower case), and a fault lies within the text. */
#include "codec/base58.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void try_base58(struct slice text)
{
    uint8_t bytes[BASE58_BYTES_MAX];
    char again[BASE58_ENCODED_MAX(BASE58_BYTES_MAX)];
    size_t len = 0, fault_at = 0;
    if (base58_decode(text, bytes, &len, &fault_at))
        check(slice_eq(slice_from(again, base58_encode(slice_from(bytes, len), again)), text));
    else
        check(fault_at <= text.len);
}

static void try_base64(struct slice text)
{
    AUTO(buf) struct buf bytes = {0}, again = {0};
    size_t fault_at = 0;
    if (!base64_decode(text, &bytes, &fault_at)) {
        check(fault_at <= text.len);
        return;
    }
    base64_append(&again, buf_slice(&bytes));
    check(slice_eq(buf_slice(&again), text));
}

static void try_hex(struct slice text)
{
    AUTO(buf) struct buf bytes = {0};
    size_t fault_at = 0;
    if (hex_decode_append(text, &bytes, &fault_at))
        check(2 * bytes.len == text.len);
    else
        check(fault_at <= text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct slice text = slice_from(data, len);
    try_base58(text);
    try_base64(text);
    try_hex(text);
    return 0;
}
