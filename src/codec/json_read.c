#include "codec/json.h"
#include "codec/json_scan.h"

enum { END = -1 };

static void fault_at(struct json_reader *r, enum json_fault fault, size_t at)
{
    if (r->fault)
        return;
    r->fault = fault;
    r->fault_at = at < r->text.len ? at : r->text.len;
}

/* The byte just looked at is wrong. */
static void fault_here(struct json_reader *r, enum json_fault fault)
{
    fault_at(r, fault, r->at + 1);
}

static inline int look(const struct json_reader *r)
{
    return r->fault || r->at >= r->text.len ? END : r->text.ptr[r->at];
}

static int look_past_space(struct json_reader *r)
{
    int c = look(r);
    while (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
        r->at++;
        c = look(r);
    }
    return c;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

enum json_kind json_peek(struct json_reader *r)
{
    int c = look_past_space(r);
    switch (c) {
    case 'n':
        return JSON_KIND_NULL;
    case 't':
    case 'f':
        return JSON_KIND_BOOL;
    case '"':
        return JSON_KIND_STRING;
    case '[':
        return JSON_KIND_ARRAY;
    case '{':
        return JSON_KIND_OBJECT;
    default:
        return c == '-' || is_digit(c) ? JSON_KIND_NUMBER : JSON_KIND_NOTHING;
    }
}

static bool take_word(struct json_reader *r, struct slice word)
{
    for (size_t i = 0; i < word.len; i++) {
        int c = look(r);
        if (c == END)
            fault_at(r, JSON_EOF_VALUE, r->at);
        else if (r->at++, c != word.ptr[i])
            fault_at(r, JSON_EXPECTED_IDENT, r->at);
        if (r->fault)
            return false;
    }
    return true;
}

static void take_digits(struct json_reader *r)
{
    int c = look(r);
    if (c == END)
        fault_at(r, JSON_EOF_VALUE, r->at);
    else if (!is_digit(c))
        fault_here(r, JSON_BAD_NUMBER);
    while (is_digit(look(r)))
        r->at++;
}

/* Passes a number; *whole tells whether it has neither fraction nor exponent. */
static struct slice take_number(struct json_reader *r, bool *whole)
{
    size_t start = r->at;
    if (look(r) == '-')
        r->at++;
    if (look(r) == '0') {
        r->at++;
        if (is_digit(look(r)))
            fault_here(r, JSON_BAD_NUMBER);
    } else {
        take_digits(r);
    }
    *whole = true;
    if (look(r) == '.') {
        *whole = false;
        r->at++;
        take_digits(r);
    }
    if (look(r) == 'e' || look(r) == 'E') {
        *whole = false;
        r->at++;
        if (look(r) == '+' || look(r) == '-')
            r->at++;
        take_digits(r);
    }
    return slice_from(r->text.ptr + start, r->at - start);
}

/* Length of the UTF-8 sequence at the start of `s`, 0 when it is none (Unicode 15, table 3-7). */
static size_t utf8_len(struct slice s)
{
    static const struct {
        uint8_t first_min, first_max, second_min, second_max, len;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (s.ptr[0] < forms[i].first_min || s.ptr[0] > forms[i].first_max)
            continue;
        if (s.len < forms[i].len || s.ptr[1] < forms[i].second_min || s.ptr[1] > forms[i].second_max)
            return 0;
        for (size_t k = 2; k < forms[i].len; k++) {
            if ((s.ptr[k] & 0xc0) != 0x80)
                return 0;
        }
        return forms[i].len;
    }
    return 0;
}

/* Passes what a string may hold as it is, up to a quote, an escape or a fault. */
static void take_plain(struct json_reader *r)
{
    const uint8_t *at = r->text.ptr + r->at, *end = r->text.ptr + r->text.len;
    for (;;) {
        unsigned plain = JSON_WORD;
        for (int words = 0; plain == JSON_WORD && end - at >= JSON_WORD; words++) {
            if (words == JSON_LONG)
                at = json_plain_pairs(at, end);
            else
                at += plain = json_first_stop(json_word(at));
        }
        if (plain == JSON_WORD) {
            while (at < end && *at < 0x80 && !json_is_escaped(*at))
                at++;
        }
        r->at = (size_t)(at - r->text.ptr);
        if (at == end || *at < 0x80)
            return;
        size_t len = utf8_len(slice_from(at, (size_t)(end - at)));
        if (len == 0)
            fault_here(r, JSON_BAD_CODE_POINT);
        if (r->fault)
            return;
        at += len;
    }
}

static uint32_t take_hex4(struct json_reader *r)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int c = look(r);
        if (c == END) {
            fault_at(r, JSON_EOF_STRING, r->at);
            return 0;
        }
        r->at++;
        uint32_t digit = is_digit(c) ? (uint32_t)(c - '0') : (uint32_t)((c | 0x20) - 'a' + 10);
        if (digit > 15 || (!is_digit(c) && digit < 10)) {
            fault_at(r, JSON_BAD_ESCAPE, r->at);
            return 0;
        }
        value = value << 4 | digit;
    }
    return value;
}

