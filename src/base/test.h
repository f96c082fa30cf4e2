/* What every cmocka test includes: cmocka with the headers it wants first, and assertions on errors. */
#pragma once
#include "base/err.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after the four above, which it needs and does not include */

/* The call succeeds; otherwise its error is printed and the test fails. */
#define assert_ok(call)                                       \
    do {                                                      \
        struct err *assert_err_ = (call);                     \
        if (assert_err_)                                      \
            fail_msg("%s: %s", #call, err_text(assert_err_)); \
    } while (0)

/* The call fails with this code and exactly this sentence. */
#define assert_fails(call, code, text)                      \
    do {                                                    \
        struct err *assert_err_ = (call);                   \
        assert_non_null(assert_err_);                       \
        assert_string_equal(err_text(assert_err_), (text)); \
        assert_int_equal(err_code(assert_err_), (code));    \
        err_free(assert_err_);                              \
    } while (0)
