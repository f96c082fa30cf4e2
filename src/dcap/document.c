#include "dcap/document.h"
#include "codec/hex.h"
#include "dcap/time.h"

static void fail(struct json_reader *r, struct slice what)
{
    json_fail(r, JSON_CUSTOM, what);
}

int document_next(struct json_reader *r, const struct document_members *members, uint32_t *seen)
{
    struct slice key;
    while (json_next_key(r, &key, NULL)) {
        size_t i = 0;
        if (!key.ptr) {
            fail(r, SLICE("a name with an escape"));
            return DOCUMENT_END;
        }
        while (i < members->count && !slice_eq_str(key, members->names[i]))
            i++;
        if (i == members->count) {
            json_skip(r);
            continue;
        }
        if (*seen >> i & 1)
            json_fail(r, JSON_DUPLICATE_FIELD, slice_str(members->names[i]));
        *seen |= 1u << i;
        return r->fault ? DOCUMENT_END : (int)i;
    }
    for (size_t i = 0; i < members->count; i++) {
        if (members->needed >> i & ~*seen >> i & 1)
            json_fail(r, JSON_MISSING_FIELD, slice_str(members->names[i]));
    }
    return DOCUMENT_END;
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

void document_hex(struct json_reader *r, uint8_t *out, size_t len)
{
    struct slice text = take_text(r);
    if (!r->fault && !hex_decode(text, out, len, NULL))
        fail(r, SLICE("not hex of the right length"));
}

uint64_t document_time(struct json_reader *r)
{
    uint64_t seconds = 0;
    struct slice text = take_text(r);
    if (!r->fault && !time_from_rfc3339(text, &seconds))
        fail(r, SLICE("not a time like 2025-06-19T10:32:27Z"));
    return seconds;
}

uint32_t document_number(struct json_reader *r, uint32_t max)
{
    return (uint32_t)json_read_u64(r, max, SLICE("a whole number in its range"));
}

bool document_either(struct json_reader *r, struct slice yes, struct slice no)
{
    struct slice text = take_text(r);
    if (!r->fault && !slice_eq(text, yes) && !slice_eq(text, no))
        fail(r, SLICE("another id"));
    return slice_eq(text, yes);
}

void document_status(struct json_reader *r, struct tcb_verdict *out)
{
    struct slice text = take_text(r);
    if (!r->fault && !tcb_status_of(text, &out->status))
        fail(r, SLICE("a status that is not known"));
}

static bool is_advisory(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return false;
    }
    return text.len && text.len <= TCB_ADVISORY_LEN_MAX;
}

void document_advisories(struct json_reader *r, struct tcb_verdict *out)
{
    size_t count = 0, start;
    if (!json_begin_array(r, SLICE("a list")))
        return;
    start = r->at;
    for (; json_next_item(r); count++) {
        if (!is_advisory(take_text(r)) || count == TCB_ADVISORIES_MAX)
            fail(r, SLICE("not an advisory, or too many"));
    }
    if (!r->fault)
        out->advisories = slice_from(r->text.ptr + start, r->at - 1 - start);
}

enum { SVN_TCB, SVN_DATE, SVN_STATUS, SVN_ADVISORIES };
static const char *const svn_level_names[] = {"tcb", "tcbDate", "tcbStatus", "advisoryIDs"};
static const struct document_members svn_level_members = {svn_level_names, 4, 1 << SVN_TCB | 1 << SVN_DATE | 1 << SVN_STATUS};
static const char *const svn_names[] = {"isvsvn"};
static const struct document_members svn_members = {svn_names, 1, 1};

static uint16_t read_svn(struct json_reader *r)
{
    uint32_t seen = 0;
    uint16_t svn = 0;
    json_begin_object(r, SLICE("tcb"));
    while (document_next(r, &svn_members, &seen) != DOCUMENT_END)
        svn = (uint16_t)document_number(r, UINT16_MAX);
    return svn;
}

static void read_svn_level(struct json_reader *r, struct tcb_svn_level *out)
{
    uint32_t seen = 0;
    json_begin_object(r, SLICE("a level"));
    for (int member; (member = document_next(r, &svn_level_members, &seen)) != DOCUMENT_END;) {
        if (member == SVN_TCB)
            out->svn = read_svn(r);
        else if (member == SVN_DATE)
            out->is.date = document_time(r);
        else if (member == SVN_STATUS)
            document_status(r, &out->is);
        else
            document_advisories(r, &out->is);
    }
}

void document_svn_levels(struct json_reader *r, struct tcb_svn_levels *out)
{
    json_begin_array(r, SLICE("a list"));
    while (json_next_item(r)) {
        if (out->count == TCB_SVN_LEVELS_MAX) {
            fail(r, SLICE("too many levels"));
            return;
        }
        out->of[out->count] = (struct tcb_svn_level){0};
        read_svn_level(r, &out->of[out->count++]);
    }
}

bool document_end(struct json_reader *r, struct document_fault *fault)
{
    if (json_end(r))
        return true;
    bool named = r->fault == JSON_CUSTOM || r->fault == JSON_MISSING_FIELD || r->fault == JSON_DUPLICATE_FIELD;
    *fault = (struct document_fault){named ? r->fault_expected : SLICE("not the JSON that it should be"), r->fault_at};
    return false;
}
