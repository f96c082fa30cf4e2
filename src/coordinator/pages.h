/* The files of the pages, built into this program (cmake/dashboard.cmake makes them). */
#pragma once
#include "base/slice.h"

struct page {
    const char *content_type;
    struct slice bytes;
};

/* False when there is none of that name. */
bool page_find(struct slice name, struct page *out);
