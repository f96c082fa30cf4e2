#include "worker/code.h"
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

enum { DOWNLOAD_TIMEOUT_MS = 30 * 1000, URL_MAX = 2048 };

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
    if (!hash_parse_hex(hash, &out->hash))
        return err_new(ERR_INVALID, "code hash `%.*s` is not 64 hexadecimal digits", SLICE_FMT(slice_first(hash, 80)));
    return NULL;
}

struct range {
    uint8_t address[16];
    unsigned bits;
};

static bool in_range(const uint8_t *address, const struct range *r)
{
    unsigned whole = r->bits / 8, rest = r->bits % 8;
    if (memcmp(address, r->address, whole))
        return false;
    uint8_t mask = (uint8_t)(0xff00 >> rest);
    return !rest || ((address[whole] ^ r->address[whole]) & mask) == 0;
}

static const struct range special_v4[] = {
    {{0}, 8},
    {{10}, 8},
    {{100, 64}, 10},
    {{127}, 8},
    {{169, 254}, 16},
    {{172, 16}, 12},
    {{192, 0, 0}, 24},
    {{192, 0, 2}, 24},
    {{192, 88, 99}, 24},
    {{192, 168}, 16},
    {{198, 18}, 15},
    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24},
    {{224}, 4},
    {{240}, 4},
};

static bool v4_is_special(const uint8_t *address)
{
    for (size_t i = 0; i < sizeof special_v4 / sizeof *special_v4; i++) {
        if (in_range(address, &special_v4[i]))
            return true;
    }
    return false;
}

bool code_address_is_special(int family, const uint8_t *address)
{
    static const struct range global_v6 = {{0x20}, 3}, mapped = {{[10] = 0xff, [11] = 0xff}, 96};
    static const struct range doc_v6 = {{0x20, 0x01, 0x0d, 0xb8}, 32}, ietf = {{0x20, 0x01, 0x00}, 23};
    static const struct range six_to_four = {{0x20, 0x02}, 16};
    if (family == AF_INET)
        return v4_is_special(address);
    if (family != AF_INET6)
        return true;
    if (in_range(address, &mapped))
        return v4_is_special(address + 12);
    if (in_range(address, &six_to_four))
        return v4_is_special(address + 2);
    return !in_range(address, &global_v6) || in_range(address, &doc_v6) || in_range(address, &ietf);
}

/* The host of an http or https address, without user, port and brackets. False for anything else. */
static bool host_of(struct slice url, bool allow_http, char out[256])
{
    bool https = slice_starts_with(url, SLICE("https://"));
    if (!https && !(allow_http && slice_starts_with(url, SLICE("http://"))))
        return false;
    struct slice rest = slice_skip(url, https ? 8 : 7);
    size_t len = 0;
    while (len < rest.len && !strchr("/?#", rest.ptr[len]))
        len++;
    struct slice host = slice_first(rest, len), tail;
    if (memchr(host.ptr, '@', host.len) || memchr(url.ptr, 0, url.len))
        return false;
    if (host.len && host.ptr[0] == '[') {
        tail = slice_cut(slice_skip(host, 1), ']', &host);
        if (!tail.ptr)
            return false;
    } else {
        slice_cut(host, ':', &host);
    }
    if (!host.len || host.len > 255)
        return false;
    memcpy(out, host.ptr, host.len);
    out[host.len] = '\0';
    return true;
}

/* One of the name's addresses, as a number. Refuses a name when any of them is special. */
static struct err *resolve(const char *host, char address[NI_MAXHOST])
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int fault = getaddrinfo(host, NULL, &hints, &found);
    if (fault || !found)
        return err_new(ERR_UNAVAILABLE, "cannot resolve `%s`: %s", host, gai_strerror(fault));
    bool special = false;
    for (const struct addrinfo *a = found; a; a = a->ai_next) {
        const uint8_t *bytes = a->ai_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)a->ai_addr)->sin6_addr.s6_addr
                                                        : (uint8_t *)&((struct sockaddr_in *)(void *)a->ai_addr)->sin_addr;
        special |= code_address_is_special(a->ai_family, bytes);
    }
    fault = getnameinfo(found->ai_addr, found->ai_addrlen, address, NI_MAXHOST, NULL, 0, NI_NUMERICHOST);
    freeaddrinfo(found);
    if (fault)
        return err_new(ERR_UNAVAILABLE, "cannot resolve `%s`: %s", host, gai_strerror(fault));
    return special ? err_new(ERR_DENIED, "`%s` is a private or special address, from which programs are not fetched", host)
                   : NULL;
}

static struct err *mismatch(const struct code_source *source, const struct hash *actual)
{
    char expected_hex[HASH_HEX_MAX], actual_hex[HASH_HEX_MAX];
    return err_new(ERR_CONFLICT, "Hash mismatch!\n  Expected: %s\n  Actual:   %s\n  URL: %.*s",
                   hash_hex(&source->hash, expected_hex), hash_hex(actual, actual_hex), SLICE_FMT(source->url));
}

static struct err *fetch(struct http_client *http, const struct code_source *source, const char *address, struct buf *out)
{
    AUTO(http_answer) struct http_answer answer = {0};
    AUTO(buf) struct buf url = {0};
    buf_append(&url, source->url);
    const struct http_call get = {.method = "GET",
                                  .url = buf_str(&url),
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
    char host[256], address[NI_MAXHOST];
    if (source->url.len > URL_MAX || !host_of(source->url, allow_local, host))
        return err_new(ERR_INVALID, "`%.*s` is not an https address of at most %d bytes",
                       SLICE_FMT(json_doc_cut_utf8(source->url, 200)), URL_MAX);
    if (!allow_local)
        TRY(resolve(host, address));
    return fetch(http, source, allow_local ? NULL : address, out);
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
