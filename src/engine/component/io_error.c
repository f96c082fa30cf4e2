/* wasi:io/error */
#include "base/mem.h"
#include "engine/component/error.h"
#include <string.h>

struct component_error *component_error_new(uint32_t code, const char *text)
{
    size_t len = strlen(text) + 1;
    struct component_error *e = mem_alloc(sizeof *e + len);
    e->code = code;
    memcpy(e->text, text, len);
    return e;
}

static bool to_debug_string(struct component_call *c)
{
    const struct component_error *e = component_handle_get(c, KIND_ERROR, c->args[0].n);
    if (!e)
        return false;
    c->results[0].list = (struct shim_list){e->text, strlen(e->text)};
    return true;
}

static const struct component_resource_row resources[] = {{"error", KIND_ERROR}, {0}};

static const struct component_function_row functions[] = {
    {"[method]error.to-debug-string", "(borrow<error>) -> string", to_debug_string},
    {0},
};

const struct component_interface component_io_error = {"wasi:io/error@0.2.0", NULL, resources, functions};
