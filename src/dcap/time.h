/* Points in time as certificates and Intel's documents write them, to seconds since 1970. Freestanding.
 *
 * Each reader takes its one form and nothing else: all digits there, `Z` at the end, a date that exists between 1970 and 9999, no leap second. On
 * false *seconds is untouched. */
#pragma once
#include "base/slice.h"

/* Seconds since 1970, both inclusive where nothing else is said. */
struct time_window {
    uint64_t from, until;
};

bool time_from_utc(struct slice text,
                   uint64_t *seconds); /* 250619103227Z; years 50 to 99 are 19xx (RFC 5280 section 4.1.2.5.1) */
bool time_from_generalized(struct slice text, uint64_t *seconds); /* 20250619103227Z */
bool time_from_rfc3339(struct slice text, uint64_t *seconds);     /* 2025-06-19T10:32:27Z */

enum { TIME_TEXT_LEN = 20 };
/* As time_from_rfc3339 reads it, without a terminator. */
void time_to_rfc3339(uint64_t seconds, char out[TIME_TEXT_LEN]);
