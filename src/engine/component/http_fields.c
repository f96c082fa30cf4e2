/* The resource `fields`: names in lower case, in the order they came. */
#include "base/mem.h"
#include "codec/http_field.h"
#include "engine/component/http.h"
#include <string.h>

enum header_error { HEADER_INVALID, HEADER_FORBIDDEN, HEADER_IMMUTABLE }; /* cases of header-error */

struct http_fields *http_fields_new(void)
{
    return mem_calloc(1, sizeof(struct http_fields));
}

static void free_field(struct http_field *f)
{
    mem_free((void *)(uintptr_t)f->name.ptr);
}

void http_fields_free(void *fields)
{
    struct http_fields *f = fields;
    for (size_t i = 0; i < f->count; i++)
        free_field(&f->items[i]);
    mem_free(f->items);
    mem_free(f);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static void add(struct http_fields *f, struct slice name, struct slice value)
{
    uint8_t *at = mem_alloc(name.len + value.len);
    for (size_t i = 0; i < name.len; i++)
        at[i] = lower(name.ptr[i]);
    if (value.len)
        memcpy(at + name.len, value.ptr, value.len);
    if (f->count == f->room) {
        f->room = f->room ? f->room * 2 : 8;
        f->items = mem_realloc(f->items, f->room * sizeof *f->items);
    }
    f->items[f->count++] = (struct http_field){{at, name.len}, {at + name.len, value.len}};
    f->len += name.len + value.len;
}

static bool is_named(const struct http_field *f, struct slice name)
{
    bool same = f->name.len == name.len;
    for (size_t i = 0; same && i < name.len; i++)
        same = f->name.ptr[i] == lower(name.ptr[i]);
    return same;
}

static void remove_all(struct http_fields *f, struct slice name)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (is_named(&f->items[i], name)) {
            f->len -= f->items[i].name.len + f->items[i].value.len;
            free_field(&f->items[i]);
        } else {
            f->items[kept++] = f->items[i];
        }
    }
    f->count = kept;
}

/* --- what the guest may do ------------------------------------------------------------------------------------------------------------ */

static bool return_error(struct component_call *c, enum header_error error)
{
    c->results[0].n = 1;
    c->results[1].n = error;
    return true;
}

/* Whether the name may be set; else the result is the error. */
static bool may_set(struct component_call *c, const struct http_fields *f, struct slice name)
{
    if (f->immutable)
        return !return_error(c, HEADER_IMMUTABLE);
    if (!http_field_name_is_valid(name))
        return !return_error(c, HEADER_INVALID);
    if (http_field_is_transports(name))
        return !return_error(c, HEADER_FORBIDDEN);
    return true;
}

static bool has_room(struct component_call *c, const struct http_fields *f, size_t more)
{
    return more <= HTTP_FIELDS_MAX - f->len || component_fault(c->guest, "more than 256 KiB of header fields");
}

/* --- lines ----------------------------------------------------------------------------------------------------------------------- */

void http_fields_append_lines(const struct http_fields *f, struct buf *out)
{
    for (size_t i = 0; i < f->count; i++) {
        buf_append(out, f->items[i].name);
        buf_append_str(out, ": ");
        buf_append(out, f->items[i].value);
        buf_append_byte(out, '\n');
    }
}

struct http_fields *http_fields_of_lines(struct slice lines)
{
    struct http_fields *f = http_fields_new();
    f->immutable = true;
    while (lines.len && f->len < HTTP_FIELDS_MAX) {
        struct slice line, name;
        lines = slice_cut(lines, '\n', &line);
        struct slice value = slice_cut(line, ':', &name);
        if (value.len && value.ptr[0] == ' ')
            value = slice_skip(value, 1);
        if (name.len)
            add(f, name, value);
    }
    return f;
}

static struct http_fields *copy(const struct http_fields *from)
{
    struct http_fields *f = http_fields_new();
    for (size_t i = 0; i < from->count; i++)
        add(f, from->items[i].name, from->items[i].value);
    return f;
}

bool http_fields_return(struct component_call *c, const struct http_fields *from, union shim_value *slot)
{
    struct http_fields *f = copy(from);
    f->immutable = true;
    return component_charge(c, from->len) ? component_handle_new(c, KIND_FIELDS, f, http_fields_free, slot)
                                          : (http_fields_free(f), false);
}

bool http_fields_length(const struct http_fields *f, uint64_t *len)
{
    bool found = false;
    for (size_t i = 0; i < f->count; i++) {
        struct slice value = f->items[i].value;
        if (!is_named(&f->items[i], SLICE("content-length")))
            continue;
        uint64_t n = 0;
        for (size_t at = 0; at < value.len; at++) {
            if (value.ptr[at] < '0' || value.ptr[at] > '9' || value.len > 18)
                return false;
            n = n * 10 + (uint64_t)(value.ptr[at] - '0');
        }
        if (value.len == 0 || (found && n != *len))
            return false;
        found = true;
        *len = n;
    }
    return found;
}

