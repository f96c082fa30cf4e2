/* Forms: time, DER, PEM, SGX extension and quotes, each with what must be refused. */
#include "base/mem.h"
#include "base/test.h"
#include "dcap/anchor.h"
#include "dcap/der.h"
#include "dcap/pck.h"
#include "dcap/pem.h"
#include "dcap/quote.h"
#include "dcap/time.h"
#include "dcap/x509.h"
#include <string.h>

static void times_are_read_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t seconds;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},          {"2025-06-19T10:32:27Z", 1750329147},   {"2000-02-29T23:59:59Z", 951868799},
        {"2100-03-01T00:00:00Z", 4107542400}, {"9999-12-31T23:59:59Z", 253402300799},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t seconds = 1;
        char text[TIME_TEXT_LEN + 1] = {0};
        assert_true(time_from_rfc3339(slice_str(cases[i].text), &seconds));
        assert_int_equal(seconds, cases[i].seconds);
        time_to_rfc3339(seconds, text);
        assert_string_equal(text, cases[i].text);
    }
    uint64_t utc, generalized;
    assert_true(time_from_utc(SLICE("250619103227Z"), &utc) && utc == 1750329147);
    assert_true(time_from_generalized(SLICE("20250619103227Z"), &generalized) && generalized == utc);
    assert_true(time_from_utc(SLICE("491231235959Z"), &utc) && utc == 2524607999);
    assert_false(time_from_utc(SLICE("500101000000Z"), &utc)); /* 1950 */
}

static void times_in_any_other_form_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "2025-06-19T10:32:27",
        "2025-06-19T10:32:27z",
        "2025-06-19T10:32:27+00:00",
        "2025-06-19T10:32:27.0Z",
        "2025-06-19 10:32:27Z",
        "2025-06-19T10:32:27ZZ",
        "2025-13-19T10:32:27Z",
        "2025-00-19T10:32:27Z",
        "2025-06-31T10:32:27Z",
        "2025-02-29T10:32:27Z",
        "2100-02-29T00:00:00Z",
        "2025-06-00T10:32:27Z",
        "2025-06-19T24:00:00Z",
        "2025-06-19T10:60:27Z",
        "2025-06-19T10:32:60Z",
        "1969-12-31T23:59:59Z",
        "2O25-06-19T10:32:27Z",
        "-025-06-19T10:32:27Z",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t seconds = 7;
        assert_false(time_from_rfc3339(slice_str(cases[i]), &seconds));
        assert_int_equal(seconds, 7);
    }
}