static uint32_t take_unicode_escape(struct json_reader *r)
{
    uint32_t high = take_hex4(r);
    if (high < 0xd800 || high > 0xdfff)
        return high;
    if (high > 0xdbff) {
        fault_at(r, JSON_LONE_SURROGATE, r->at);
        return 0;
    }
    if (look(r) != '\\' || r->text.len - r->at < 2 || r->text.ptr[r->at + 1] != 'u') {
        fault_here(r, look(r) == END ? JSON_EOF_STRING : JSON_SHORT_HEX_ESCAPE);
        return 0;
    }
    r->at += 2;
    uint32_t low = take_hex4(r);
    if (low < 0xdc00 || low > 0xdfff)
        fault_at(r, JSON_LONE_SURROGATE, r->at);
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static void append_code_point(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_append_byte(out, (uint8_t)c);
        return;
    }
    int rest = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t heads[] = {0, 0xc0, 0xe0, 0xf0};
    buf_append_byte(out, (uint8_t)(heads[rest] | c >> (6 * rest)));
    while (rest--)
        buf_append_byte(out, (uint8_t)(0x80 | (c >> (6 * rest) & 0x3f)));
}

/* The reader stands on a backslash. */
static uint32_t take_escape(struct json_reader *r)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    r->at++;
    int c = look(r);
    if (c == END) {
        fault_at(r, JSON_EOF_STRING, r->at);
        return 0;
    }
    r->at++;
    if (c == 'u')
        return take_unicode_escape(r);
    for (size_t i = 0; i < sizeof names - 1; i++) {
        if (names[i] == c)
            return (uint32_t)values[i];
    }
    fault_at(r, JSON_BAD_ESCAPE, r->at);
    return 0;
}

/* Passes a string; its content goes to `room`, when there is one and escapes make it needed. */
static struct slice take_string(struct json_reader *r, struct buf *room)
{
    struct buf none = {0};
    bool escaped = false;
    r->at++;
    for (size_t start = r->at;;) {
        take_plain(r);
        struct slice run = slice_from(r->text.ptr + start, r->at - start);
        int c = look(r);
        if (c == '"' && !escaped) {
            r->at++;
            return run;
        }
        if (c == END)
            fault_at(r, JSON_EOF_STRING, r->at);
        else if (c < 0x20)
            fault_here(r, JSON_CONTROL_CHARACTER);
        if (r->fault)
            return (struct slice){0};
        if (room && !escaped)
            buf_clear(room);
        if (room)
            buf_append(room, run);
        if (c == '"') {
            r->at++;
            return buf_slice(room ? room : &none);
        }
        uint32_t point = take_escape(r);
        if (r->fault)
            return (struct slice){0};
        if (room)
            append_code_point(room, point);
        escaped = true;
        start = r->at;
    }
}

static bool begin(struct json_reader *r, int bracket, struct slice expected)
{
    if (look_past_space(r) != bracket) {
        json_fail_type(r, expected);
        return false;
    }
    r->at++;
    if (++r->depth > JSON_DEPTH_MAX) {
        fault_at(r, JSON_TOO_DEEP, r->at);
        return false;
    }
    r->fresh = true;
    return true;
}

/* Stands before the next item of a container; false past its end or at a fault. */
static bool next(struct json_reader *r, int close, enum json_fault at_end, enum json_fault otherwise)
{
    bool first = r->fresh;
    int c = look_past_space(r);
    r->fresh = false;
    if (c == close) {
        r->at++;
        r->depth--;
        return false;
    }
    if (c == END) {
        fault_at(r, at_end, r->at);
        return false;
    }
    if (first)
        return true;
    if (c != ',') {
        fault_here(r, otherwise);
        return false;
    }
    r->at++;
    c = look_past_space(r);
    if (c == END)
        fault_at(r, JSON_EOF_VALUE, r->at);
    else if (c == close)
        fault_here(r, JSON_TRAILING_COMMA);
    return !r->fault;
}

bool json_begin_object(struct json_reader *r, struct slice expected)
{
    return begin(r, '{', expected);
}

bool json_next_key(struct json_reader *r, struct slice *key, struct buf *room)
{
    *key = (struct slice){0};
    if (!next(r, '}', JSON_EOF_OBJECT, JSON_EXPECTED_OBJECT_END))
        return false;
    if (look(r) != '"') {
        fault_here(r, JSON_KEY_NOT_STRING);
        return false;
    }
    *key = take_string(r, room);
    r->key_end = r->at;
    int c = look_past_space(r);
    if (c == END)
        fault_at(r, JSON_EOF_OBJECT, r->at);
    else if (c != ':')
        fault_here(r, JSON_EXPECTED_COLON);
    if (r->fault)
        return false;
    r->at++;
    return true;
}

