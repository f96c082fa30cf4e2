#include "dcap/der.h"
#include "dcap/time.h"

enum { TAG_NUMBER_LONG = 0x1f, LONG_FORM = 0x80, LEN_BYTES_MAX = 3, SCALAR_LEN = 32 };

/* Tag and length of what stands from `at` to `end`: the length of both, and the content's in *len. 0 when they are not DER, or the content does not fit. */
static size_t read_head(const uint8_t *at, const uint8_t *end, size_t *len)
{
    size_t have = (size_t)(end - at), head_len = 2;
    if (have < 2 || (at[0] & TAG_NUMBER_LONG) == TAG_NUMBER_LONG)
        return 0;
    *len = at[1];
    if (*len >= LONG_FORM) {
        head_len += *len - LONG_FORM;
        if (head_len == 2 || head_len > 2 + LEN_BYTES_MAX || have < head_len || at[2] == 0)
            return 0;
        *len = 0;
        for (size_t i = 2; i < head_len; i++)
            *len = *len << 8 | at[i];
        if (*len < LONG_FORM)
            return 0;
    }
    return have - head_len < *len ? 0 : head_len;
}

bool der_read(const struct der_step *form, struct slice *rest, struct slice *values)
{
    if (rest->len == 0)
        return false;
    const uint8_t *at = rest->ptr, *end = at + rest->len, *outer[DER_DEPTH_MAX];
    size_t depth = 0;
    do {
        struct der_step step = *form++;
        struct slice *value = &values[step.how & DER_PLACE];
        size_t len, head_len;
        if (step.how & DER_LEAVE) {
            if (at != end)
                return false;
            end = outer[--depth];
        } else if (step.tag != DER_ANY && (at == end || *at != step.tag)) {
            if (!(step.how & DER_OPTIONAL))
                return false;
            *value = (struct slice){0};
        } else {
            head_len = read_head(at, end, &len);
            if (head_len == 0)
                return false;
            *value = step.how & DER_WHOLE ? slice_from(at, head_len + len) : slice_from(at + head_len, len);
            at += head_len;
            if (step.how & DER_ENTER) {
                outer[depth++] = end;
                end = at + len;
            } else {
                at += len;
            }
        }
    } while (depth);
    *rest = slice_from(at, (size_t)(end - at));
    return true;
}

struct slice der_take(struct slice *rest, uint8_t tag)
{
    struct der_step form = {tag, 0};
    struct slice content;
    return der_read(&form, rest, &content) ? content : (struct slice){0};
}

struct slice der_unsigned(struct slice content)
{
    if (content.len == 0 || content.ptr[0] & 0x80)
        return (struct slice){0};
    if (content.len == 1 || content.ptr[0])
        return content;
    return content.ptr[1] & 0x80 ? slice_skip(content, 1) : (struct slice){0};
}

bool der_small(struct slice content, uint32_t max, uint32_t *out)
{
    struct slice value = der_unsigned(content);
    *out = 0;
    if (value.len == 0 || value.len > sizeof *out)
        return false;
    for (size_t i = 0; i < value.len; i++)
        *out = *out << 8 | value.ptr[i];
    return *out <= max;
}

struct slice der_bits(struct slice content)
{
    return content.len && content.ptr[0] == 0 ? slice_skip(content, 1) : (struct slice){0};
}

bool der_time(struct slice whole, uint64_t *seconds)
{
    struct slice text = slice_skip(whole, 2); /* a length of more than one byte fits neither form */
    if (whole.ptr[0] == DER_UTC_TIME)
        return time_from_utc(text, seconds);
    return whole.ptr[0] == DER_GENERALIZED_TIME && time_from_generalized(text, seconds);
}

bool der_read_signature(struct slice bytes, uint8_t out[64])
{
    static const struct der_step form[] = {{DER_SEQUENCE, DER_ENTER}, {DER_INTEGER, 0}, {DER_INTEGER, 1}, {0, DER_LEAVE}};
    struct slice scalars[2];
    if (!der_read(form, &bytes, scalars) || bytes.len)
        return false;
    __builtin_memset(out, 0, 64);
    for (size_t i = 0; i < 2; i++) {
        struct slice scalar = der_unsigned(scalars[i]);
        if (!scalar.len || scalar.len > SCALAR_LEN)
            return false;
        __builtin_memcpy(out + SCALAR_LEN * (i + 1) - scalar.len, scalar.ptr, scalar.len);
    }
    return true;
}
