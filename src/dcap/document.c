#include "dcap/document.h"
#include "codec/hex.h"
#include "dcap/time.h"

/* For the names of types in the reader's sentences, of which document_end says nothing. */
#define UNSAID SLICE("")

static void fail(struct json_reader *r, struct slice what)
{
    json_fail(r, JSON_CUSTOM, what);
}

const struct document_member *document_next(struct json_reader *r, const struct document_object *o, uint32_t *seen)
{
    struct slice key;
    while (json_next_key(r, &key, NULL)) {
        size_t i = 0;
        if (!key.ptr) {
            fail(r, SLICE("a name with an escape"));
            return NULL;
        }
        while (i < o->count && !slice_eq_str(key, o->members[i].name))
            i++;
        if (i == o->count) {
            json_skip(r);
            continue;
        }
        if (*seen >> i & 1)
            json_fail(r, JSON_DUPLICATE_FIELD, key);
        *seen |= 1u << i;
        return r->fault ? NULL : &o->members[i];
    }
    for (size_t i = 0; i < o->needed; i++) {
        if (!(*seen >> i & 1))
            json_fail(r, JSON_MISSING_FIELD, slice_str(o->members[i].name));
    }
    return NULL;
}

/* A string without escapes. */
static struct slice take_text(struct json_reader *r)
{
    struct slice text = json_read_string(r, NULL);
    if (text.ptr)
        return text;
    fail(r, SLICE("a string with an escape"));
    return SLICE("");
}

static void read_number(struct json_reader *r, const struct document_member *m, uint8_t *out)
{
    uint64_t max = ((uint64_t)1 << 8 * m->len) - 1, value = json_read_u64(r, max, UNSAID);
    __builtin_memcpy(out, &value, m->len); /* little endian, as all machines are that this is for */
}

static void read_choice(struct json_reader *r, const struct document_member *m, uint8_t *out)
{
    struct slice text = take_text(r);
    const char *name = m->of;
    for (*out = 0; *out < m->len && !slice_eq_str(text, name); (*out)++)
        name += __builtin_strlen(name) + 1;
    if (*out == m->len)
        fail(r, SLICE("a name that is not known"));
}

static bool read_module_id(struct slice text, uint8_t *out)
{
    bool known = slice_starts_with(text, SLICE("TDX_")) || slice_starts_with(text, SLICE("tdx_"));
    return known && hex_decode(slice_skip(text, 4), out, 1, NULL);
}

static const struct document_member component_members[] = {{.name = "svn", .form = DOCUMENT_NUMBER, .len = 1}};
static const struct document_object component = {.members = component_members, .size = 1, .needed = 1, .count = 1};

static void read_object(struct json_reader *r, const struct document_object *o, uint8_t *out);

/* A list of objects; one more than there is room for is refused with `too_many`. */
static void read_items(struct json_reader *r, const struct document_object *of, size_t max, struct slice too_many,
                       uint8_t *items, uint8_t *count)
{
    json_begin_array(r, UNSAID);
    while (json_next_item(r)) {
        if (*count == max) {
            fail(r, too_many);
            return;
        }
        read_object(r, of, items + (size_t)of->size * (*count)++);
    }
}

static void read_components(struct json_reader *r, const struct document_member *m, uint8_t *out)
{
    struct slice other_count = slice_str(m->of);
    uint8_t count = 0;
    read_items(r, &component, m->len, other_count, out, &count);
    if (count != m->len)
        fail(r, other_count);
}

static bool is_advisory(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return false;
    }
    return text.len && text.len <= TCB_ADVISORY_LEN_MAX;
}

static void read_advisories(struct json_reader *r, struct slice *out)
{
    size_t count = 0, start;
    if (!json_begin_array(r, UNSAID))
        return;
    start = r->at;
    for (; json_next_item(r); count++) {
        if (!is_advisory(take_text(r)) || count == TCB_ADVISORIES_MAX)
            fail(r, SLICE("not an advisory, or too many"));
    }
    if (!r->fault)
        *out = slice_from(r->text.ptr + start, r->at - 1 - start);
}

static void read_member(struct json_reader *r, const struct document_member *m, uint8_t *base)
{
    uint8_t *at = base + m->at;
    switch (m->form) {
    case DOCUMENT_HEX:
        if (!hex_decode(take_text(r), at, m->len, NULL))
            fail(r, SLICE("not hex of the right length"));
        break;
    case DOCUMENT_NUMBER:
        read_number(r, m, at);
        break;
    case DOCUMENT_TIME:
        if (!time_from_rfc3339(take_text(r), (uint64_t *)(void *)at))
            fail(r, SLICE("not a time like 2025-06-19T10:32:27Z"));
        break;
    case DOCUMENT_CHOICE:
        read_choice(r, m, at);
        break;
    case DOCUMENT_MODULE_ID:
        if (!read_module_id(take_text(r), at))
            fail(r, SLICE("not TDX_ and two hex digits"));
        break;
    case DOCUMENT_COMPONENTS:
        read_components(r, m, at);
        break;
    case DOCUMENT_ADVISORIES:
        read_advisories(r, (struct slice *)(void *)at);
        break;
    case DOCUMENT_OBJECT:
        read_object(r, m->of, at);
        break;
    default:
        read_items(r, m->of, m->len, SLICE("too many levels or modules"), at, base + m->count_at);
        return;
    }
    if (m->count_at)
        base[m->count_at] = true;
}

static void read_object(struct json_reader *r, const struct document_object *o, uint8_t *out)
{
    uint32_t seen = 0;
    json_begin_object(r, UNSAID);
    for (const struct document_member *m; (m = document_next(r, o, &seen));)
        read_member(r, m, out);
}

bool document_read(struct slice text, const struct document_object *o, void *out, struct document_fault *fault)
{
    struct json_reader r = json_reader_of(text);
    __builtin_memset(out, 0, o->size);
    read_object(&r, o, out);
    return document_end(&r, fault);
}

static const struct document_member svn_members[] = {
    DOCUMENT_PLAIN("isvsvn", struct tcb_svn_level, svn, DOCUMENT_NUMBER),
};
static const struct document_object svn = DOCUMENT_TABLE(struct tcb_svn_level, svn_members, 1);
static const struct document_member svn_level_members[] = {
    DOCUMENT_PART("tcb", &svn),
    DOCUMENT_PLAIN("tcbDate", struct tcb_svn_level, is.date, DOCUMENT_TIME),
    DOCUMENT_CHOICE_OF("tcbStatus", struct tcb_svn_level, is.status, tcb_status_names, TCB_STATUS_COUNT),
    DOCUMENT_PLAIN("advisoryIDs", struct tcb_svn_level, is.advisories, DOCUMENT_ADVISORIES),
};
const struct document_object document_svn_level = DOCUMENT_TABLE(struct tcb_svn_level, svn_level_members, 3);

bool document_end(struct json_reader *r, struct document_fault *fault)
{
    if (json_end(r))
        return true;
    bool named = r->fault == JSON_CUSTOM || r->fault == JSON_MISSING_FIELD || r->fault == JSON_DUPLICATE_FIELD;
    *fault = (struct document_fault){named ? r->fault_expected : SLICE("not the JSON that it should be"), r->fault_at};
    return false;
}
