#include "coordinator/multipart.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { BOUNDARY_MAX = 70 };

static size_t find(struct slice in, struct slice what)
{
    const uint8_t *at = in.len ? memmem(in.ptr, in.len, what.ptr, what.len) : NULL;
    return at ? (size_t)(at - in.ptr) : SIZE_MAX;
}

static bool starts_with_nocase(struct slice s, struct slice head)
{
    return s.len >= head.len && strncasecmp((const char *)s.ptr, (const char *)head.ptr, head.len) == 0;
}

/* The value of `name=` in a header's parameters, with or without quotes; a NULL pointer when it is missing. */
static struct slice parameter(struct slice header, struct slice name)
{
    struct slice part;
    while (header.len) {
        header = slice_cut(header, ';', &part);
        while (part.len && part.ptr[0] == ' ')
            part = slice_skip(part, 1);
        if (!starts_with_nocase(part, name) || part.len == name.len || part.ptr[name.len] != '=')
            continue;
        part = slice_skip(part, name.len + 1);
        if (part.len >= 2 && part.ptr[0] == '"' && part.ptr[part.len - 1] == '"')
            part = slice_from(part.ptr + 1, part.len - 2);
        return part;
    }
    return (struct slice){0};
}

/* The name that the Content-Disposition line among these header lines gives. */
static struct slice part_name(struct slice header)
{
    struct slice line;
    while (header.len) {
        header = slice_cut(header, '\n', &line);
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (starts_with_nocase(line, SLICE("content-disposition:")))
            return parameter(line, SLICE("name"));
    }
    return (struct slice){0};
}

static struct err *add_part(struct slice part, struct multipart *out)
{
    size_t header_end = find(part, SLICE("\r\n\r\n"));
    if (header_end == SIZE_MAX)
        return err_new(ERR_INVALID, "part %zu of the form has no end of its header", out->count + 1);
    struct multipart_part found = {part_name(slice_first(part, header_end)), slice_skip(part, header_end + 4)};
    if (!found.name.len)
        return err_new(ERR_INVALID, "part %zu of the form has no name", out->count + 1);
    if (out->count == MULTIPART_PARTS_MAX)
        return err_new(ERR_INVALID, "the form has more than %d parts", MULTIPART_PARTS_MAX);
    out->parts[out->count++] = found;
    return NULL;
}

struct err *multipart_parse(struct slice content_type, struct slice body, struct multipart *out)
{
    char text[BOUNDARY_MAX + 8];
    *out = (struct multipart){0};
    if (!starts_with_nocase(content_type, SLICE("multipart/form-data")))
        return err_new(ERR_INVALID, "expected content-type multipart/form-data");
    struct slice boundary = parameter(content_type, SLICE("boundary"));
    if (boundary.len == 0 || boundary.len > BOUNDARY_MAX)
        return err_new(ERR_INVALID, "the form's boundary has %zu characters, expected 1 to %d", boundary.len, BOUNDARY_MAX);
    struct slice delimiter = slice_from(text, (size_t)snprintf(text, sizeof text, "\r\n--%.*s", SLICE_FMT(boundary)));
    struct slice opening = slice_skip(delimiter, 2); /* the first one may stand at the very start */
    if (!slice_starts_with(body, opening))
        return err_new(ERR_INVALID, "the form does not start with its boundary");
    body = slice_skip(body, opening.len);
    while (!slice_starts_with(body, SLICE("--"))) {
        size_t end = find(body, delimiter);
        if (!slice_starts_with(body, SLICE("\r\n")) || end == SIZE_MAX)
            return err_new(ERR_INVALID, "part %zu of the form does not end with the boundary", out->count + 1);
        TRY(add_part(slice_first(body, end), out));
        body = slice_skip(body, end + delimiter.len);
    }
    return NULL;
}

struct slice multipart_value(const struct multipart *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++) {
        if (slice_eq_str(m->parts[i].name, name))
            return m->parts[i].value;
    }
    return (struct slice){0};
}
