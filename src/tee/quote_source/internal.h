/* What the four sources share. */
#pragma once
#include "tee/quote_source/quote_source.h"

struct quote_source {
    const char *name;
    struct err *(*quote)(struct quote_source *s, const uint8_t report_data[REPORT_DATA_LEN], struct buf *out);
    void (*free)(struct quote_source *s); /* of what follows this head in the source's own struct, and of that struct */
    unsigned timeout_ms;
};

/* When the time of a quote that is asked for at this moment ends, on the machine's monotonic clock. */
uint64_t quote_source_deadline_ns(const struct quote_source *s);
/* What is left until then; 0: nothing. */
unsigned quote_source_left_ms(uint64_t deadline_ns);
