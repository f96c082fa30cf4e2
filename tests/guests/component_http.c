/* A component that asks the outside through the raw interfaces wasi:http, near:* and outlayer:*, one word and what goes with it a line. */
#include "wasi2.h"

static uint8_t heap[1 << 20];
static size_t heap_used;

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_len, size_t align, size_t len);
void *cabi_realloc(void *old, size_t old_len, size_t align, size_t len)
{
    (void)old, (void)old_len;
    heap_used = (heap_used + align - 1) / align * align;
    if (len > sizeof heap - heap_used)
        __builtin_trap();
    void *at = heap + heap_used;
    heap_used += len;
    return at;
}

/* --- the interfaces, as the canonical ABI lays them out ------------------------------------------------------------------------- */

#define NEAR(interface, name) __attribute__((import_module(interface "/api@0.1.0"), import_name(name)))

struct text {
    const char *ptr;
    size_t len;
};

struct own_result { /* result<own<…>> and result<own<…>, header-error> */
    uint8_t is_error;
    union {
        handle it;
        uint8_t error;
    };
};

struct error_code {
    uint8_t code;
    union {
        struct {
            uint8_t some;
            struct text text;
        } internal;
        uint64_t room[3];
    };
};

struct code_own_result { /* result<own<…>, error-code>, result<_, error-code> */
    uint8_t is_error;
    union {
        handle it;
        struct error_code error;
    };
};

struct future_result { /* option<result<result<…, error-code>>> */
    uint64_t some, taken;
    struct {
        uint8_t is_error;
        union {
            handle it;
            struct {
                uint8_t some;
                handle it;
            } trailers;
            struct error_code error;
        };
    } r;
};

_Static_assert(sizeof(struct error_code) == 32 && sizeof(struct code_own_result) == 40 && sizeof(struct future_result) == 56,
               "the canonical ABI's sizes");

#define TYPES(name) WASI("http/types", name)

TYPES("[constructor]fields") handle fields_new(void);
TYPES("[static]fields.from-list") void fields_from_list(const struct text (*pairs)[2], size_t count, struct own_result *out);
TYPES("[method]fields.append") void fields_append(handle f, const char *, size_t, const char *, size_t, uint8_t out[2]);
TYPES("[method]fields.set") void fields_set(handle f, const char *, size_t, const struct text *, size_t, uint8_t out[2]);
TYPES("[method]fields.get") void fields_get(handle f, const char *, size_t, struct list *out);
TYPES("[method]fields.has") int32_t fields_has(handle f, const char *, size_t);
TYPES("[method]fields.delete") void fields_delete(handle f, const char *, size_t, uint8_t out[2]);
TYPES("[method]fields.entries") void fields_entries(handle f, struct list *out);
TYPES("[method]fields.clone") handle fields_clone(handle f);
TYPES("[constructor]outgoing-request") handle request_new(handle fields);
TYPES("[method]outgoing-request.set-method") int32_t request_set_method(handle r, int32_t method, const char *, size_t);
TYPES("[method]outgoing-request.set-scheme") int32_t request_set_scheme(handle r, int32_t some, int32_t, const char *, size_t);
TYPES("[method]outgoing-request.set-authority") int32_t request_set_authority(handle r, int32_t some, const char *, size_t);
TYPES("[method]outgoing-request.set-path-with-query") int32_t request_set_path(handle r, int32_t some, const char *, size_t);
TYPES("[method]outgoing-request.headers") handle request_headers(handle r);
TYPES("[method]outgoing-request.body") void request_body(handle r, struct own_result *out);
TYPES("[method]outgoing-body.write") void body_write(handle b, struct own_result *out);
TYPES("[static]outgoing-body.finish")
void body_finish(handle b, int32_t some, handle trailers, struct code_own_result *out);
TYPES("[constructor]request-options") handle options_new(void);
TYPES("[method]request-options.set-first-byte-timeout") int32_t options_set_first_byte(handle o, int32_t some, uint64_t ns);
TYPES("[method]future-incoming-response.subscribe") handle future_subscribe(handle f);
TYPES("[method]future-incoming-response.get") void future_get(handle f, struct future_result *out);
TYPES("[method]incoming-response.status") int32_t response_status(handle r);
TYPES("[method]incoming-response.headers") handle response_headers(handle r);
TYPES("[method]incoming-response.consume") void response_consume(handle r, struct own_result *out);
TYPES("[method]incoming-body.stream") void incoming_stream(handle b, struct own_result *out);
TYPES("[static]incoming-body.finish") handle incoming_finish(handle b);
TYPES("[method]future-trailers.get") void trailers_get(handle t, struct future_result *out);
TYPES("http-error-code") void http_error_code(handle error, uint64_t out[5]);
WASI("http/outgoing-handler", "handle")
void handle_request(handle request, int32_t some, handle options, struct code_own_result *out);

