/* Amounts of NEAR as people write them; 1 NEAR is 10^24 yocto. Exact, no floating point. */
#pragma once
#include "base/err.h"
#include "base/u128.h"

enum { NEAR_DECIMALS = 24 };

/* Longest text: 15 digits, a point, 24 digits, ` NEAR` and a terminator. */
enum { AMOUNT_TEXT_MAX = 46 };

/* Reads `5 NEAR`, `0.01 NEAR`, `1 yocto`, `1 yoctoNEAR` or digits alone, which are yocto; units in any case, the space may be
 * missing. ERR_INVALID when it is none of these, has more than 24 decimals or does not fit 128 bits. */
struct err *amount_parse(struct slice text, u128 *out_yocto);

/* `5 NEAR`, `0.01 NEAR`; below a millionth of a NEAR, and not zero, `123 yocto`. amount_parse gives the same value back. */
const char *amount_text(u128 yocto, char out[AMOUNT_TEXT_MAX]);
