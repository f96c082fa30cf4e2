#include "cli/quote_files.h"
#include "base/fs.h"
#include "codec/hex.h"
#include "dcap/verify.h"
#include <ctype.h>

enum { QUOTE_FILE_MAX = 1 << 20, COLLATERAL_FILE_MAX = 4 << 20, ROOT_FILE_MAX = 16384 };

struct err *quote_file_read(const char *path, struct buf *out)
{
    AUTO(buf) struct buf bytes = {0};
    TRY(fs_read(path, QUOTE_FILE_MAX, out));
    struct slice text = buf_slice(out);
    while (text.len && isspace(text.ptr[text.len - 1]))
        text.len--;
    if (text.len && hex_decode_append(text, &bytes, NULL)) {
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