NEAR("near:rpc", "view")
void rpc_view(const char *, size_t, const char *, size_t, const char *, size_t, const char *, size_t, struct text out[2]);
NEAR("near:rpc", "call")
void rpc_call(const char *, size_t, const char *, size_t, const char *, size_t, const char *, size_t, const char *, size_t,
              const char *, size_t, const char *, size_t, const char *, size_t, struct text out[2]);
NEAR("near:rpc", "transfer")
void rpc_transfer(const char *, size_t, const char *, size_t, const char *, size_t, const char *, size_t, const char *, size_t,
                  struct text out[2]);
NEAR("near:vrf", "generate") void vrf_generate(const char *, size_t, struct text out[4]);
NEAR("near:storage", "set") void storage_set(const char *, size_t, const char *, size_t, struct text *out);
NEAR("near:storage", "set-worker")
void storage_set_worker(const char *, size_t, const char *, size_t, int32_t some, int32_t, struct text *out);
NEAR("near:storage", "get-worker")
void storage_get_worker(const char *, size_t, int32_t some, const char *, size_t, struct text out[2]);
NEAR("near:storage", "has") int32_t storage_has(const char *, size_t);
NEAR("near:storage", "increment") void storage_increment(const char *, size_t, int64_t, uint64_t out[2]);
NEAR("near:payment", "refund-usd") void refund_usd(uint64_t, struct text *out);
NEAR("outlayer:wallet", "get-id") void wallet_get_id(struct text out[2]);

/* --- saying things ------------------------------------------------------------------------------------------------------------------ */

static handle out;

static size_t length(const char *text)
{
    size_t len = 0;
    while (text[len])
        len++;
    return len;
}

static void put(const char *text, size_t len)
{
    struct bytes_result r;
    while (len) {
        size_t part = len < 4096 ? len : 4096;
        output_blocking_write(out, text, part, &r);
        text += part;
        len -= part;
    }
}

static void say(const char *text)
{
    put(text, length(text));
}

static void say_number(uint64_t n)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + n % 10);
    while (n /= 10);
    put(digits + at, sizeof digits - at);
    say(" ");
}

static void say_error(const struct error_code *e)
{
    say("error ");
    say_number(e->code);
    if (e->code == 38 && e->internal.some)
        put(e->internal.text.ptr, e->internal.text.len);
}

/* --- requests ------------------------------------------------------------------------------------------------------------------------- */

static bool starts(const char *text, const char *with)
{
    while (*with && *text == *with)
        text++, with++;
    return !*with;
}

/* A request of "http://AUTHORITY/PATH". */
static handle request_of(const char *url, handle fields)
{
    handle r = request_new(fields);
    bool https = starts(url, "https://");
    url += https ? 8 : 7;
    size_t authority = 0;
    while (url[authority] && url[authority] != '/')
        authority++;
    if (request_set_scheme(r, 1, https, NULL, 0) || request_set_authority(r, 1, url, authority) ||
        request_set_path(r, 1, url + authority, length(url + authority)))
        say("not a URL ");
    return r;
}

