#include "dcap/der.h"
#include "dcap/time.h"

enum { TAG_NUMBER_LONG = 0x1f, LONG_FORM = 0x80, LEN_BYTES_MAX = 3, SCALAR_LEN = 32 };

static struct slice fail(struct der *d)
{
    d->failed = true;
    return (struct slice){0};
}

/* Tag and length at the start of `s`: the length of both, and the content's in *len. 0 when they are not DER. */
static size_t read_head(struct slice s, size_t *len)
{
    if (s.len < 2 || (s.ptr[0] & TAG_NUMBER_LONG) == TAG_NUMBER_LONG)
        return 0;
    *len = s.ptr[1];
    if (*len < LONG_FORM)
        return 2;
    size_t count = *len - LONG_FORM;
    if (count == 0 || count > LEN_BYTES_MAX || s.len < 2 + count || s.ptr[2] == 0)
        return 0;
    *len = 0;
    for (size_t i = 0; i < count; i++)
        *len = *len << 8 | s.ptr[2 + i];
    return *len < LONG_FORM ? 0 : 2 + count;
}

/* The next value: *head_len bytes of tag and length, then its content. */
static struct slice take(struct der *d, size_t *head_len)
{
    size_t len = 0;
    *head_len = d->failed ? 0 : read_head(d->rest, &len);
    if (*head_len == 0 || d->rest.len - *head_len < len)
        return fail(d);
    struct slice whole = slice_first(d->rest, *head_len + len);
    d->rest = slice_skip(d->rest, whole.len);
    return whole;
}

struct slice der_take_any(struct der *d)
{
    size_t head_len;
    return take(d, &head_len);
}

struct slice der_take_whole(struct der *d, uint8_t tag)
{
    return der_is(d, tag) ? der_take_any(d) : fail(d);
}

struct slice der_take(struct der *d, uint8_t tag)
{
    size_t head_len;
    if (!der_is(d, tag))
        return fail(d);
    struct slice whole = take(d, &head_len);
    return d->failed ? whole : slice_skip(whole, head_len);
}

struct der der_enter(struct der *d, uint8_t tag)
{
    struct slice content = der_take(d, tag);
    return (struct der){content, d->failed};
}

void der_leave(struct der *d, const struct der *inner)
{
    if (!der_done(inner))
        d->failed = true;
}

/* The magnitude of an INTEGER's (or ENUMERATED's) content; empty when it is negative or has a byte too many. */
static struct slice magnitude(struct slice content)
{
    if (content.len == 0 || content.ptr[0] & 0x80)
        return (struct slice){0};
    if (content.len == 1 || content.ptr[0])
        return content;
    return content.ptr[1] & 0x80 ? slice_skip(content, 1) : (struct slice){0};
}

struct slice der_take_unsigned(struct der *d)
{
    struct slice value = magnitude(der_take(d, DER_INTEGER));
    return value.len ? value : fail(d);
}

uint32_t der_take_small(struct der *d, uint8_t tag, uint32_t max)
{
    struct slice value = magnitude(der_take(d, tag));
    uint32_t n = 0;
    if (value.len == 0 || value.len > sizeof n) {
        fail(d);
        return 0;
    }
    for (size_t i = 0; i < value.len; i++)
        n = n << 8 | value.ptr[i];
    if (n > max)
        fail(d);
    return d->failed ? 0 : n;
}

bool der_take_boolean(struct der *d)
{
    struct slice value = der_take(d, DER_BOOLEAN);
    if (value.len != 1 || (value.ptr[0] != 0 && value.ptr[0] != 0xff)) {
        fail(d);
        return false;
    }
    return value.ptr[0] != 0;
}

struct slice der_take_bytes(struct der *d)
{
    struct slice value = der_take(d, DER_BIT_STRING);
    return value.len && value.ptr[0] == 0 ? slice_skip(value, 1) : fail(d);
}

uint64_t der_take_time(struct der *d)
{
    uint64_t seconds = 0;
    bool ok = der_is(d, DER_UTC_TIME) ? time_from_utc(der_take(d, DER_UTC_TIME), &seconds)
                                      : time_from_generalized(der_take(d, DER_GENERALIZED_TIME), &seconds);
    if (!ok)
        fail(d);
    return d->failed ? 0 : seconds;
}

bool der_read_signature(struct slice bytes, uint8_t out[64])
{
    struct der d = der_of(bytes), pair = der_enter(&d, DER_SEQUENCE);
    __builtin_memset(out, 0, 64);
    for (size_t i = 0; i < 2; i++) {
        struct slice scalar = der_take_unsigned(&pair);
        if (pair.failed || scalar.len > SCALAR_LEN)
            return false;
        __builtin_memcpy(out + SCALAR_LEN * (i + 1) - scalar.len, scalar.ptr, scalar.len);
    }
    der_leave(&d, &pair);
    return der_done(&d);
}
