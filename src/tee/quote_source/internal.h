/* What the four sources share. */
#pragma once
#include "tee/quote_source/quote_source.h"

struct quote_source {
    const char *name;
    struct err *(*quote)(struct quote_source *s, const uint8_t report_data[REPORT_DATA_LEN], struct buf *out);
    void (*free)(struct quote_source *s); /* of what follows this head in the source's own struct, and of that struct */
};
