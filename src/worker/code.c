#include "worker/code.h"
#include "base/clock.h"
#include "net/egress.h"

enum { DOWNLOAD_TIMEOUT_MS = 30 * 1000 };

struct err *code_source_read(const json_t *source, struct code_source *out)
{
    struct slice type, hash;
    TRY(json_doc_str(source, "type", &type));
    if (slice_eq_str(type, "GitHub"))
        return err_new(ERR_INVALID, "this worker compiles no source; publish the program and use WasmUrl with its SHA-256");
    if (!slice_eq_str(type, "WasmUrl"))
        return err_new(ERR_INVALID, "code source `%.*s` is neither WasmUrl nor GitHub", SLICE_FMT(slice_first(type, 40)));
    out->build_target = SLICE("wasm32-wasip1");
    TRY(json_doc_str(source, "url", &out->url));
    TRY(json_doc_str(source, "hash", &hash));
    TRY(json_doc_str_opt(source, "build_target", &out->build_target));
    out->target_declared = json_is_string(json_object_get(source, "build_target"));
    if (!hash_parse_hex(hash, &out->hash))
        return err_new(ERR_INVALID, "code hash `%.*s` is not 64 hexadecimal digits", SLICE_FMT(slice_first(hash, 80)));
    return NULL;
}

struct err *code_check_target(const struct code_source *source, bool is_component)
{
    bool module = slice_eq_str(source->build_target, "wasm32-wasip1") || slice_eq_str(source->build_target, "wasm32-wasi");
    bool component = slice_eq_str(source->build_target, "wasm32-wasip2");
    if (!source->target_declared || (!module && !component) || component == is_component)
        return NULL;
    return is_component ? err_new(ERR_INVALID,
                                  "Not a valid WASI Preview 1 module: build_target is %.*s, but the program is a component "
                                  "(wasm32-wasip2)",
                                  SLICE_FMT(source->build_target))
                        : err_new(ERR_INVALID,
                                  "Not a valid WASI Preview 2 component: build_target is %.*s, but the program is a "
                                  "module (wasm32-wasip1)",
                                  SLICE_FMT(source->build_target));
}

/* Where to connect to for a public address, which was judged. */
static struct err *find_address(const struct url *url, char address[NET_ADDRESS_TEXT_MAX])
{
    const struct egress_policy policy = {.reach = EGRESS_PUBLIC};
    struct egress_route route;
    uint64_t deadline_ns = clock_monotonic_ns(&clock_system) + DOWNLOAD_TIMEOUT_MS * NS_PER_MS;
    TRY(egress_judge(&policy, url, deadline_ns, &route));
    net_address_text(&route.addresses[0], address);
    return NULL;
}

static struct err *mismatch(const struct code_source *source, const struct hash *actual)
{
    char expected_hex[HASH_HEX_MAX], actual_hex[HASH_HEX_MAX];
    return err_new(ERR_CONFLICT, "Hash mismatch!\n  Expected: %s\n  Actual:   %s\n  URL: %.*s",
                   hash_hex(&source->hash, expected_hex), hash_hex(actual, actual_hex), SLICE_FMT(source->url));
}

static struct err *fetch(struct http_client *http, const struct code_source *source, const struct url *url, const char *address,
                         struct buf *out)
{
    AUTO(http_answer) struct http_answer answer = {0};
    AUTO(buf) struct buf text = {0};
    url_append(url, &text);
    const struct http_call get = {.method = "GET",
                                  .url = buf_str(&text),
                                  .address = address,
                                  .max_answer_len = CODE_DOWNLOAD_MAX,
                                  .timeout_ms = DOWNLOAD_TIMEOUT_MS};
    struct err *e = http_client_call(http, &get, &answer);
    if (e && err_code(e) == ERR_LIMIT) {
        err_free(e);
        return err_new(ERR_INVALID, "File too large: over 10 MB (max 10 MB)");
    }
    TRY(e);
    if (answer.status < 200 || answer.status > 299)
        return err_new(ERR_INVALID, "HTTP error: %d - %.*s", answer.status, SLICE_FMT(source->url));
    struct hash actual = hash_sha256(buf_slice(&answer.body));
    if (!hash_eq(&actual, &source->hash))
        return mismatch(source, &actual);
    buf_append(out, buf_slice(&answer.body));
    return NULL;
}

struct err *code_download(struct http_client *http, const struct code_source *source, bool allow_local, struct buf *out)
{
    struct url url;
    char address[NET_ADDRESS_TEXT_MAX];
    TRY_DOING(url_parse(source->url, &url), "`%.*s`", SLICE_FMT(json_doc_cut_utf8(source->url, 200)));
    if (!url.https && !allow_local)
        return err_new(ERR_INVALID, "`%.*s` is not an https address", SLICE_FMT(json_doc_cut_utf8(source->url, 200)));
    if (!allow_local)
        TRY_DOING(find_address(&url, address), "`%s`", url.host);
    return fetch(http, source, &url, allow_local ? NULL : address, out);
}

struct err *code_get(struct coordinator_client *coordinator, struct http_client *http, const struct code_source *source,
                     bool allow_local, struct buf *out)
{
    struct err *e = coordinator_get_wasm(coordinator, &source->hash, CODE_STORED_MAX, out);
    if (!e) {
        struct hash actual = hash_sha256(buf_slice(out));
        if (hash_eq(&actual, &source->hash))
            return NULL;
        buf_clear(out); /* a broken store; the address may still give the right bytes */
        e = err_new(ERR_INVALID, "the coordinator's copy has another hash");
    }
    struct err *second = code_download(http, source, allow_local, out);
    if (second)
        second = err_doing(second, "%s", err_code(e) == ERR_NOT_FOUND ? "not in the coordinator's store" : err_text(e));
    err_free(e);
    return second;
}
