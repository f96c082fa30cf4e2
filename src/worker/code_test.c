#include "base/test.h"
#include "worker/code.h"

static void strangers_addresses_are_refused_before_anything_is_sent(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "http://example.com/x.wasm",
        "ftp://example.com/x",
        "file:///etc/passwd",
        "https://",
        "https://a@127.0.0.1/x",
        "https:///x",
        "gopher://x",
        "",
        "https://127.0.0.1:1/x",
        "https://[::1]/x",
        "https://169.254.169.254/x",
        "https://localhost/x",
        "https://[::1",
        "https://0x7f000001/x",
        "https://2130706433/x",
        " https://example.com/x",
    };
    AUTO(http_client) struct http_client *http = NULL;
    assert_ok(http_client_new(&http));
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        AUTO(buf) struct buf out = {0};
        const struct code_source source = {.url = slice_str(urls[i])};
        AUTO(err) struct err *e = code_download(http, &source, false, &out);
        if (!e || (err_code(e) != ERR_INVALID && err_code(e) != ERR_DENIED))
            fail_msg("%s: %s", urls[i], e ? err_text(e) : "taken");
    }
}

static void a_source_is_read_or_named_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *json, *text;
    } cases[] = {
        {"{\"type\":\"GitHub\",\"repo\":\"r\",\"commit\":\"c\"}",
         "this worker compiles no source; publish the program and use WasmUrl with its SHA-256"},
        {"{\"type\":\"Ipfs\"}", "code source `Ipfs` is neither WasmUrl nor GitHub"},
        {"{\"type\":\"WasmUrl\",\"url\":\"u\",\"hash\":\"abc\"}", "code hash `abc` is not 64 hexadecimal digits"},
        {"{\"type\":\"WasmUrl\",\"hash\":\"abc\"}", "member `url` is missing"},
        {"[]", "expected an object with the member `type`"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(json) json_t *source = NULL;
        struct code_source out;
        assert_ok(json_doc_parse(slice_str(cases[i].json), &source));
        assert_fails(code_source_read(source, &out), ERR_INVALID, cases[i].text);
    }
}

static void a_declared_target_must_be_the_programs(void **state)
{
    (void)state;
    static const struct {
        const char *target; /* NULL: none is declared */
        bool is_component;
        const char *text; /* NULL: fine */
    } cases[] = {
        {NULL, false, NULL},
        {NULL, true, NULL},
        {"wasm32-wasip1", false, NULL},
        {"wasm32-wasi", false, NULL},
        {"wasm32-wasip2", true, NULL},
        {"wasm32-unknown-unknown", true, NULL},
        {"wasm32-wasip1", true,
         "Not a valid WASI Preview 1 module: build_target is wasm32-wasip1, but the program is a component (wasm32-wasip2)"},
        {"wasm32-wasi", true,
         "Not a valid WASI Preview 1 module: build_target is wasm32-wasi, but the program is a component (wasm32-wasip2)"},
        {"wasm32-wasip2", false,
         "Not a valid WASI Preview 2 component: build_target is wasm32-wasip2, but the program is a module (wasm32-wasip1)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(json) json_t *source =
            json_pack("{s:s, s:s, s:s, s:s*}", "type", "WasmUrl", "url", "u", "hash",
                      "0000000000000000000000000000000000000000000000000000000000000000", "build_target", cases[i].target);
        struct code_source out;
        assert_ok(code_source_read(source, &out));
        if (cases[i].text)
            assert_fails(code_check_target(&out, cases[i].is_component), ERR_INVALID, cases[i].text);
        else
            assert_ok(code_check_target(&out, cases[i].is_component));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_addresses_are_refused_before_anything_is_sent),
        cmocka_unit_test(a_source_is_read_or_named_wrong),
        cmocka_unit_test(a_declared_target_must_be_the_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
