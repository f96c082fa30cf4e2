#include "cli/quote_files.h"
#include "base/fs.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "dcap/verify.h"
#include <ctype.h>

enum { QUOTE_FILE_MAX = 1 << 20, COLLATERAL_FILE_MAX = 4 << 20, ROOT_FILE_MAX = 16384 };

/* The bytes that a text of hex or base64 says, whose lines may be broken anywhere; false for any other file. */
static bool decode_text(struct slice file, struct buf *bytes)
{
    AUTO(buf) struct buf text = {0};
    for (size_t i = 0; i < file.len; i++) {
        if (!isspace(file.ptr[i]))
            buf_append_byte(&text, file.ptr[i]);
    }
    return text.len && (hex_decode_append(buf_slice(&text), bytes, NULL) || base64_decode(buf_slice(&text), bytes, NULL));
}

struct err *quote_file_read(const char *path, struct buf *out)
{
    AUTO(buf) struct buf bytes = {0};
    TRY(fs_read(path, QUOTE_FILE_MAX, out));
    if (decode_text(buf_slice(out), &bytes)) {
        buf_clear(out);
        buf_append(out, buf_slice(&bytes));
    }
    return NULL;
}

struct err *collateral_file_read(const char *path, struct buf *out)
{
    return fs_read(path, COLLATERAL_FILE_MAX, out);
}

struct err *root_file_read(const char *path, struct buf *memory, struct slice *out)
{
    *out = dcap_intel_root;
    if (!path)
        return NULL;
    TRY(fs_read(path, ROOT_FILE_MAX, memory));
    *out = buf_slice(memory);
    return NULL;
}
