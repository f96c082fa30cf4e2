#include "tee/measurements.h"
#include "codec/hex.h"
#include <string.h>

const char *const measurement_names[MEASUREMENT_COUNT] = {"mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3"};

struct err *measurement_parse(struct slice text, uint8_t out[MEASUREMENT_LEN])
{
    if (!hex_decode(text, out, MEASUREMENT_LEN, NULL))
        return err_new(ERR_INVALID, "a measurement is %d hex digits, not `%.*s`", 2 * MEASUREMENT_LEN,
                       SLICE_FMT(slice_first(text, 2 * MEASUREMENT_LEN)));
    return NULL;
}

void measurements_write_json(const struct measurements *m, struct buf *out)
{
    for (size_t i = 0; i < MEASUREMENT_COUNT; i++) {
        buf_append_fmt(out, "%s\"%s\":\"", i ? "," : "{", measurement_names[i]);
        hex_append(out, slice_from(m->of[i], MEASUREMENT_LEN));
        buf_append_str(out, "\"");
    }
    buf_append_str(out, "}");
}

struct err *measurements_read_json(const json_t *object, struct measurements *out)
{
    for (size_t i = 0; i < MEASUREMENT_COUNT; i++) {
        struct slice hex;
        TRY(json_doc_str(object, measurement_names[i], &hex));
        TRY_DOING(measurement_parse(hex, out->of[i]), "member `%s`", measurement_names[i]);
    }
    return NULL;
}

enum { QUOTE_BODY_V4 = 48, QUOTE_BODY_V5 = 54, BODY_MRTD = 136, BODY_RTMR0 = 328, BODY_LEN = 584 };

struct err *measurements_of_quote(struct slice quote, struct measurements *out)
{
    unsigned version = quote.len >= 2 ? quote.ptr[0] | (unsigned)quote.ptr[1] << 8 : 0;
    size_t body = version == 4 ? QUOTE_BODY_V4 : QUOTE_BODY_V5;
    if ((version != 4 && version != 5) || quote.len < body + BODY_LEN)
        return err_new(ERR_INVALID, "%zu bytes are no TDX quote of version 4 or 5", quote.len);
    memcpy(out->of[MEASUREMENT_MRTD], quote.ptr + body + BODY_MRTD, MEASUREMENT_LEN);
    memcpy(out->of[MEASUREMENT_RTMR0], quote.ptr + body + BODY_RTMR0, sizeof out->of - MEASUREMENT_LEN);
    return NULL;
}
