/* The dstack guest agent: POST /GetQuote {"report_data":"<128 hex>"} → {"quote":"<hex>", …} over HTTP on a Unix socket. */
#include "base/fs.h"
#include "base/mem.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "net/http_client.h"
#include "tee/quote_source/internal.h"
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 4 << 20 };

struct dstack {
    struct quote_source head;
    struct http_client *client;
    char *endpoint;
};

static const char *const known_sockets[] = {"/var/run/dstack.sock", "/run/dstack.sock", "/var/run/dstack/dstack.sock",
                                            "/run/dstack/dstack.sock"};

static struct err *parse_answer(struct slice body, struct buf *out)
{
    AUTO(json) json_t *doc = NULL;
    struct slice text;
    TRY(json_doc_parse(body, &doc));
    TRY(json_doc_str(doc, "quote", &text));
    if (slice_starts_with(text, SLICE("0x")))
        text = slice_skip(text, 2);
    if (text.len > 2 * (size_t)QUOTE_LEN_MAX || !hex_decode_append(text, out, NULL))
        return err_new(ERR_INVALID, "`quote` is not hex of at most %d bytes", QUOTE_LEN_MAX);
    return NULL;
}

static struct err *dstack_quote(struct quote_source *s, const uint8_t report_data[REPORT_DATA_LEN], struct buf *out)
{
    const struct dstack *d = (const struct dstack *)s;
    bool over_http = d->endpoint[0] != '/';
    AUTO(buf) struct buf url = {0};
    AUTO(buf) struct buf body = {0};
    AUTO(http_answer) struct http_answer answer = {0};
    buf_append_fmt(&url, "%s/GetQuote", over_http ? d->endpoint : "http://dstack");
    buf_append_str(&body, "{\"report_data\":\"");
    hex_append(&body, slice_from(report_data, REPORT_DATA_LEN));
    buf_append_str(&body, "\"}");
    struct http_call call = {.method = "POST",
                             .url = buf_str(&url),
                             .body = buf_slice(&body),
                             .max_answer_len = ANSWER_MAX,
                             .timeout_ms = s->timeout_ms,
                             .unix_socket = over_http ? NULL : d->endpoint};
    TRY(http_client_call(d->client, &call, &answer));
    TRY(http_expect(&answer, "GetQuote"));
    return parse_answer(buf_slice(&answer.body), out);
}

static void dstack_free(struct quote_source *s)
{
    struct dstack *d = (struct dstack *)s;
    http_client_free(d->client);
    mem_free(d->endpoint);
    mem_free(d);
}

static const char *find_socket(void)
{
    const char *named = getenv("DSTACK_SIMULATOR_ENDPOINT");
    if (named && *named)
        return named;
    for (size_t i = 0; i < sizeof known_sockets / sizeof *known_sockets; i++) {
        if (fs_exists(known_sockets[i]))
            return known_sockets[i];
    }
    return NULL;
}

struct err *quote_source_dstack(const char *endpoint, struct quote_source **out)
{
    if (!endpoint)
        endpoint = find_socket();
    if (!endpoint)
        return err_new(ERR_NOT_FOUND, "this machine has no source of quotes: no /dev/tdx_guest with /etc/tdx-attest.conf, no "
                                      "/sys/kernel/config/tsm/report, no dstack socket in /var/run or /run");
    struct http_client *client = NULL;
    TRY(http_client_new(&client));
    struct dstack *d = mem_calloc(1, sizeof *d);
    d->head = (struct quote_source){"dstack", dstack_quote, dstack_free, QUOTE_TIMEOUT_MS};
    d->client = client;
    d->endpoint = mem_copy_str(endpoint, strlen(endpoint));
    while (d->endpoint[0] && d->endpoint[strlen(d->endpoint) - 1] == '/')
        d->endpoint[strlen(d->endpoint) - 1] = 0;
    *out = &d->head;
    return NULL;
}
