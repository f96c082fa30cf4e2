/* The list of approved measurements: MRTD and RTMR0 to 3 of every image that may register workers. */
#pragma once
#include "register/state.h"

/* As arguments and answers have them: 96 hex digits each. */
struct measurements_text {
    struct slice mrtd, rtmr0, rtmr1, rtmr2, rtmr3;
};
extern const struct schema measurements_schema;

/* Of a quote, in the list's form. */
void measurements_of(const struct td_report *td, uint8_t out[MEASUREMENTS_LEN]);
/* Fields are filled with hex that the arena keeps. */
void measurements_write(const uint8_t bytes[MEASUREMENTS_LEN], struct measurements_text *out);
/* False for what is not five times 96 hex digits. */
bool measurements_read(const struct measurements_text *text, uint8_t out[MEASUREMENTS_LEN]);

bool measurements_are_approved(const uint8_t bytes[MEASUREMENTS_LEN]);
/* Replaces the list: MEASUREMENTS_LEN bytes each. */
void measurements_save(struct slice list);
/* The storage key of what was registered with them: KEY_MEMBERS and a hash. */
struct slice measurements_key(const uint8_t bytes[MEASUREMENTS_LEN]);
