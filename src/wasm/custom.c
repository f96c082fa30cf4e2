#include "wasm/custom.h"
#include "wasm/cursor.h"

enum { SECTION_CUSTOM = 0, COMPONENT_MODULE = 1, COMPONENT_COMPONENT = 4, LAYER_AT = 6, PREAMBLE_LEN = 8, DEPTH_MAX = 32 };

static struct slice find(struct slice wasm, struct slice name, int depth)
{
    static const struct slice magic = {(const uint8_t *)"\0asm", 4};
    struct slice none = {0};
    if (wasm.len < PREAMBLE_LEN || !slice_starts_with(wasm, magic) || depth == DEPTH_MAX)
        return none;
    bool is_component = wasm.ptr[LAYER_AT] != 0;
    struct wasm_cursor c = wasm_cursor_of(slice_skip(wasm, PREAMBLE_LEN));
    while (c.rest.len && !c.failed) {
        uint8_t id = wasm_read_byte(&c);
        struct slice body = wasm_read_bytes(&c, wasm_read_u32(&c)), found = none;
        if (c.failed)
            break;
        if (id == SECTION_CUSTOM) {
            struct wasm_cursor inside = wasm_cursor_of(body);
            struct slice this_name = wasm_read_name(&inside);
            if (!inside.failed && slice_eq(this_name, name))
                found = slice_from(inside.rest.ptr ? inside.rest.ptr : body.ptr, inside.rest.len);
        } else if (is_component && (id == COMPONENT_MODULE || id == COMPONENT_COMPONENT)) {
            found = find(body, name, depth + 1);
        }
        if (found.ptr)
            return found;
    }
    return none;
}

struct slice wasm_find_custom(struct slice wasm, struct slice name)
{
    return find(wasm, name, 0);
}
