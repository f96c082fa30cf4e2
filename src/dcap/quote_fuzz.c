/* Any bytes as a quote: what is read lies inside of it, and a fault has a sentence. */
#include "base/mem.h"
#include "dcap/verify.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool is_inside(const void *at, size_t size, struct slice bytes)
{
    const uint8_t *p = at;
    return p >= bytes.ptr && p <= bytes.ptr + bytes.len && size <= (size_t)(bytes.ptr + bytes.len - p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    AUTO(buf) struct buf memory = {0}, why = {0};
    static struct dcap_report report;
    struct slice bytes = slice_from(data, len), none = {0};
    struct room room = {buf_reserve(&memory, len), len};
    if (dcap_open_quote(bytes, none, &room, &report)) {
        assert(is_inside(report.quote.qe, sizeof *report.quote.qe, bytes));
        assert(is_inside(report.quote.key, QUOTE_KEY_LEN, bytes));
        assert(is_inside(report.quote.data.ptr, report.quote.data.len, bytes));
        assert(report.quote.signed_part.len < len);
    } else {
        dcap_fault_write(&report.fault, &why);
        assert(why.len);
    }
    return 0;
}