bool json_begin_array(struct json_reader *r, struct slice expected)
{
    return begin(r, '[', expected);
}

bool json_next_item(struct json_reader *r)
{
    return next(r, ']', JSON_EOF_LIST, JSON_EXPECTED_LIST_END);
}

struct slice json_read_string(struct json_reader *r, struct buf *room)
{
    if (look_past_space(r) != '"') {
        json_fail_type(r, SLICE("a string"));
        return (struct slice){0};
    }
    return take_string(r, room);
}

bool json_read_bool(struct json_reader *r)
{
    if (json_peek(r) != JSON_KIND_BOOL) {
        json_fail_type(r, SLICE("a boolean"));
        return false;
    }
    bool value = look(r) == 't';
    return take_word(r, value ? SLICE("true") : SLICE("false")) && value;
}

bool json_read_null(struct json_reader *r)
{
    return look_past_space(r) == 'n' && take_word(r, SLICE("null"));
}

static void fail_number(struct json_reader *r, enum json_fault fault, struct slice number, struct slice expected)
{
    r->fault_found = number;
    json_fail(r, fault, expected);
}

uint64_t json_read_u64(struct json_reader *r, uint64_t max, struct slice expected)
{
    if (json_peek(r) != JSON_KIND_NUMBER) {
        json_fail_type(r, expected);
        return 0;
    }
    bool whole;
    uint64_t value = 0;
    struct slice number = take_number(r, &whole);
    if (r->fault)
        return 0;
    for (size_t i = 0; whole && number.ptr[0] != '-' && i < number.len; i++) {
        uint64_t digit = number.ptr[i] - '0';
        whole = value <= (UINT64_MAX - digit) / 10;
        value = value * 10 + digit;
    }
    if (!whole)
        fail_number(r, JSON_INVALID_TYPE, number, expected);
    else if (number.ptr[0] == '-' || value > max)
        fail_number(r, JSON_INVALID_VALUE, number, expected);
    return r->fault ? 0 : value;
}

u128 json_read_u128(struct json_reader *r)
{
    u128 value = 0;
    struct slice digits = json_read_string(r, NULL);
    if (r->fault || u128_parse(digits, &value))
        return value;
    struct slice why = SLICE("number too large to fit in target type");
    for (size_t i = 0; i < digits.len; i++) {
        if (!is_digit(digits.ptr[i]))
            why = SLICE("invalid digit found in string");
    }
    json_fail(r, JSON_CUSTOM, digits.len ? why : SLICE("cannot parse integer from empty string"));
    return 0;
}

void json_skip(struct json_reader *r)
{
    bool whole;
    struct slice key;
    switch (json_peek(r)) {
    case JSON_KIND_NULL:
        json_read_null(r);
        break;
    case JSON_KIND_BOOL:
        json_read_bool(r);
        break;
    case JSON_KIND_NUMBER:
        take_number(r, &whole);
        break;
    case JSON_KIND_STRING:
        take_string(r, NULL);
        break;
    case JSON_KIND_ARRAY: /* recursion ends at JSON_DEPTH_MAX */
        json_begin_array(r, SLICE(""));
        while (json_next_item(r))
            json_skip(r);
        break;
    case JSON_KIND_OBJECT:
        json_begin_object(r, SLICE(""));
        while (json_next_key(r, &key, NULL))
            json_skip(r);
        break;
    default:
        json_fail_type(r, SLICE(""));
    }
}

struct slice json_read_raw(struct json_reader *r)
{
    look_past_space(r);
    size_t start = r->at;
    json_skip(r);
    return r->fault ? (struct slice){0} : slice_from(r->text.ptr + start, r->at - start);
}

bool json_end(struct json_reader *r)
{
    if (look_past_space(r) != END)
        fault_here(r, JSON_TRAILING_CHARACTERS);
    return !r->fault;
}

void json_fail(struct json_reader *r, enum json_fault fault, struct slice expected)
{
    if (r->fault)
        return;
    r->fault_expected = expected;
    fault_at(r, fault, fault == JSON_DUPLICATE_FIELD ? r->key_end : r->at);
}

void json_fail_type(struct json_reader *r, struct slice expected)
{
    enum json_kind kind = json_peek(r);
    struct slice found = slice_from(r->text.ptr + r->at, r->at < r->text.len);
    if (r->fault)
        return;
    if (kind == JSON_KIND_NOTHING) {
        if (found.len)
            fault_here(r, JSON_EXPECTED_VALUE);
        else
            fault_at(r, JSON_EOF_VALUE, r->at);
        return;
    }
    if (kind != JSON_KIND_ARRAY && kind != JSON_KIND_OBJECT)
        found = json_read_raw(r);
    if (r->fault)
        return;
    r->fault_found = found;
    json_fail(r, JSON_INVALID_TYPE, expected);
}
