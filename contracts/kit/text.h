/* Sentences: logs and panics. `{}` stands for the next argument, which may be a uint64_t, the address of a u128, a struct slice,
 * a C string or a TEXT:
 *
 *     log_text("refunded {} yoctoNEAR to {}", &refund, account);
 *     require_text(deposit >= price, "Insufficient payment: required {} yoctoNEAR, got {}", &price, &deposit);
 *
 * Any other type is a compile error. A slice goes in as it is. What a stranger wrote goes in as quoted(slice): between double quotes, with quotes, backslashes and
 * control characters escaped, so that it can neither end a sentence nor look like an event.
 *
 * A format is a literal. The build (cmake/contract_ir.py) keeps the formats of a contract shortened: `{}` is one byte, and what occurs often is a
 * byte that stands for two others. Only runtime.c, which is compiled apart, has its texts as they are: they take no arguments. */
#pragma once
#include "base/buf.h"
#include "base/u128.h"

/* A literal as the build keeps it; only the functions below can read it. */
struct text {
    const char *codes;
};
#define TEXT(literal)                                                                          \
    ((struct text){({                                                                          \
        static const char text_codes[] __attribute__((section("text"), aligned(1))) = literal; \
        text_codes;                                                                            \
    })})

struct quoted {
    struct slice text;
};
static inline struct quoted quoted(struct slice s)
{
    return (struct quoted){s};
}

/* The same without the quotes, where the sentence has its own. */
struct escaped {
    struct slice text;
};
static inline struct escaped escaped(struct slice s)
{
    return (struct escaped){s};
}

/* An argument is eight bytes and a kind. text_args_1 to _6 keep them for the sentence that is written next; the kinds are four bits each, the first
 * in the lowest. */
enum text_kind { TEXT_NUMBER, TEXT_WIDE, TEXT_SLICE, TEXT_QUOTED, TEXT_ESCAPED, TEXT_STRING, TEXT_TEXT };

#define TEXT_KIND(x)                   \
    ((uint32_t)_Generic((x),           \
         uint64_t: TEXT_NUMBER,        \
         u128 *: TEXT_WIDE,            \
         const u128 *: TEXT_WIDE,      \
         struct slice: TEXT_SLICE,     \
         struct quoted: TEXT_QUOTED,   \
         struct escaped: TEXT_ESCAPED, \
         char *: TEXT_STRING,          \
         const char *: TEXT_STRING,    \
         struct text: TEXT_TEXT))

static inline uint64_t text_of_number(uint64_t v)
{
    return v;
}

static inline uint64_t text_of_pointer(const void *p)
{
    return (uintptr_t)p;
}

static inline uint64_t text_of_slice(struct slice s)
{
    uint64_t bytes;
    _Static_assert(sizeof bytes == sizeof s, "addresses are 32 bits wide");
    __builtin_memcpy(&bytes, &s, sizeof bytes);
    return bytes;
}

static inline uint64_t text_of_quoted(struct quoted q)
{
    return text_of_slice(q.text);
}

static inline uint64_t text_of_escaped(struct escaped e)
{
    return text_of_slice(e.text);
}

static inline uint64_t text_of_text(struct text t)
{
    return text_of_pointer(t.codes);
}

#define TEXT_VALUE(x)                    \
    _Generic((x),                        \
        uint64_t: text_of_number,        \
        u128 *: text_of_pointer,         \
        const u128 *: text_of_pointer,   \
        struct slice: text_of_slice,     \
        struct quoted: text_of_quoted,   \
        struct escaped: text_of_escaped, \
        char *: text_of_pointer,         \
        const char *: text_of_pointer,   \
        struct text: text_of_text)(x)

#define TEXT_PICK(_1, _2, _3, _4, _5, _6, n, ...) n

