/* An attestation of version 2 as a coordinator or a bundle gives it: what reads is written and read again alike, and is checked without harm. */
#include "tee/attestation/v2.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    AUTO(json) json_t *doc = NULL;
    AUTO(json) json_t *again = NULL;
    AUTO(attestation_v2) struct attestation_v2 a = {0};
    AUTO(attestation_v2) struct attestation_v2 b = {0};
    AUTO(buf) struct buf text = {0};
    struct attestation_record r;
    uint8_t report_data[REPORT_DATA_LEN];
    struct err *e = json_doc_parse(slice_from(data, len), &doc);
    if (!e)
        e = attestation_v2_read(doc, &a);
    if (e) {
        err_free(e);
        return 0;
    }
    attestation_v2_write(&a, &text);
    e = json_doc_parse(buf_slice(&text), &again);
    if (!e)
        e = attestation_v2_read(again, &b);
    if (e || !slice_eq(buf_slice(&a.record), buf_slice(&b.record)) || a.path.step_count != b.path.step_count)
        abort();
    (void)attestation_v2_check(&a, &r);
    (void)attestation_v2_report_data(&a, report_data);
    return 0;
}