/* Waits for the answer; -1: it failed and that was said. */
static handle answer_of(handle future)
{
    struct future_result f;
    future_get(future, &f);
    while (!(f.some & 0xff)) {
        handle p = future_subscribe(future);
        pollable_block(p);
        pollable_drop(p);
        future_get(future, &f);
    }
    if (f.r.is_error) {
        say_error(&f.r.error);
        return -1;
    }
    struct future_result again;
    future_get(future, &again);
    if (!(again.some & 0xff) || !(again.taken & 0xff))
        say("given twice ");
    return f.r.it;
}

static void say_answer(handle response)
{
    struct own_result body, stream;
    struct bytes_result r;
    struct list entries;
    say_number((uint64_t)response_status(response));
    fields_entries(response_headers(response), &entries);
    say_number(entries.len);
    response_consume(response, &body);
    struct own_result second;
    response_consume(response, &second);
    incoming_stream(body.it, &stream);
    if (!second.is_error || body.is_error || stream.is_error)
        say("a body twice ");
    for (input_blocking_read(stream.it, 1000, &r); !r.is_error; input_blocking_read(stream.it, 1000, &r)) {
        put(r.bytes.ptr, r.bytes.len);
        heap_used = 0;
    }
    if (!r.closed) {
        uint64_t code[5];
        http_error_code(r.error, code);
        say(" stream error ");
        say_number((code[0] & 0xff) ? code[1] & 0xff : 99);
    }
    input_drop(stream.it);
    struct future_result t;
    trailers_get(incoming_finish(body.it), &t);
    if (!t.r.is_error && t.r.trailers.some) {
        fields_entries(t.r.trailers.it, &entries);
        const struct text *pairs = entries.ptr;
        say(" trailer ");
        put(pairs[0].ptr, pairs[0].len);
        say("=");
        put(pairs[1].ptr, pairs[1].len);
    }
}

static void say_sent(const struct code_own_result *sent)
{
    if (sent->is_error) {
        say_error(&sent->error);
        return;
    }
    handle response = answer_of(sent->it);
    if (response >= 0)
        say_answer(response);
}

static void do_get(const char *url)
{
    struct code_own_result sent;
    handle_request(request_of(url, fields_new()), 0, 0, &sent);
    say_sent(&sent);
}

static void do_impatient(const char *url)
{
    struct code_own_result sent;
    handle options = options_new();
    options_set_first_byte(options, 1, 50000000);
    handle_request(request_of(url, fields_new()), 1, options, &sent);
    say_sent(&sent);
}

static void write_text(handle body, const char *text)
{
    struct own_result stream;
    struct bytes_result r;
    body_write(body, &stream);
    output_blocking_write(stream.it, text, 2, &r);
    output_blocking_write(stream.it, text + 2, length(text + 2), &r);
    if (r.is_error)
        say("write failed ");
    output_drop(stream.it);
}

static void say_finish(handle body)
{
    struct code_own_result finish;
    body_finish(body, 0, 0, &finish);
    if (finish.is_error)
        say_error(&finish.error);
}

static handle posting(const char *url, const char *length_text, handle *body)
{
    struct own_result b;
    uint8_t added[2] = {0, 0};
    handle fields = fields_new();
    if (length_text)
        fields_append(fields, "Content-Length", 14, length_text, length(length_text), added);
    handle r = request_of(url, fields);
    request_set_method(r, 2, NULL, 0);
    request_body(r, &b);
    *body = b.it;
    return r;
}

/* The body is written after the request is sent … */
static void do_post(const char *url)
{
    struct code_own_result sent;
    handle body, request = posting(url, NULL, &body);
    handle_request(request, 0, 0, &sent);
    write_text(body, "late body");
    say_finish(body);
    say_sent(&sent);
}

/* … or before. */
static void do_early(const char *url)
{
    struct code_own_result sent;
    handle body, request = posting(url, "10", &body);
    write_text(body, "early body");
    say_finish(body);
    handle_request(request, 0, 0, &sent);
    say_sent(&sent);
}

