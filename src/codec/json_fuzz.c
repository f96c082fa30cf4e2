/* Any bytes: the reader and jansson agree on what is JSON (but for nesting and numbers that jansson cannot hold), a fault always has a
 * sentence, and the sorted form is JSON that sorts to itself. */
#include "codec/json.h"
#include <assert.h>
#include <jansson.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool sorted(struct slice text, struct buf *out)
{
    struct json_reader r = json_reader_of(text);
    json_write_sorted(out, &r);
    return json_end(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    AUTO(buf) struct buf first = {0}, again = {0}, why = {0};
    struct slice text = slice_from(data, len);
    struct json_reader r = json_reader_of(text);
    json_error_t error;
    json_skip(&r);
    bool ours = json_end(&r);
    json_t *doc = json_loadb((const char *)data, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    bool theirs = doc != NULL;
    json_decref(doc);

    bool comparable = len == 0 || !memchr(data, 0, len); /* jansson takes a NUL byte for the end */
    if (comparable && theirs && !ours)
        assert(r.fault == JSON_TOO_DEEP);
    if (comparable && ours && !theirs)
        assert(json_error_code(&error) == json_error_numeric_overflow);
    if (!ours) {
        json_write_fault(&r, &why);
        assert(why.len > 0);
    }
    assert(sorted(text, &first) == ours);
    if (ours)
        assert(sorted(buf_slice(&first), &again) && slice_eq(buf_slice(&first), buf_slice(&again)));
    return 0;
}
