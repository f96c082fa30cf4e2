#include "base/sentence.h"

void sentence_append(struct buf *out, const char *table, size_t number)
{
    while (number--)
        table += __builtin_strlen(table) + 1;
    buf_append_str(out, table);
}
