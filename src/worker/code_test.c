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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_addresses_are_refused_before_anything_is_sent),
        cmocka_unit_test(a_source_is_read_or_named_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
