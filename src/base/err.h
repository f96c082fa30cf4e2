/* Errors as values.
 *
 * A fallible function returns `struct err *`: NULL is success, anything else is owned by the caller, who hands it on
 * (TRY), adds what it was doing (TRY_DOING), turns it into an answer (a status, an exit code) or drops it (err_free).
 * An error has one code, which a layer changes only where it means something else to those above (err_recode), and a sentence that grows
 * by one clause a layer:
 *
 *     cannot register worker key: reading quote: certification data is 3 bytes, needs at least 6
 *
 * Freestanding code (contracts, dcap, wasm) cannot allocate: it returns an enum of its own and keeps the place of the fault.
 * Running out of memory is not an error value: see base/mem.h.
 */
#pragma once
#include "base/auto.h"
#include <stdbool.h>
#include <stddef.h>

enum err_code {
    ERR_INVALID,     /* the input is wrong; saying it again will not help   HTTP 400, exit 2 */
    ERR_DENIED,      /* the caller may not                                  HTTP 403          */
    ERR_NOT_FOUND,   /* what was named does not exist                       HTTP 404          */
    ERR_CONFLICT,    /* it exists in another state                          HTTP 409          */
    ERR_LIMIT,       /* a quota, size or rate                               HTTP 413 or 429   */
    ERR_UNAVAILABLE, /* a peer did not answer; try again                    HTTP 503          */
    ERR_BUG,         /* an invariant of ours is broken                      HTTP 500          */
};

struct err;

/* Makes an error. `fmt` is a clause without a capital or full stop that names the thing and what would be right. Never fails. */
struct err *err_new(enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull, warn_unused_result));

/* As err_new, with ": " and the text of `errno_value` at the end. */
struct err *err_errno(enum err_code code, int errno_value, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), returns_nonnull, warn_unused_result));

/* Puts "doing: " in front of `e`'s sentence; the code stays. Takes and returns ownership; NULL stays NULL. */
struct err *err_doing(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3), warn_unused_result));

/* Gives `e` another code; the sentence stays. Takes and returns ownership; NULL stays NULL. */
struct err *err_recode(struct err *e, enum err_code code) __attribute__((warn_unused_result));

enum err_code err_code(const struct err *e);

/* The sentence, valid until the error is changed or freed. */
const char *err_text(const struct err *e);

/* The machine name of a code: "invalid", "denied", "not_found", "conflict", "limit", "unavailable", "bug". */
const char *err_code_name(enum err_code code);

/* Frees `e`; NULL is fine. */
void err_free(struct err *e);

static inline void auto_err(struct err **e)
{
    err_free(*e);
}

#define TRY(call)                      \
    do {                               \
        struct err *try_err_ = (call); \
        if (try_err_)                  \
            return try_err_;           \
    } while (0)

#define TRY_DOING(call, ...)                         \
    do {                                             \
        struct err *try_err_ = (call);               \
        if (try_err_)                                \
            return err_doing(try_err_, __VA_ARGS__); \
    } while (0)
