/* A transaction that decodes must encode to the very bytes it came from. */
#include "near/transaction.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf again = {0};
    struct signed_transaction t;
    struct slice bytes = slice_from(data, len);
    AUTO(err) struct err *e = signed_transaction_read(bytes, &arena, &t);
    if (e)
        return 0;
    transaction_write(&again, &t.transaction);
    signature_write(&again, &t.signature);
    if (!slice_eq(buf_slice(&again), bytes))
        abort();
    return 0;
}
