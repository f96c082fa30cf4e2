/* Any bytes as a request target: a path that matches has its segments, and decoding never grows. */
#include "net/http_target.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const patterns[] = {"/", "/v0/block/{height}", "/call/{owner}/{project}"};
    AUTO(arena) struct arena a = {0};
    struct slice path, query = slice_cut(slice_from(data, len), '?', &path);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        bool matches = http_path_matches(patterns[i], path);
        if (matches && i == 1 && http_path_segment(patterns[i], path, "height").len == 0)
            abort();
    }
    if (http_escapes_valid(path) && http_unescape(&a, path, false).len > path.len)
        abort();
    if (query.ptr && http_escapes_valid(query) && http_query_value(&a, query, "wait").len > query.len)
        abort();
    return 0;
}
