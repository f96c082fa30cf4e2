/* What benchmarks have in common. */
#pragma once
#include "base/err.h"
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Ends the program with what is wrong. */
static inline void must(struct err *e)
{
    if (!e)
        return;
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, err_text(e));
    exit(1);
}

static inline int bench_by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The smallest first: medians and percentiles are at their places then. */
static inline void bench_sort(uint64_t *values, size_t count)
{
    qsort(values, count, sizeof *values, bench_by_value);
}
