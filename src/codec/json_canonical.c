#include "codec/json_canonical.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOUBLE_DIGITS = 17, NUMBER_TEXT_MAX = 40, PLAIN_MIN = -5, PLAIN_MAX = 16 };

/* A decimal: 0.d1d2d3… times 10 to the power of `point`. */
struct decimal {
    char digits[DOUBLE_DIGITS + 1];
    int count, point;
};

static double value_of(const struct decimal *d)
{
    char text[NUMBER_TEXT_MAX];
    snprintf(text, sizeof text, "0.%.*se%d", d->count, d->digits, d->point);
    return strtod(text, NULL);
}

/* The decimal of `count` digits nearest to a positive `value`. */
static struct decimal nearest(double value, int count)
{
    struct decimal d = {.count = count};
    char text[NUMBER_TEXT_MAX];
    snprintf(text, sizeof text, "%.*e", count - 1, value);
    d.digits[0] = text[0];
    memcpy(d.digits + 1, text + 2, (size_t)count - 1);
    d.point = atoi(strchr(text, 'e') + 1) + 1;
    return d;
}

static struct decimal next_up(struct decimal d)
{
    int i = d.count - 1;
    while (i >= 0 && d.digits[i] == '9')
        d.digits[i--] = '0';
    if (i >= 0) {
        d.digits[i]++;
        return d;
    }
    d.digits[0] = '1';
    d.point++;
    return d;
}

/* The fewest digits that read back. At a power of two the doubles above are twice as far apart as those below, so the decimal above the nearest may read back where the
 * nearest does not. */
static struct decimal shortest(double value)
{
    for (int count = 1; count < DOUBLE_DIGITS; count++) {
        struct decimal d = nearest(value, count), up = next_up(d);
        if (value_of(&d) == value)
            return d;
        if (value_of(&up) == value)
            return up;
    }
    return nearest(value, DOUBLE_DIGITS);
}

static void write_decimal(struct buf *out, struct decimal d)
{
    while (d.count > 1 && d.digits[d.count - 1] == '0')
        d.count--;
    if (d.point > PLAIN_MAX || d.point <= PLAIN_MIN) {
        buf_append_fmt(out, d.count > 1 ? "%c.%.*se%+d" : "%c%.*se%+d", d.digits[0], d.count - 1, d.digits + 1, d.point - 1);
    } else if (d.point <= 0) {
        buf_append_fmt(out, "0.%.*s%.*s", -d.point, "00000", d.count, d.digits);
    } else if (d.count <= d.point) {
        buf_append_fmt(out, "%.*s%.*s.0", d.count, d.digits, d.point - d.count, "0000000000000000");
    } else {
        buf_append_fmt(out, "%.*s.%.*s", d.point, d.digits, d.count - d.point, d.digits + d.point);
    }
}

/* A whole number in the range of u64 or i64. */
static bool is_small_integer(const char *text)
{
    if (strpbrk(text, ".eE") || !strcmp(text, "-0"))
        return false;
    errno = 0;
    if (text[0] == '-')
        strtoll(text, NULL, 10);
    else
        strtoull(text, NULL, 10);
    return errno == 0;
}

static bool write_number(struct buf *out, struct slice digits)
{
    AUTO(buf) struct buf room = {0};
    buf_append(&room, digits);
    const char *text = buf_str(&room);
    if (is_small_integer(text)) {
        buf_append(out, digits);
        return true;
    }
    double value = strtod(text, NULL);
    if (!isfinite(value))
        return false;
    if (signbit(value))
        buf_append_str(out, "-");
    if (value == 0)
        buf_append_str(out, "0.0");
    else
        write_decimal(out, shortest(fabs(value)));
    return true;
}

/* Length of the string token that `s` starts with. */
static size_t string_len(struct slice s)
{
    size_t i = 1;
    while (i < s.len && s.ptr[i] != '"')
        i += s.ptr[i] == '\\' ? 2 : 1;
    return i + 1;
}

static size_t number_len(struct slice s)
{
    size_t i = 0;
    while (i < s.len && strchr("+-.eE0123456789", s.ptr[i]))
        i++;
    return i;
}

/* `s` is compact JSON. */
static bool write_with_numbers(struct buf *out, struct slice s)
{
    while (s.len) {
        uint8_t c = s.ptr[0];
        size_t len = c == '"' ? string_len(s) : 1;
        bool number = c == '-' || (c >= '0' && c <= '9');
        if (number)
            len = number_len(s);
        if (number && !write_number(out, slice_first(s, len)))
            return false;
        if (!number)
            buf_append(out, slice_first(s, len));
        s = slice_skip(s, len);
    }
    return true;
}

bool json_write_canonical(struct buf *out, struct slice json)
{
    AUTO(buf) struct buf sorted = {0};
    struct json_reader r = json_reader_of(json);
    size_t start = out->len;
    json_write_sorted(&sorted, &r);
    if (!json_end(&r) || !write_with_numbers(out, buf_slice(&sorted))) {
        out->len = start;
        return false;
    }
    return true;
}
