/* Sentences of faults, as serde_json writes them. */
#include "base/sentence.h"
#include "codec/json.h"

#define X(name, text) text "\0"
SENTENCES(sentences, JSON_FAULTS(X));
#undef X

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
    sentence_append(out, sentences, r->fault);
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
