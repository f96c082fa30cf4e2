#include "base/test.h"
#include "net/url.h"
#include <stdio.h>
#include <string.h>

static void urls_are_read_to_their_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *form, *host;
        uint16_t port;
        bool is_address;
    } cases[] = {
        {"https://example.com", "https://example.com/", "example.com", 443, false},
        {"HTTPS://Example.COM./a/../b?x=%20", "https://example.com/a/../b?x=%20", "example.com", 443, false},
        {"http://example.com:80/", "http://example.com/", "example.com", 80, false},
        {"http://example.com:8080?q", "http://example.com:8080/?q", "example.com", 8080, false},
        {"https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, false},
        {"https://a_b.example/", "https://a_b.example/", "a_b.example", 443, false},
        {"http://1.2.3.4.example/", "http://1.2.3.4.example/", "1.2.3.4.example", 80, false},
        {"http://192.0.2.1:65535/x", "http://192.0.2.1:65535/x", "192.0.2.1", 65535, true},
        {"http://192.0.2.1./x", "http://192.0.2.1/x", "192.0.2.1", 80, true},
        {"http://[::1]:1/", "http://[::1]:1/", "::1", 1, true},
        {"http://[::FFFF:127.0.0.1]/", "http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1", 80, true},
        {"http://[0:0:0:0:0:0:0:1]/", "http://[::1]/", "::1", 80, true},
        {"http://example.com/@x:y", "http://example.com/@x:y", "example.com", 80, false},
        {"http://example.com?@evil.example/", "http://example.com/?@evil.example/", "example.com", 80, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct url u;
        AUTO(buf) struct buf form = {0};
        struct err *e = url_parse(slice_str(cases[i].text), &u);
        if (e)
            fail_msg("%s: %s", cases[i].text, err_text(e));
        url_append(&u, &form);
        assert_string_equal(buf_str(&form), cases[i].form);
        assert_string_equal(u.host, cases[i].host);
        assert_int_equal(u.port, cases[i].port);
        assert_int_equal(u.is_address, cases[i].is_address);
    }
}

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "neither http:// nor https://"},
        {"ftp://example.com/", "neither http:// nor https://"},
        {"file:///etc/passwd", "neither http:// nor https://"},
        {"http:/example.com", "neither http:// nor https://"},
        {"//example.com", "neither http:// nor https://"},
        {"http://", "request has no host"},
        {"http:///x", "request has no host"},
        {"http://./", "request has no host"},
        {"http://:80/", "request has no host"},
        {"http://user@example.com/", "user name"},
        {"http://example.com:x@127.0.0.1/", "user name"},
        {"http://a:b@[::1]/", "user name"},
        {"http://example.com#@evil.example/", "fragment"},
        {"http://example.com/#x", "fragment"},
        {"http://example.com\\@evil.example/", "user name"},
        {"http://example.com\\evil/", "has a `\\`"},
        {"http://exa mple.com/", "byte 0x20"},
        {"http://example.com/\r\nX: y", "byte 0x0d"},
        {"http://b\xc3\xbc"
         "cher.example/",
         "byte 0xc3"},
        {"http://\xef\xbc\x91\x32\x37.0.0.1/", "byte 0xef"},
        {"http://ex%61mple.com/", "has a `%`"},
        {"http://127.0.0.1%00.example/", "has a `%`"},
        {"http://-a.example/", "has a `-`"},
        {"http://a-.example/", "has a `-`"},
        {"http://a..b/", "a part of 0 bytes"},
        {"http://.a/", "a part of 0 bytes"},
        {"http://a../", "a part of 0 bytes"},
        {"http://2130706433/", "is no address"},
        {"http://0x7f000001/", "is no address"},
        {"http://0X7F000001/", "is no address"},
        {"http://0x7f.1/", "is no address"},
        {"http://127.0.0.0x1/", "is no address"},
        {"http://127.1/", "is no address"},
        {"http://127.0.1/", "is no address"},
        {"http://017700000001/", "is no address"},
        {"http://0177.0.0.1/", "is no address"},
        {"http://127.0.0.01/", "is no address"},
        {"http://1.2.3.4.5/", "is no address"},
        {"http://256.1.1.1/", "is no address"},
        {"http://example.1/", "is no address"},
        {"http://0x/", "is no address"},
        {"http://127.0.0.1:080000/", "port is"},
        {"http://a.example:0/", "port is"},
        {"http://a.example:65536/", "port is"},
        {"http://a.example:/", "port is"},
        {"http://a.example:8a/", "port is"},
        {"http://a.example:+8/", "port is"},
        {"http://a.example:80:80/", "port is"},
        {"http://::1/", "has no host"},
        {"http://[::1/", "not an IPv6 address"},
        {"http://[::1%25eth0]/", "not an IPv6 address"},
        {"http://[127.0.0.1]/", "not an IPv6 address"},
        {"http://[]/", "not an IPv6 address"},
        {"http://[::1]x/", "between its host and its port"},
        {"http://[::1]:/", "port is"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct url u;
        AUTO(err) struct err *e = url_parse(slice_str(cases[i].text), &u);
        if (!e || !strstr(err_text(e), cases[i].says))
            fail_msg("%s: `%s` does not say `%s`", cases[i].text, e ? err_text(e) : "nothing", cases[i].says);
        assert_int_equal(err_code(e), ERR_INVALID);
    }
}

static void lengths_are_bounded(void **state)
{
    (void)state;
    char text[URL_LEN_MAX + 100];
    struct url u;
    memset(text, 'a', sizeof text);
    memcpy(text, "http://", 7);
    AUTO(err) struct err *label = url_parse(slice_from(text, 7 + 64), &u);
    assert_non_null(label);
    for (size_t i = 7 + 50; i < sizeof text; i += 50)
        text[i] = '.';
    AUTO(err) struct err *host = url_parse(slice_from(text, 7 + 260), &u);
    assert_non_null(strstr(err_text(host), "at most 253"));
    assert_ok(url_parse(slice_from(text, 7 + 253), &u));
    AUTO(err) struct err *whole = url_parse(slice_from(text, sizeof text), &u);
    assert_non_null(strstr(err_text(whole), "at most 16384"));
    AUTO(err) struct err *zero = url_parse(slice_from("http://a\0b/", 11), &u);
    assert_non_null(strstr(err_text(zero), "byte 0x00"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_read_to_their_one_form),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(lengths_are_bounded),
    };
    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
