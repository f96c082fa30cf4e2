/* A record that reads is written back as the same bytes: it has one form. */
#include "codec/attestation_record.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct attestation_record r;
    AUTO(buf) struct buf again = {0};
    if (!attestation_record_read(slice_from(data, len), &r))
        return 0;
    attestation_record_write(&r, &again);
    if (!slice_eq(buf_slice(&again), slice_from(data, len)))
        abort();
    return 0;
}
