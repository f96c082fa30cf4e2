#include "engine/text.h"

/* The length of the UTF-8 character at the start (RFC 3629: no surrogates, no overlong forms), 0 when there is none. */
static size_t utf8_len(struct slice s)
{
    static const struct {
        uint8_t first_min, first_max, second_min, second_max, len;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (s.ptr[0] < forms[i].first_min || s.ptr[0] > forms[i].first_max)
            continue;
        size_t len = forms[i].len;
        if (s.len < len || (len > 1 && (s.ptr[1] < forms[i].second_min || s.ptr[1] > forms[i].second_max)))
            return 0;
        for (size_t at = 2; at < len; at++)
            if ((s.ptr[at] & 0xc0) != 0x80)
                return 0;
        return len;
    }
    return 0;
}

bool text_append_clean(struct buf *out, struct slice text, size_t max_len, enum text_lines lines)
{
    size_t start = out->len;
    while (text.len) {
        size_t len = utf8_len(text);
        uint8_t first = len ? text.ptr[0] : '?';
        bool kept = lines == TEXT_KEEP_LINES && (first == '\n' || first == '\t');
        bool control = first < ' ' || first == 0x7f || (len == 2 && first == 0xc2 && text.ptr[1] < 0xa0); /* U+0080 to U+009F */
        bool blank = (first == ' ' || control) && !kept;
        if (out->len - start + (len ? len : 1) > max_len)
            return false;
        if (blank) {
            if (lines == TEXT_KEEP_LINES || (out->len > start && out->ptr[out->len - 1] != ' '))
                buf_append_byte(out, ' ');
        } else if (len > 1) {
            buf_append(out, slice_first(text, len));
        } else {
            buf_append_byte(out, first);
        }
        text = slice_skip(text, len ? len : 1);
    }
    return true;
}

bool text_is_utf8(struct slice text)
{
    while (text.len) {
        size_t len = text.ptr[0] < 0x80 ? 1 : utf8_len(text);
        if (!len)
            return false;
        text = slice_skip(text, len);
    }
    return true;
}