#define TEXT_VALUES_1(a)      TEXT_VALUE(a)
#define TEXT_VALUES_2(a, ...) TEXT_VALUE(a), TEXT_VALUES_1(__VA_ARGS__)
#define TEXT_VALUES_3(a, ...) TEXT_VALUE(a), TEXT_VALUES_2(__VA_ARGS__)
#define TEXT_VALUES_4(a, ...) TEXT_VALUE(a), TEXT_VALUES_3(__VA_ARGS__)
#define TEXT_VALUES_5(a, ...) TEXT_VALUE(a), TEXT_VALUES_4(__VA_ARGS__)
#define TEXT_VALUES_6(a, ...) TEXT_VALUE(a), TEXT_VALUES_5(__VA_ARGS__)

#define TEXT_KINDS_1(a)      TEXT_KIND(a)
#define TEXT_KINDS_2(a, ...) (TEXT_KINDS_1(__VA_ARGS__) << 4 | TEXT_KIND(a))
#define TEXT_KINDS_3(a, ...) (TEXT_KINDS_2(__VA_ARGS__) << 4 | TEXT_KIND(a))
#define TEXT_KINDS_4(a, ...) (TEXT_KINDS_3(__VA_ARGS__) << 4 | TEXT_KIND(a))
#define TEXT_KINDS_5(a, ...) (TEXT_KINDS_4(__VA_ARGS__) << 4 | TEXT_KIND(a))
#define TEXT_KINDS_6(a, ...) (TEXT_KINDS_5(__VA_ARGS__) << 4 | TEXT_KIND(a))

/* `text_args_2(kinds, a, b),` or nothing. */
#define TEXT_ARGS(...)          __VA_OPT__(TEXT_ARGS_N(TEXT_PICK(__VA_ARGS__, 6, 5, 4, 3, 2, 1), __VA_ARGS__), )
#define TEXT_ARGS_N(n, ...)     TEXT_ARGS_PASTE(n, __VA_ARGS__)
#define TEXT_ARGS_PASTE(n, ...) text_args_##n(TEXT_KINDS_##n(__VA_ARGS__), TEXT_VALUES_##n(__VA_ARGS__))

void text_args_1(uint32_t kinds, uint64_t a);
void text_args_2(uint32_t kinds, uint64_t a, uint64_t b);
void text_args_3(uint32_t kinds, uint64_t a, uint64_t b, uint64_t c);
void text_args_4(uint32_t kinds, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
void text_args_5(uint32_t kinds, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);
void text_args_6(uint32_t kinds, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f);

/* Appends the sentence to `out`. */
#define append_text(out, format, ...) (TEXT_ARGS(__VA_ARGS__) text_append((out), TEXT(format)))
/* Writes one log line. */
#define log_text(format, ...) (TEXT_ARGS(__VA_ARGS__) text_log(TEXT(format)))
/* Ends the call: nothing it did stays, the deposit goes back. */
#define panic_text(format, ...) (TEXT_ARGS(__VA_ARGS__) text_panic(TEXT(format)))
/* Ends it unless the condition holds. */
#define require_text(condition, format, ...) TEXT_REQUIRE_##__VA_OPT__(WITH)(condition, format __VA_OPT__(, ) __VA_ARGS__)
#define TEXT_REQUIRE_(condition, format)     text_require((condition), TEXT(format))
#define TEXT_REQUIRE_WITH(condition, format, ...) \
    do {                                          \
        if (!(condition))                         \
            panic_text(format, __VA_ARGS__);      \
    } while (0)

void text_append(struct buf *out, struct text format);
void text_log(struct text format);
_Noreturn void text_panic(struct text format);
/* Hundreds of refusals have no arguments; asking inside of the function leaves two instructions of each to its caller. */
void text_require(bool condition, struct text format);

/* Without the white space (Unicode's White_Space) at both ends of a UTF-8 text. */
struct slice text_trim(struct slice text);

/* An empty buffer that lives as long as the call. */
struct buf *buf_new(void);

/* A finished line. */
void log_line(struct slice line);