static void do_short(const char *url)
{
    struct code_own_result sent;
    handle body, request = posting(url, "100", &body);
    handle_request(request, 0, 0, &sent);
    write_text(body, "short");
    say_finish(body);
}

static void do_dropped(const char *url)
{
    struct code_own_result sent;
    handle body, request = posting(url, NULL, &body);
    TYPES("[resource-drop]outgoing-body") void body_drop(handle b);
    body_drop(body);
    handle_request(request, 0, 0, &sent);
    say_sent(&sent);
}

/* Two at a time: the second is there first. */
static void do_both(const char *url)
{
    struct code_own_result slow, quick;
    struct list ready;
    char hello[200];
    size_t len = 0;
    for (; url[len] && !starts(url + len, "/silence"); len++)
        hello[len] = url[len];
    for (size_t i = 0; i < 7; i++)
        hello[len++] = "/hello"[i];
    handle_request(request_of(url, fields_new()), 0, 0, &slow);
    handle_request(request_of(hello, fields_new()), 0, 0, &quick);
    handle all[] = {future_subscribe(slow.it), future_subscribe(quick.it), subscribe_duration(5000000000)};
    say_number((uint64_t)pollable_ready(all[0]));
    poll_list(all, 3, &ready);
    say_number(ready.len);
    say_number(*(uint32_t *)ready.ptr);
    handle timer[] = {all[0], subscribe_duration(20000000)};
    poll_list(timer, 2, &ready);
    say_number(*(uint32_t *)ready.ptr);
}

static void do_fields(const char *url)
{
    static const struct text pairs[][2] = {{{"X-One", 5}, {"1", 1}}, {{"x-one", 5}, {"2", 1}}, {{"Y", 1}, {"3", 1}}};
    static const struct text bad_name[][2] = {{{"a b", 3}, {"1", 1}}}, bad_value[][2] = {{{"a", 1}, {"1\n", 2}}},
                             host[][2] = {{{"Host", 4}, {"x", 1}}};
    static const struct text values[] = {{"4", 1}, {"5", 1}};
    struct own_result r;
    struct list list;
    uint8_t done[2];
    (void)url;
    fields_from_list(pairs, 3, &r);
    handle f = r.it, copy = fields_clone(f);
    fields_get(f, "X-ONE", 5, &list);
    say_number(list.len);
    fields_set(f, "x-one", 5, values, 2, done);
    fields_delete(f, "y", 1, done);
    fields_entries(f, &list);
    say_number(list.len);
    say_number((uint64_t)fields_has(f, "y", 1));
    say_number((uint64_t)fields_has(copy, "y", 1));
    const struct text *entries = list.ptr;
    put(entries[0].ptr, entries[0].len);
    say(" ");
    fields_from_list(bad_name, 1, &r);
    say_number((uint64_t)r.is_error * 10 + r.error);
    fields_from_list(bad_value, 1, &r);
    say_number((uint64_t)r.is_error * 10 + r.error);
    fields_from_list(host, 1, &r);
    say_number((uint64_t)r.is_error * 10 + r.error);
    fields_append(request_headers(request_new(f)), "z", 1, "1", 1, done);
    say_number((uint64_t)done[0] * 10 + done[1]);
}

static void do_near(const char *url)
{
    struct text two[2], one;
    uint64_t sum[2];
    (void)url;
    rpc_view("c.near", 6, "get", 3, "{}", 2, "final", 5, two);
    put(two[0].ptr, two[0].len);
    put(two[1].ptr, two[1].len);
    say("|");
    storage_set_worker("k", 1, "value", 5, 1, 0, &one);
    put(one.ptr, one.len);
    say("|");
    storage_set_worker("p", 1, "private", 7, 0, 0, &one);
    storage_get_worker("p", 1, 0, NULL, 0, two);
    put(two[0].ptr, two[0].len);
    say("|");
    storage_get_worker("k", 1, 1, "p0123456789abcdef", 17, two);
    put(two[0].ptr, two[0].len);
    say("|");
    say_number((uint64_t)storage_has("k", 1));
    storage_increment("n", 1, -5, sum);
    say_number((uint64_t)-(int64_t)sum[0]);
    refund_usd(7, &one);
    put(one.ptr, one.len);
    refund_usd(8, &one);
    put(one.ptr, one.len);
    wallet_get_id(two);
    say("|");
    put(two[1].ptr, two[1].len < 60 ? two[1].len : 60);
}

