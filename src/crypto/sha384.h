/* SHA-384 (FIPS 180-4), over OpenSSL: what TDX measures with. */
#pragma once
#include "base/slice.h"

enum { SHA384_LEN = 48 };

/* Of several slices in a row, as if they were one. */
void sha384_parts(const struct slice *parts, size_t count, uint8_t out[SHA384_LEN]);
