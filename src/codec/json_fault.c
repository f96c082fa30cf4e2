/* Sentences of faults, as serde_json writes them. */
#include "codec/json.h"

static const struct slice sentences[] = {
    [JSON_FINE] = {0},
    [JSON_EOF_LIST] = SLICE("EOF while parsing a list"),
    [JSON_EOF_OBJECT] = SLICE("EOF while parsing an object"),
    [JSON_EOF_STRING] = SLICE("EOF while parsing a string"),
    [JSON_EOF_VALUE] = SLICE("EOF while parsing a value"),
    [JSON_EXPECTED_COLON] = SLICE("expected `:`"),
    [JSON_EXPECTED_LIST_END] = SLICE("expected `,` or `]`"),
    [JSON_EXPECTED_OBJECT_END] = SLICE("expected `,` or `}`"),
    [JSON_EXPECTED_IDENT] = SLICE("expected ident"),
    [JSON_EXPECTED_VALUE] = SLICE("expected value"),
    [JSON_BAD_ESCAPE] = SLICE("invalid escape"),
    [JSON_BAD_NUMBER] = SLICE("invalid number"),
    [JSON_BAD_CODE_POINT] = SLICE("invalid unicode code point"),
    [JSON_CONTROL_CHARACTER] = SLICE("control character (\\u0000-\\u001F) found while parsing a string"),
    [JSON_KEY_NOT_STRING] = SLICE("key must be a string"),
    [JSON_LONE_SURROGATE] = SLICE("lone leading surrogate in hex escape"),
    [JSON_TRAILING_COMMA] = SLICE("trailing comma"),
    [JSON_TRAILING_CHARACTERS] = SLICE("trailing characters"),
    [JSON_SHORT_HEX_ESCAPE] = SLICE("unexpected end of hex escape"),
    [JSON_TOO_DEEP] = SLICE("recursion limit exceeded"),
    [JSON_MISSING_FIELD] = SLICE("missing field `"),
    [JSON_DUPLICATE_FIELD] = SLICE("duplicate field `"),
    [JSON_INVALID_TYPE] = SLICE("invalid type: "),
    [JSON_INVALID_VALUE] = SLICE("invalid value: "),
    [JSON_CUSTOM] = {0},
};

static void append_found(struct slice found, struct buf *out)
{
    struct slice before = {0};
    bool whole = true;
    for (size_t i = 0; i < found.len; i++)
        whole = whole && found.ptr[i] != '.' && (found.ptr[i] | 0x20) != 'e';
    switch (found.len ? found.ptr[0] : 0) {
    case '[':
        buf_append_str(out, "sequence");
        return;
    case '{':
        buf_append_str(out, "map");
        return;
    case '"':
        buf_append_str(out, "string ");
        buf_append(out, found);
        return;
    case 'n':
        buf_append(out, found);
        return;
    case 't':
    case 'f':
        before = SLICE("boolean `");
        break;
    default:
        before = whole && found.len <= 20 ? SLICE("integer `") : SLICE("floating point `");
    }
    buf_append(out, before);
    buf_append(out, found);
    buf_append_byte(out, '`');
}

static void append_place(const struct json_reader *r, struct buf *out)
{
    uint64_t line = 1, column = 0;
    for (size_t i = 0; i < r->fault_at; i++) {
        column++;
        if (r->text.ptr[i] == '\n') {
            line++;
            column = 0;
        }
    }
    buf_append_str(out, " at line ");
    json_digits(out, line);
    buf_append_str(out, " column ");
    json_digits(out, column);
}

void json_write_fault(const struct json_reader *r, struct buf *out)
{
    buf_append(out, sentences[r->fault]);
    switch (r->fault) {
    case JSON_MISSING_FIELD:
    case JSON_DUPLICATE_FIELD:
        buf_append(out, r->fault_expected);
        buf_append_byte(out, '`');
        break;
    case JSON_INVALID_TYPE:
    case JSON_INVALID_VALUE:
        append_found(r->fault_found, out);
        buf_append_str(out, ", expected ");
        buf_append(out, r->fault_expected);
        break;
    case JSON_CUSTOM:
        buf_append(out, r->fault_expected);
        break;
    default:
        break;
    }
    append_place(r, out);
}
