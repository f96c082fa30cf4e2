/* JSON as serde_json prints a parsed value: json_write_sorted, with numbers read and printed again. Attestations of version 1 hash outputs in this form, so it must agree
 * to the byte with the printer of existing workers. For services (it uses the C library's conversions).
 *
 *     whole numbers of u64 and i64    as they are; -0 is -0.0
 *     every other number              a double in the fewest digits that read back as it. With k digits before the point (0.05 has -1): plain while -5 < k <= 16,
 *                                     with ".0" when whole; else scientific with a signed exponent: 1e-6, 1.5e+20
 */
#pragma once
#include "codec/json.h"

/* Appends the canonical form of one JSON text. False, with `out` unchanged, when it is not JSON or a number is beyond a double. */
bool json_write_canonical(struct buf *out, struct slice json);