/* What is between the spaces of a line. */
static void split(const char *text, struct text *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        parts[i] = (struct text){text, 0};
        for (; *text && *text != ' '; text++)
            parts[i].len++;
        text += *text == ' ';
    }
}

static void say_result(const struct text *result, const struct text *error)
{
    say(error->len ? "error " : "ok ");
    put(error->len ? error->ptr : result->ptr, error->len ? error->len : result->len);
}

#define P(i) p[i].ptr, p[i].len

/* view CONTRACT METHOD ARGS */
static void do_view(const char *line)
{
    struct text p[3], answer[2];
    split(line, p, 3);
    rpc_view(P(0), P(1), P(2), "optimistic", 10, answer);
    say_result(&answer[0], &answer[1]);
}

/* call SIGNER KEY RECEIVER METHOD ARGS DEPOSIT GAS */
static void do_call(const char *line)
{
    struct text p[7], answer[2];
    split(line, p, 7);
    rpc_call(P(0), P(1), P(2), P(3), P(4), P(5), P(6), "", 0, answer);
    say_result(&answer[0], &answer[1]);
}

/* transfer SIGNER KEY RECEIVER YOCTO */
static void do_transfer(const char *line)
{
    struct text p[4], answer[2];
    split(line, p, 4);
    rpc_transfer(P(0), P(1), P(2), P(3), "", 0, answer);
    say_result(&answer[0], &answer[1]);
}

/* refund UNITS */
static void do_refund(const char *line)
{
    static const struct text nothing = {"", 0};
    struct text error;
    uint64_t amount = 0;
    for (; *line >= '0' && *line <= '9'; line++)
        amount = amount * 10 + (uint64_t)(*line - '0');
    refund_usd(amount, &error);
    say_result(&nothing, &error);
}

/* vrf SEED */
static void do_vrf(const char *line)
{
    struct text answer[4];
    vrf_generate(line, length(line), answer);
    say_result(&answer[0], &answer[3]);
}

/* store KEY VALUE */
static void do_store(const char *line)
{
    static const struct text nothing = {"", 0};
    struct text p[2], error;
    split(line, p, 2);
    storage_set(P(0), P(1), &error);
    say_result(&nothing, &error);
}

static const struct {
    const char *word;
    void (*function)(const char *rest);
} words[] = {
    {"get ", do_get},         {"impatient ", do_impatient}, {"post ", do_post},     {"early ", do_early}, {"short ", do_short},
    {"dropped ", do_dropped}, {"both ", do_both},           {"fields", do_fields},  {"near", do_near},    {"view ", do_view},
    {"call ", do_call},       {"transfer ", do_transfer},   {"refund ", do_refund}, {"vrf ", do_vrf},     {"store ", do_store},
};

__attribute__((export_name("wasi:cli/run@0.2.12#run"))) int32_t run(void);
int32_t run(void)
{
    static char input[4000];
    struct bytes_result r;
    size_t len = 0;
    handle in = get_stdin();
    out = get_stdout();
    for (input_blocking_read(in, 1000, &r); !r.is_error && len < sizeof input - 1000; input_blocking_read(in, 1000, &r))
        for (size_t i = 0; i < r.bytes.len; i++)
            input[len++] = ((const char *)r.bytes.ptr)[i];
    for (char *line = input; *line; line += length(line) + 1) {
        for (char *c = line; *c; c++)
            if (*c == '\n')
                *c = '\0';
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (starts(line, words[i].word))
                words[i].function(line + length(words[i].word));
        say("\n");
        heap_used = 0;
    }
    return 0;
}