/* --- functions -------------------------------------------------------------------------------------------------------------------- */

static struct slice bytes(const union shim_value *slot)
{
    return slice_from(slot->list.ptr, slot->list.len);
}

static struct http_fields *self(struct component_call *c)
{
    return component_handle_get(c, KIND_FIELDS, c->args[0].n);
}

bool http_fields_constructor(struct component_call *c)
{
    return component_handle_new(c, KIND_FIELDS, http_fields_new(), http_fields_free, &c->results[0]);
}

/* False: an error is the result, or the guest is stopped. */
static bool fill(struct component_call *c, struct http_fields *f, bool *stopped)
{
    const union shim_value *pairs = c->args[0].list.ptr;
    for (size_t i = 0; i < c->args[0].list.len; i++) {
        struct slice name = bytes(&pairs[2 * i]), value = bytes(&pairs[2 * i + 1]);
        if (!may_set(c, f, name))
            return false;
        if (!http_field_value_is_valid(value))
            return !return_error(c, HEADER_INVALID);
        if (!has_room(c, f, name.len + value.len) || !component_charge(c, 1 + name.len + value.len)) {
            *stopped = true;
            return false;
        }
        add(f, name, value);
    }
    return true;
}

bool http_fields_from_list(struct component_call *c)
{
    struct http_fields *f = http_fields_new();
    bool stopped = false;
    if (fill(c, f, &stopped))
        return component_handle_new(c, KIND_FIELDS, f, http_fields_free, &c->results[1]);
    http_fields_free(f);
    return !stopped;
}

bool http_fields_get(struct component_call *c)
{
    const struct http_fields *f = self(c);
    struct slice name = bytes(&c->args[1]);
    if (!f || !component_charge(c, f->len))
        return false;
    union shim_value *found = ARENA_ARRAY(&c->guest->results, union shim_value, f->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (is_named(&f->items[i], name))
            found[count++].list = (struct shim_list){f->items[i].value.ptr, f->items[i].value.len};
    }
    c->results[0].list = (struct shim_list){found, count};
    return true;
}

bool http_fields_has(struct component_call *c)
{
    const struct http_fields *f = self(c);
    for (size_t i = 0; f && i < f->count; i++)
        c->results[0].n |= is_named(&f->items[i], bytes(&c->args[1]));
    return f != NULL;
}

bool http_fields_set(struct component_call *c)
{
    struct http_fields *f = self(c);
    struct slice name = bytes(&c->args[1]);
    const union shim_value *values = c->args[2].list.ptr;
    if (!f)
        return false;
    if (!may_set(c, f, name))
        return true;
    for (size_t i = 0; i < c->args[2].list.len; i++) {
        if (!http_field_value_is_valid(bytes(&values[i])))
            return return_error(c, HEADER_INVALID);
    }
    remove_all(f, name);
    for (size_t i = 0; i < c->args[2].list.len; i++) {
        struct slice value = bytes(&values[i]);
        if (!has_room(c, f, name.len + value.len) || !component_charge(c, 1 + name.len + value.len))
            return false;
        add(f, name, value);
    }
    return true;
}

bool http_fields_delete(struct component_call *c)
{
    struct http_fields *f = self(c);
    if (!f)
        return false;
    if (!may_set(c, f, bytes(&c->args[1])))
        return true;
    remove_all(f, bytes(&c->args[1]));
    return true;
}

bool http_fields_append(struct component_call *c)
{
    struct http_fields *f = self(c);
    struct slice name = bytes(&c->args[1]), value = bytes(&c->args[2]);
    if (!f)
        return false;
    if (!may_set(c, f, name))
        return true;
    if (!http_field_value_is_valid(value))
        return return_error(c, HEADER_INVALID);
    if (!has_room(c, f, name.len + value.len) || !component_charge(c, 1 + name.len + value.len))
        return false;
    add(f, name, value);
    return true;
}

bool http_fields_entries(struct component_call *c)
{
    const struct http_fields *f = self(c);
    if (!f || !component_charge(c, f->len))
        return false;
    union shim_value *pairs = ARENA_ARRAY(&c->guest->results, union shim_value, 2 * f->count + 1);
    for (size_t i = 0; i < f->count; i++) {
        pairs[2 * i].list = (struct shim_list){f->items[i].name.ptr, f->items[i].name.len};
        pairs[2 * i + 1].list = (struct shim_list){f->items[i].value.ptr, f->items[i].value.len};
    }
    c->results[0].list = (struct shim_list){pairs, f->count};
    return true;
}

bool http_fields_clone(struct component_call *c)
{
    const struct http_fields *f = self(c);
    return f && component_charge(c, f->len) && component_handle_new(c, KIND_FIELDS, copy(f), http_fields_free, &c->results[0]);
}