static void der_values_in_any_but_the_shortest_form_are_refused(void **state)
{
    (void)state;
    static const struct slice cases[] = {
        SLICE(""),
        SLICE("\x04"),
        SLICE("\x04\x01"),         /* ends too early */
        SLICE("\x04\x80\x00\x00"), /* indefinite length */
        SLICE("\x04\x81\x01\x00"), /* a long form that is not needed */
        SLICE("\x04\x82\x00\x80"), /* a zero in front of a length */
        SLICE("\x04\x84\x00\x00\x00\x01\x00"),
        SLICE("\x04\xff\x00"),
        SLICE("\x1f\x04\x00"),         /* a tag of more than a byte */
        SLICE("\x04\x83\xff\xff\xff"), /* longer than what is there */
    };
    static const struct der_step any[] = {{DER_ANY, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice rest = cases[i], value;
        assert_false(der_read(any, &rest, &value));
    }
}

static void der_integers_are_minimal_and_not_negative(void **state)
{
    (void)state;
    static const struct {
        struct slice der;
        bool ok;
        uint32_t value;
    } cases[] = {
        {SLICE("\x02\x01\x00"), true, 0},
        {SLICE("\x02\x01\x7f"), true, 127},
        {SLICE("\x02\x02\x00\x80"), true, 128},
        {SLICE("\x02\x03\x00\xff\xff"), true, 65535},
        {SLICE("\x02\x03\x01\x00\x00"), false, 0}, /* too large */
        {SLICE("\x02\x01\xff"), false, 0},         /* -1 */
        {SLICE("\x02\x02\x00\x7f"), false, 0},     /* a byte too many */
        {SLICE("\x02\x00"), false, 0},
        {SLICE("\x0a\x01\x00"), false, 0}, /* another tag */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice rest = cases[i].der;
        uint32_t value;
        bool ok = der_small(der_take(&rest, DER_INTEGER), 65535, &value);
        assert_int_equal(ok, cases[i].ok);
        assert_true(!ok || (value == cases[i].value && rest.len == 0));
    }
}

static void der_containers_must_be_read_to_their_end(void **state)
{
    (void)state;
    static const struct der_step one[] = {{DER_SEQUENCE, DER_ENTER}, {DER_INTEGER, 0}, {0, DER_LEAVE}};
    struct slice rest = SLICE("\x30\x03\x02\x01\x01\x05"), value;
    assert_true(der_read(one, &rest, &value) && slice_eq(value, SLICE("\1")) && slice_eq(rest, SLICE("\5")));
    static const struct slice bad[] = {
        SLICE("\x30\x06\x02\x01\x01\x02\x01\x02"), /* two */
        SLICE("\x30\x00"),
        SLICE("\x30\x02\x02\x01\x01"), /* the integer ends behind it */
        SLICE("\x31\x03\x02\x01\x01"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rest = bad[i];
        assert_false(der_read(one, &rest, &value));
    }
    assert_int_equal(der_bits(SLICE("\0\x80")).len, 1);
    assert_int_equal(der_bits(SLICE("\1\0")).len, 0); /* unused bits */
    assert_int_equal(der_bits(SLICE("")).len, 0);
}

static void der_values_go_where_the_form_says(void **state)
{
    (void)state;
    enum { WHOLE = 1, CONTENT, MAYBE, LAST, VALUES };
    static const struct der_step form[] = {
        {DER_SEQUENCE, WHOLE | DER_WHOLE | DER_ENTER},
        {DER_OCTET_STRING, CONTENT},
        {DER_BOOLEAN, MAYBE | DER_OPTIONAL},
        {DER_INTEGER, LAST | DER_WHOLE | DER_OPTIONAL},
        {0, DER_LEAVE},
    };
    struct slice values[VALUES], whole = SLICE("\x30\x06\x04\x01\x07\x02\x01\x09"), rest = whole;
    assert_true(der_read(form, &rest, values) && rest.len == 0);
    assert_true(slice_eq(values[WHOLE], whole) && slice_eq(values[CONTENT], SLICE("\7")));
    assert_true(!values[MAYBE].ptr && slice_eq(values[LAST], SLICE("\2\1\x09")));
    rest = SLICE("\x30\x03\x04\x01\x07");
    assert_true(der_read(form, &rest, values) && !values[LAST].ptr);
    rest = SLICE("\x30\x09\x04\x01\x07\x02\x01\x09\x01\x01\xff"); /* in another order */
    assert_false(der_read(form, &rest, values));
}

static void times_of_certificates_have_two_forms(void **state)
{
    (void)state;
    uint64_t seconds;
    assert_true(der_time(SLICE("\x17\x0d"
                               "250619103227Z"),
                         &seconds) &&
                seconds == 1750329147);
    assert_true(der_time(SLICE("\x18\x0f"
                               "20250619103227Z"),
                         &seconds) &&
                seconds == 1750329147);
    assert_false(der_time(SLICE("\x17\x0f"
                                "20250619103227Z"),
                          &seconds));
    assert_false(der_time(SLICE("\x04\x0d"
                                "250619103227Z"),
                          &seconds));
    assert_false(der_time(SLICE("\x18\x00"), &seconds));
}

static void signatures_are_two_scalars_and_nothing_else(void **state)
{
    (void)state;
    uint8_t out[64];
    static const struct slice bad[] = {
        SLICE(""),
        SLICE("\x30\x00"),
        SLICE("\x30\x03\x02\x01\x01"),                         /* one integer */
        SLICE("\x30\x06\x02\x01\x01\x02\x01\x81"),             /* negative */
        SLICE("\x30\x07\x02\x02\x00\x01\x02\x01\x01"),         /* not minimal */
        SLICE("\x30\x09\x02\x01\x01\x02\x01\x01\x02\x01\x01"), /* three */
        SLICE("\x30\x06\x02\x01\x01\x02\x01\x01\x00"),         /* a byte behind */
        SLICE("\x30\x81\x06\x02\x01\x01\x02\x01\x01"),
    };
    assert_true(der_read_signature(SLICE("\x30\x07\x02\x02\x00\x80\x02\x01\x01"), out));
    assert_int_equal(out[31], 0x80);
    assert_int_equal(out[63], 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(der_read_signature(bad[i], out));
    uint8_t wide[39] = {0x30, 37, 2, 0x21, 1}; /* 33 significant bytes */
    memcpy(wide + 36, "\x02\x01\x01", 3);
    wide[1] = 37 + 1;
    assert_false(der_read_signature(slice_from(wide, sizeof wide), out));
}

static bool decodes(const char *base64, struct slice *der)
{
    static uint8_t memory[64];
    struct room room = {memory, sizeof memory};
    return pem_decode(slice_str(base64), &room, der);
}

static void base64_of_certificates_is_strict(void **state)
{
    (void)state;
    struct slice der;
    assert_true(decodes("Zm9v\n", &der) && slice_eq(der, SLICE("foo")));
    assert_true(decodes("Zm9v\nYmE=\n", &der) && slice_eq(der, SLICE("fooba")));
    assert_true(decodes("Zm9v\r\nYg==\r\n", &der) && slice_eq(der, SLICE("foob")));
    static const char *const bad[] = {
        "Zm9",    "Zm9v ",      "Zm9v\n\x80",   "Zm-v\n", "Z===\n",    "Zg=\n",    "Zh==\n", /* unused bits */
        "Zm9=\n", "Zg==Zm9v\n", "Zg==\nZm9v\n", "====\n", "Zm9v\nY\n", "Zm9vYm\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (decodes(bad[i], &der))
            fail_msg("`%s` was decoded", bad[i]);
    }
}

#define CERT(body) "-----BEGIN CERTIFICATE-----\n" body "\n-----END CERTIFICATE-----\n"

static void chains_hold_certificates_and_nothing_else(void **state)
{
    (void)state;
    struct pem_chain chain;
    assert_true(pem_read(SLICE(CERT("Zm9v") CERT("YmFy")), &chain) && chain.count == 2);
    assert_true(pem_read(SLICE(CERT("Zm9v") "\0"), &chain) && chain.count == 1);
    assert_true(pem_read(SLICE("\n"), &chain) && chain.count == 0);
    assert_true(pem_read(SLICE(""), &chain) && chain.count == 0);
    static const struct slice bad[] = {
        SLICE("certificate"),
        SLICE(CERT("Zm9v") "x"),
        SLICE(CERT("Zm9v") "\0\0"),
        SLICE("x" CERT("Zm9v")),
        SLICE("-----BEGIN CERTIFICATE-----\nZm9v\n"),
        SLICE("-----BEGIN CERTIFICATE-----\nZm9v-----END CERTIFICATE-----\n"),
        SLICE("-----BEGIN CERTIFICATE-----Zm9v\n-----END CERTIFICATE-----\n"),
        SLICE("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
        SLICE("-----BEGIN X509 CRL-----\nZm9v\n-----END X509 CRL-----\n"),
        SLICE(CERT("Zm9v") CERT("Zm9v") CERT("Zm9v") CERT("Zm9v") CERT("Zm9v")),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(pem_read(bad[i], &chain));
}

static void certificates_and_lists_that_are_none_are_refused(void **state)
{
    (void)state;
    struct x509_certificate cert;
    struct x509_list list;
    static const struct slice cases[] = {
        SLICE(""), SLICE("0"), SLICE("\x30\x00"), SLICE("\x30\x03\x02\x01\x01"), SLICE("\x30\x06\x30\x00\x30\x00\x03\x00"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(x509_read(cases[i], &cert), X509_BAD_FORM);
        assert_int_equal(x509_list_read(cases[i], &list), X509_BAD_FORM);
    }
}

/* Each of Intel's root's true BOOLEANs: critical key usage, critical basic constraints, and that it is an authority. */
static void booleans_of_certificates_are_true_or_not_there(void **state)
{
    (void)state;
    struct x509_certificate cert;
    size_t found = 0;
    assert_int_equal(x509_read(dcap_intel_root, &cert), X509_FINE);
    for (size_t i = 0; i + 3 <= dcap_intel_root.len; i++) {
        if (memcmp(dcap_intel_root.ptr + i, "\x01\x01\xff", 3) != 0)
            continue;
        uint8_t *copy = memcpy(mem_alloc(dcap_intel_root.len), dcap_intel_root.ptr, dcap_intel_root.len);
        for (copy[i + 2] = 0; copy[i + 2] < 2; copy[i + 2]++)
            assert_int_equal(x509_read(slice_from(copy, dcap_intel_root.len), &cert), X509_BAD_FORM);
        mem_free(copy);
        found++;
    }
    assert_int_equal(found, 3);
}

static void sgx_extensions_need_their_members(void **state)
{
    (void)state;
    struct pck pck;
    static const struct slice cases[] = {
        SLICE(""), SLICE("\x30\x00"),
        SLICE("\x30\x10\x30\x0e\x06\x0a\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01\x01\x04\x00"), /* PPID of no bytes */
        SLICE("\x30\x0c\x30\x0a\x06\x08\x2a\x86\x48\x86\xf8\x4d\x01\x0d"),                 /* another identifier */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(pck_read(cases[i], &pck), PCK_BAD_FORM);
}

/* Every length that ends a quote early is a fault, and nothing is read past the end (the sanitizer watches). */
static void quotes_cut_anywhere_are_refused(void **state)
{
    (void)state;
    static uint8_t bytes[48 + 584 + 4 + 134 + 384 + 64 + 2 + 32 + 6];
    struct quote q;
    static const uint8_t vendor[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                       0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
    size_t auth = 48 + 584;
    bytes[0] = 4;
    bytes[2] = 2;
    bytes[4] = 0x81;
    memcpy(bytes + 12, vendor, sizeof vendor);
    size_t outer_len = 384 + 64 + 2 + 32 + 6, auth_len = 134 + outer_len;
    memcpy(bytes + auth, &(uint32_t){(uint32_t)auth_len}, 4);
    bytes[auth + 4 + 128] = 6;
    memcpy(bytes + auth + 4 + 130, &(uint32_t){(uint32_t)outer_len}, 4);
    bytes[auth + 4 + 134 + 448] = 32;
    bytes[auth + 4 + 134 + 450 + 32] = 5;
    assert_int_equal(quote_read(slice_from(bytes, sizeof bytes), &q), QUOTE_FINE);
    for (size_t len = 0; len < sizeof bytes; len++) {
        uint8_t *copy = memcpy(mem_alloc(len), bytes, len);
        assert_int_equal(quote_read(slice_from(copy, len), &q), QUOTE_SHORT);
        mem_free(copy);
    }
    bytes[auth + 2] = 2; /* a length of more than 64 KiB */
    assert_int_equal(quote_read(slice_from(bytes, sizeof bytes), &q), QUOTE_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_and_written),
        cmocka_unit_test(times_in_any_other_form_are_refused),
        cmocka_unit_test(der_values_in_any_but_the_shortest_form_are_refused),
        cmocka_unit_test(der_integers_are_minimal_and_not_negative),
        cmocka_unit_test(der_containers_must_be_read_to_their_end),
        cmocka_unit_test(der_values_go_where_the_form_says),
        cmocka_unit_test(times_of_certificates_have_two_forms),
        cmocka_unit_test(signatures_are_two_scalars_and_nothing_else),
        cmocka_unit_test(base64_of_certificates_is_strict),
        cmocka_unit_test(chains_hold_certificates_and_nothing_else),
        cmocka_unit_test(certificates_and_lists_that_are_none_are_refused),
        cmocka_unit_test(booleans_of_certificates_are_true_or_not_there),
        cmocka_unit_test(sgx_extensions_need_their_members),
        cmocka_unit_test(quotes_cut_anywhere_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
