#include "codec/json.h"

/* A member of the object that is being written: its name in `names`, and where `"name":value` stands in the output. */
struct member {
    size_t name_at, name_len, at, len;
};

struct members {
    struct buf names, rows; /* rows: struct member each */
    bool sorted;            /* names rose strictly so far */
};

static struct member *rows_of(struct members *m)
{
    return (struct member *)(void *)m->rows.ptr;
}

static struct slice name_of(const struct members *m, const struct member *row)
{
    return slice_first(slice_skip(buf_slice(&m->names), row->name_at), row->name_len);
}

static int compare(const struct members *m, const struct member *a, const struct member *b)
{
    int order = slice_cmp(name_of(m, a), name_of(m, b));
    return order ? order : (a->at > b->at) - (a->at < b->at);
}

static void sift_down(struct members *m, size_t root, size_t count)
{
    struct member *rows = rows_of(m);
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && compare(m, &rows[child], &rows[child + 1]) < 0)
            child++;
        if (compare(m, &rows[root], &rows[child]) >= 0)
            return;
        struct member swap = rows[root];
        rows[root] = rows[child];
        rows[child] = swap;
    }
}

/* Heap sort: in place and never quadratic, whoever chose the names. */
static void sort(struct members *m, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift_down(m, i, count);
    for (size_t end = count; end-- > 1;) {
        struct member *rows = rows_of(m), swap = rows[0];
        rows[0] = rows[end];
        rows[end] = swap;
        sift_down(m, 0, end);
    }
}

/* Puts the members that stand from `start` on in order, without those that a later one of the same name replaces. */
static void reorder(struct members *m, struct buf *out, size_t start)
{
    size_t count = m->rows.len / sizeof(struct member);
    struct member *rows = rows_of(m);
    struct buf old = {0};
    sort(m, count);
    buf_append(&old, slice_skip(buf_slice(out), start));
    out->len = start;
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && rows[i].name_len == rows[i + 1].name_len &&
            slice_eq(name_of(m, &rows[i]), name_of(m, &rows[i + 1])))
            continue;
        json_write_raw(out, slice_from(old.ptr + (rows[i].at - start), rows[i].len));
    }
    buf_free(&old);
}

static void add_member(struct members *m, struct slice name, struct member row)
{
    struct member *rows = rows_of(m);
    size_t count = m->rows.len / sizeof *rows;
    row.name_at = m->names.len;
    row.name_len = name.len;
    buf_append(&m->names, name);
    if (count) {
        struct slice last = name_of(m, &rows[count - 1]);
        m->sorted = m->sorted && slice_cmp(last, name) < 0;
    }
    buf_append(&m->rows, slice_from(&row, sizeof row));
}

static void write_object(struct buf *out, struct json_reader *r)
{
    AUTO(buf) struct buf room = {0};
    struct members m = {.sorted = true};
    struct slice name;
    json_begin_object(r, SLICE(""));
    json_write_open(out, '{');
    size_t start = out->len;
    while (json_next_key(r, &name, &room)) {
        size_t before = out->len;
        json_write_key(out, name);
        size_t at = before + (before > start); /* past the comma */
        size_t row = m.rows.len;
        add_member(&m, name, (struct member){.at = at});
        json_write_sorted(out, r);
        ((struct member *)(void *)(m.rows.ptr + row))->len = out->len - at;
    }
    if (!m.sorted && !r->fault)
        reorder(&m, out, start);
    json_write_close(out, '}');
    buf_free(&m.names);
    buf_free(&m.rows);
}

void json_write_sorted(struct buf *out, struct json_reader *r)
{
    AUTO(buf) struct buf room = {0};
    switch (json_peek(r)) {
    case JSON_KIND_OBJECT:
        write_object(out, r);
        break;
    case JSON_KIND_ARRAY:
        json_begin_array(r, SLICE(""));
        json_write_open(out, '[');
        while (json_next_item(r))
            json_write_sorted(out, r);
        json_write_close(out, ']');
        break;
    case JSON_KIND_STRING:
        json_write_string(out, json_read_string(r, &room));
        break;
    default:
        json_write_raw(out, json_read_raw(r));
    }
}
