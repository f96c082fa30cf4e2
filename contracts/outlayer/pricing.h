/* What an execution costs in yoctoNEAR: the estimate that is asked for before, and the cost that is charged after. */
#pragma once
#include "outlayer/types.h"

#define LIMIT_MAX_INSTRUCTIONS 500000000000ull
enum { LIMIT_MAX_SECONDS = 180, LIMIT_MAX_COMPILE_SECONDS = 300 };

/* Puts 1 000 000 000 instructions, 128 MB and 60 s where a limit is null. */
void limits_fill(struct limits *l);

/* base fee + whole millions of instructions + milliseconds of the limits. Ends the call on overflow. */
u128 pricing_estimate(const struct prices *p, const struct limits *l);

/* base fee + whole millions of instructions + run and compile time; at most `payment`, whatever the numbers. */
u128 pricing_charge(const struct prices *p, const struct metrics *m, u128 payment);
/* What a failed execution keeps: the base fee, at most `payment`. */
u128 pricing_charge_failed(const struct prices *p, u128 payment);
