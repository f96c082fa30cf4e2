/* What identifies the software of a TD: MRTD and the four run-time registers, 48 bytes each (SHA-384). */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "codec/json_doc.h"

enum { MEASUREMENT_LEN = 48, REPORT_DATA_LEN = 64, MEASUREMENT_COUNT = 5 };

/* The order in which contracts list them. */
enum { MEASUREMENT_MRTD, MEASUREMENT_RTMR0, MEASUREMENT_RTMR1, MEASUREMENT_RTMR2, MEASUREMENT_RTMR3 };

struct measurements {
    uint8_t of[MEASUREMENT_COUNT][MEASUREMENT_LEN];
};

/* "mrtd", "rtmr0"… */
extern const char *const measurement_names[MEASUREMENT_COUNT];

/* Reads 96 hex digits of either case. */
struct err *measurement_parse(struct slice text, uint8_t out[MEASUREMENT_LEN]);

/* Appends `{"mrtd":"…","rtmr0":"…",…}` with lower-case hex, the form of contract arguments. */
void measurements_write_json(const struct measurements *m, struct buf *out);

/* Reads that form: hex of either case. ERR_INVALID names the member. */
struct err *measurements_read_json(const json_t *object, struct measurements *out);

/* Takes them from where they stand in a TDX quote of version 4 or 5, which nobody verified yet. */
struct err *measurements_of_quote(struct slice quote, struct measurements *out);
