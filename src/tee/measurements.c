#include "tee/measurements.h"
#include "codec/hex.h"

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
