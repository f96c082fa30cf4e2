/* The whole procedure with a cryptography that finds every signature good, so that all that comes after signatures is reached: whatever the bytes, one step
 * fails at most, nothing passes after it, every fault has a sentence, and a record that was kept says the same.
 *
 * Input: length of the root (2 bytes, little-endian), of the quote (2 bytes), root, quote, collateral. */
#include "dcap/verify.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void mix(struct slice bytes, uint8_t hash[32])
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < bytes.len; i++)
        h = (h ^ bytes.ptr[i]) * 1099511628211u;
    for (size_t i = 0; i < 32; i++)
        hash[i] = (uint8_t)(h >> (i % 8 * 8));
}

static bool agree(const uint8_t *signature, const uint8_t *digest, const uint8_t *key)
{
    return signature && digest && key;
}

static const struct dcap_crypto gullible = {mix, agree};
enum { NOW = 1767225600 };

static void check_report(const struct dcap_report *r)
{
    AUTO(buf) struct buf text = {0};
    enum dcap_step failed = dcap_report_failed_step(r);
    for (size_t i = 0; i < DCAP_STEP_COUNT; i++) {
        dcap_report_write_seen(r, (enum dcap_step)i, &text);
        assert(failed == DCAP_STEP_COUNT || i <= failed || r->verdicts[i] == DCAP_UNPROVEN);
    }
    assert(dcap_report_is_good(r) == (r->fault.code == DCAP_NONE));
}

static void check_kept(const struct dcap_record *record, struct slice quote, struct slice pck_chain,
                       const struct dcap_report *whole)
{
    AUTO(buf) struct buf kept = {0}, memory = {0};
    static struct dcap_record again;
    static struct dcap_report report;
    size_t room_len = quote.len + pck_chain.len + 64;
    struct room room = {buf_reserve(&memory, room_len), room_len};
    dcap_record_write(record, &kept);
    assert(dcap_record_read(buf_slice(&kept), &again));
    __builtin_memset(&report, 0, sizeof report);
    dcap_check_quote(&gullible, &again, quote, pck_chain, NOW, &room, &report);
    assert(report.fault.code == whole->fault.code && report.status == whole->status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    AUTO(buf) struct buf memory = {0};
    static struct dcap_record record;
    static struct dcap_report report;
    struct dcap_collateral c;
    struct dcap_fault fault = {0};
    struct slice rest = slice_skip(slice_from(data, len), 4);
    if (len < 4)
        return 0;
    struct slice root = slice_first(rest, quote_u16(data));
    struct slice quote = slice_first(slice_skip(rest, root.len), quote_u16(data + 2));
    struct slice json = slice_skip(rest, root.len + quote.len);
    size_t room_len = DCAP_ROOM_LEN(json.len) + quote.len;
    struct room room = {buf_reserve(&memory, room_len), room_len};
    if (!dcap_collateral_read(json, &room, &c, &fault))
        return 0;
    dcap_verify(&gullible, root, quote, &c, NOW, &room, &record, &report);
    check_report(&report);
    if (report.verdicts[DCAP_STEP_PCK_CRL] == DCAP_PASS)
        check_kept(&record, quote, c.pck_chain, &report);
    return 0;
}
