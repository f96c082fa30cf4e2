/* The resource `fields`: names in lower case, in the order they came. */
#include "base/mem.h"
#include "codec/http_field.h"
#include "engine/component/http.h"
#include <string.h>

enum header_error { HEADER_INVALID, HEADER_FORBIDDEN, HEADER_IMMUTABLE }; /* cases of header-error */

struct http_fields *http_fields_new(struct component *guest)
{
    struct http_fields *f = mem_calloc(1, sizeof *f);
    f->guest = guest;
    return f;
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
    f->guest->held -= f->len;
    mem_free(f->items);
    mem_free(f);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static size_t cost_of(struct slice name, struct slice value)
{
    return name.len + value.len + HTTP_FIELD_OVERHEAD;
}

/* False: the guest holds too much, and is stopped. */
static bool add(struct http_fields *f, struct slice name, struct slice value)
{
    if (!component_hold(f->guest, cost_of(name, value)))
        return false;
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
    f->len += cost_of(name, value);
    return true;
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
            size_t cost = cost_of(f->items[i].name, f->items[i].value);
            f->len -= cost;
            f->guest->held -= cost;
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

/* Adds what the guest has brought. False: it is stopped. */
static bool add_paid(struct component_call *c, struct http_fields *f, struct slice name, struct slice value)
{
    size_t cost = cost_of(name, value);
    if (cost > HTTP_FIELDS_MAX - f->len)
        return component_fault(c->guest, "more than 256 KiB of header fields");
    return component_charge(c, 1 + name.len + value.len) && add(f, name, value);
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

struct http_fields *http_fields_of_lines(struct component *guest, struct slice lines)
{
    struct http_fields *f = http_fields_new(guest);
    f->immutable = true;
    while (lines.len) {
        struct slice line, name;
        lines = slice_cut(lines, '\n', &line);
        struct slice value = slice_cut(line, ':', &name);
        if (value.len && value.ptr[0] == ' ')
            value = slice_skip(value, 1);
        if (http_field_name_is_valid(name) && !add(f, name, value)) {
            http_fields_free(f);
            return NULL;
        }
    }
    return f;
}

/* Gives the guest a copy, which it pays for. */
static bool return_copy(struct component_call *c, const struct http_fields *from, bool immutable, union shim_value *slot)
{
    if (!component_charge(c, from->len))
        return false;
    struct http_fields *f = http_fields_new(from->guest);
    for (size_t i = 0; i < from->count; i++) {
        if (!add(f, from->items[i].name, from->items[i].value)) {
            http_fields_free(f);
            return false;
        }
    }
    f->immutable = immutable;
    return component_handle_new(c, KIND_FIELDS, f, http_fields_free, slot);
}

bool http_fields_return(struct component_call *c, const struct http_fields *from, union shim_value *slot)
{
    return return_copy(c, from, true, slot);
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
    return component_handle_new(c, KIND_FIELDS, http_fields_new(c->guest), http_fields_free, &c->results[0]);
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
        if (!add_paid(c, f, name, value)) {
            *stopped = true;
            return false;
        }
    }
    return true;
}

bool http_fields_from_list(struct component_call *c)
{
    struct http_fields *f = http_fields_new(c->guest);
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
    if (!f || !component_charge(c, f->len))
        return false;
    for (size_t i = 0; i < f->count; i++)
        c->results[0].n |= is_named(&f->items[i], bytes(&c->args[1]));
    return true;
}

bool http_fields_set(struct component_call *c)
{
    struct http_fields *f = self(c);
    struct slice name = bytes(&c->args[1]);
    const union shim_value *values = c->args[2].list.ptr;
    if (!f || !component_charge(c, f->len))
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
        if (!add_paid(c, f, name, value))
            return false;
    }
    return true;
}

bool http_fields_delete(struct component_call *c)
{
    struct http_fields *f = self(c);
    if (!f || !component_charge(c, f->len))
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
    return add_paid(c, f, name, value);
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
    return f && return_copy(c, f, false, &c->results[0]);
}
