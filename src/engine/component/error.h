/* Inside component: the resource `error` of wasi:io/error, why a stream failed. */
#pragma once
#include "engine/component/call.h"

/* `code` is for whoever made it, such as the place of an http error-code. */
struct component_error {
    uint32_t code;
    char text[]; /* UTF-8 */
};

/* A copy of the text; free with mem_free, or hand it on. */
struct component_error *component_error_new(uint32_t code, const char *text);
