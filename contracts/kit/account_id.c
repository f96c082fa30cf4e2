#include "kit/schema.h"
#include "kit/text.h"

enum { ID_MIN = 2, ID_MAX = 64 };

static bool is_separator(uint8_t c)
{
    return c == '-' || c == '_' || c == '.';
}

static bool fail(struct slice id, struct buf *fault, const char *why, size_t at)
{
    append_text(fault, "invalid value: {}, the Account ID {}", quoted(id), why);
    if (at < id.len)
        append_text(fault, " '{}' at index {}", slice_from(id.ptr + at, 1), (uint64_t)at);
    return false;
}

bool account_id_check(struct slice id, struct buf *fault)
{
    bool after_separator = true;
    if (id.len < ID_MIN || id.len > ID_MAX)
        return fail(id, fault, id.len < ID_MIN ? "is too short" : "is too long", id.len);
    for (size_t i = 0; i < id.len; i++) {
        uint8_t c = id.ptr[i];
        bool separator = is_separator(c);
        if (!separator && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
            return fail(id, fault, "contains an invalid character", c < 0x80 ? i : id.len);
        if (separator && (after_separator || i + 1 == id.len))
            return fail(id, fault, "has a redundant separator", i);
        after_separator = separator;
    }
    return true;
}
