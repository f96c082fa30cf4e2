/* Sentences: logs and panics. `{}` stands for the next argument, which may be a uint64_t, the address of a u128, a struct slice or a C string:
 *
 *     log_text("refunded {} yoctoNEAR to {}", &refund, account);
 *     require_text(deposit >= price, "Insufficient payment: required {} yoctoNEAR, got {}", &price, &deposit);
 *
 * Any other type is a compile error. A slice goes in as it is. What a stranger wrote goes in as quoted(slice): between double quotes, with quotes, backslashes and
 * control characters escaped, so that it can neither end a sentence nor look like an event. */
#pragma once
#include "base/buf.h"
#include "base/u128.h"

struct text_arg {
    enum { TEXT_NUMBER, TEXT_WIDE_NUMBER, TEXT_SLICE, TEXT_QUOTED, TEXT_ESCAPED } kind;
    union {
        uint64_t number;
        const u128 *wide;
        struct slice slice;
    };
};

static inline struct text_arg text_arg_number(uint64_t v)
{
    return (struct text_arg){.kind = TEXT_NUMBER, .number = v};
}

static inline struct text_arg text_arg_wide(const u128 *v)
{
    return (struct text_arg){.kind = TEXT_WIDE_NUMBER, .wide = v};
}

static inline struct text_arg text_arg_slice(struct slice s)
{
    return (struct text_arg){.kind = TEXT_SLICE, .slice = s};
}

static inline struct text_arg text_arg_str(const char *s)
{
    return text_arg_slice(slice_str(s));
}

static inline struct text_arg text_arg_same(struct text_arg a)
{
    return a;
}

static inline struct text_arg quoted(struct slice s)
{
    return (struct text_arg){.kind = TEXT_QUOTED, .slice = s};
}

/* The same without the quotes, where the sentence has its own. */
static inline struct text_arg escaped(struct slice s)
{
    return (struct text_arg){.kind = TEXT_ESCAPED, .slice = s};
}

#define TEXT_ARG(x)                     \
    _Generic((x),                       \
        struct text_arg: text_arg_same, \
        struct slice: text_arg_slice,   \
        char *: text_arg_str,           \
        const char *: text_arg_str,     \
        u128 *: text_arg_wide,          \
        const u128 *: text_arg_wide,    \
        uint64_t: text_arg_number)(x)

#define TEXT_ARGS_1(a)                               TEXT_ARG(a)
#define TEXT_ARGS_2(a, ...)                          TEXT_ARG(a), TEXT_ARGS_1(__VA_ARGS__)
#define TEXT_ARGS_3(a, ...)                          TEXT_ARG(a), TEXT_ARGS_2(__VA_ARGS__)
#define TEXT_ARGS_4(a, ...)                          TEXT_ARG(a), TEXT_ARGS_3(__VA_ARGS__)
#define TEXT_ARGS_5(a, ...)                          TEXT_ARG(a), TEXT_ARGS_4(__VA_ARGS__)
#define TEXT_ARGS_6(a, ...)                          TEXT_ARG(a), TEXT_ARGS_5(__VA_ARGS__)
#define TEXT_PICK(_1, _2, _3, _4, _5, _6, name, ...) name
#define TEXT_ARGS(...)    \
    ((struct text_arg[]){ \
        TEXT_PICK(__VA_ARGS__, TEXT_ARGS_6, TEXT_ARGS_5, TEXT_ARGS_4, TEXT_ARGS_3, TEXT_ARGS_2, TEXT_ARGS_1)(__VA_ARGS__)})
#define TEXT_OR_NONE(...) __VA_OPT__(TEXT_ARGS(__VA_ARGS__) +) 0

/* Appends the sentence to `out`. */
#define append_text(out, format, ...) text_append((out), (format), TEXT_OR_NONE(__VA_ARGS__))
/* Writes one log line. */
#define log_text(format, ...) text_log((format), TEXT_OR_NONE(__VA_ARGS__))
/* Ends the call: nothing it did stays, the deposit goes back. */
#define panic_text(format, ...) text_panic((format), TEXT_OR_NONE(__VA_ARGS__))
#define require_text(condition, format, ...)   \
    do {                                       \
        if (!(condition))                      \
            panic_text(format, ##__VA_ARGS__); \
    } while (0)

/* Formats are C strings: one address in the code of the caller, which refuses in hundreds of places. */
void text_append(struct buf *out, const char *format, const struct text_arg *args);
void text_log(const char *format, const struct text_arg *args);
_Noreturn void text_panic(const char *format, const struct text_arg *args);

/* Without the white space (Unicode's White_Space) at both ends of a UTF-8 text. */
struct slice text_trim(struct slice text);

/* A finished line. */
void log_line(struct slice line);
