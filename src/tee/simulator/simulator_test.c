#include "base/test.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "crypto/hash.h"
#include "tee/simulator/simulator.h"
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

static const uint64_t now = 1767225600; /* 2026-01-01 */

static struct simulator_config good(void)
{
    struct simulator_config c = {.now = now, .seed = "a seed of the tests, 32 bytes..."};
    for (size_t i = 0; i < MEASUREMENT_COUNT; i++)
        memset(c.measurements.of[i], (int)(0xa0 + i), MEASUREMENT_LEN);
    memset(c.report_data, 0xdd, 32);
    return c;
}

static X509 *certificate(struct slice der)
{
    const uint8_t *at = der.ptr;
    X509 *x = d2i_X509(NULL, &at, (long)der.len);
    assert_non_null(x);
    return x;
}

static STACK_OF(X509) * certificates_of(struct slice pem)
{
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    STACK_OF(X509) *list = sk_X509_new_null();
    for (X509 *x; (x = PEM_read_bio_X509(bio, NULL, NULL, NULL));)
        sk_X509_push(list, x);
    BIO_free(bio);
    return list;
}

static X509_CRL *crl(const json_t *collateral, const char *member)
{
    AUTO(buf) struct buf der = {0};
    struct slice text;
    assert_ok(json_doc_str(collateral, member, &text));
    assert_true(hex_decode_append(text, &der, NULL));
    const uint8_t *at = der.ptr;
    X509_CRL *list = d2i_X509_CRL(NULL, &at, (long)der.len);
    assert_non_null(list);
    return list;
}

/* OpenSSL's own path validation, both CRLs enforced, at `at`. */
static int validate(const struct simulator_output *out, uint64_t at)
{
    AUTO(json) json_t *collateral = NULL;
    assert_ok(json_doc_parse(buf_slice(&out->collateral), &collateral));
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509 *root = certificate(buf_slice(&out->root));
    X509_CRL *root_crl = crl(collateral, "root_ca_crl"), *pck_crl = crl(collateral, "pck_crl");
    STACK_OF(X509) *chain = certificates_of(buf_slice(&out->pck_chain));
    assert_int_equal(sk_X509_num(chain), 3);
    X509_STORE_add_cert(store, root);
    X509_STORE_add_crl(store, root_crl);
    X509_STORE_add_crl(store, pck_crl);
    X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0), chain);
    X509_STORE_CTX_set_time(ctx, 0, (time_t)at);
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_X509_STRICT);
    int result = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
    sk_X509_pop_free(chain, X509_free);
    X509_CRL_free(pck_crl);
    X509_CRL_free(root_crl);
    X509_free(root);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return result;
}

static int validate_defect(const char *name)
{
    struct simulator_config config = good();
    AUTO(simulator_output) struct simulator_output out = {0};
    assert_true(simulator_defect_find(name, &config.defect));
    simulator_make(&config, &out);
    return validate(&out, now);
}

static void test_openssl_accepts_the_chain_and_both_crls(void **state)
{
    (void)state;
    struct simulator_config config = good();
    AUTO(simulator_output) struct simulator_output out = {0};
    simulator_make(&config, &out);
    assert_int_equal(validate(&out, now), X509_V_OK);
    assert_int_equal(validate(&out, now + 28 * 86400), X509_V_OK);
    assert_int_equal(validate(&out, now + 30 * 86400), X509_V_ERR_CRL_HAS_EXPIRED);
}

static void test_openssl_finds_what_is_broken_in_certificates(void **state)
{
    (void)state;
    assert_int_equal(validate_defect("pck-expired"), X509_V_ERR_CERT_HAS_EXPIRED);
    assert_int_equal(validate_defect("pck-not-yet"), X509_V_ERR_CERT_NOT_YET_VALID);
    assert_int_equal(validate_defect("pck-signature"), X509_V_ERR_CERT_SIGNATURE_FAILURE);
    assert_int_equal(validate_defect("pck-revoked"), X509_V_ERR_CERT_REVOKED);
    assert_int_equal(validate_defect("ca-revoked"), X509_V_ERR_CERT_REVOKED);
    assert_int_equal(validate_defect("ca-not-ca"), X509_V_ERR_INVALID_CA);
    assert_int_equal(validate_defect("root-path-length"), X509_V_ERR_PATH_LENGTH_EXCEEDED);
    assert_int_equal(validate_defect("pck-critical"), X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION);
    assert_int_equal(validate_defect("root-crl-signature"), X509_V_ERR_CRL_SIGNATURE_FAILURE);
    assert_int_equal(validate_defect("pck-crl-signature"), X509_V_ERR_CRL_SIGNATURE_FAILURE);
    assert_int_equal(validate_defect("pck-processor-ca"), X509_V_ERR_UNABLE_TO_GET_CRL);
    assert_int_equal(validate_defect("pck-other-s"), X509_V_OK);
}

static void test_every_certificate_names_the_simulator(void **state)
{
    (void)state;
    struct simulator_config config = good();
    AUTO(simulator_output) struct simulator_output out = {0};
    simulator_make(&config, &out);
    STACK_OF(X509) *chain = certificates_of(buf_slice(&out.pck_chain));
    for (int i = 0; i < sk_X509_num(chain); i++) {
        char name[64];
        X509_NAME_get_text_by_NID(X509_get_subject_name(sk_X509_value(chain, i)), NID_organizationName, name, sizeof name);
        assert_string_equal(name, SIMULATOR_ORGANIZATION);
    }
    sk_X509_pop_free(chain, X509_free);
}

static EVP_PKEY *p256_key(const uint8_t *xy)
{
    static const uint8_t head[27] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                     0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
    uint8_t info[sizeof head + 64];
    memcpy(info, head, sizeof head);
    memcpy(info + sizeof head, xy, 64);
    const uint8_t *at = info;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, sizeof info);
    assert_non_null(key);
    return key;
}

static bool verifies(EVP_PKEY *key, struct slice message, const uint8_t *raw)
{
    ECDSA_SIG *signature = ECDSA_SIG_new();
    ECDSA_SIG_set0(signature, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL));
    uint8_t *der = NULL;
    int len = i2d_ECDSA_SIG(signature, &der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
              EVP_DigestVerify(ctx, der, (size_t)len, message.ptr, message.len) == 1;
    EVP_MD_CTX_free(ctx);
    OPENSSL_free(der);
    ECDSA_SIG_free(signature);
    return ok;
}

static void test_a_v4_quote_has_intels_offsets_and_signatures(void **state)
{
    (void)state;
    struct simulator_config config = good();
    AUTO(simulator_output) struct simulator_output out = {0};
    simulator_make(&config, &out);
    const uint8_t *q = out.quote.ptr;
    assert_memory_equal(q, "\4\0\2\0\x81\0\0\0", 8);
    assert_memory_equal(q + 184, config.measurements.of[MEASUREMENT_MRTD], 48);
    assert_memory_equal(q + 376, config.measurements.of[MEASUREMENT_RTMR0], 48);
    assert_memory_equal(q + 520, config.measurements.of[MEASUREMENT_RTMR3], 48);
    assert_memory_equal(q + 568, config.report_data, 64);
    assert_memory_equal(q + 764, "\6\0", 2);
    assert_memory_equal(q + 1218, "\x20\0", 2);
    assert_memory_equal(q + 1252, "\5\0", 2);
    assert_memory_equal(q + 1258, "-----BEGIN CERTIFICATE-----\n", 28);
    assert_int_equal(out.quote.ptr[out.quote.len - 1], 0);

    EVP_PKEY *attestation = p256_key(q + 700);
    assert_true(verifies(attestation, slice_from(q, 632), q + 636));
    EVP_PKEY_free(attestation);
    STACK_OF(X509) *chain = certificates_of(buf_slice(&out.pck_chain));
    assert_true(verifies(X509_get0_pubkey(sk_X509_value(chain, 0)), slice_from(q + 770, 384), q + 1154));
    sk_X509_pop_free(chain, X509_free);
    const struct slice bound[] = {slice_from(q + 700, 64), slice_from(q + 1220, 32)};
    struct hash binding = hash_sha256_parts(bound, 2);
    assert_memory_equal(q + 770 + 320, binding.bytes, 32);
}

static void test_documents_are_signed_over_their_exact_text(void **state)
{
    (void)state;
    static const char *const names[][3] = {{"tcb_info", "tcb_info_signature", "tcb_info_issuer_chain"},
                                           {"qe_identity", "qe_identity_signature", "qe_identity_issuer_chain"}};
    struct simulator_config config = good();
    AUTO(simulator_output) struct simulator_output out = {0};
    AUTO(json) json_t *collateral = NULL;
    simulator_make(&config, &out);
    assert_ok(json_doc_parse(buf_slice(&out.collateral), &collateral));
    for (size_t i = 0; i < 2; i++) {
        struct slice text, signature, chain_text;
        uint8_t raw[64];
        assert_ok(json_doc_str(collateral, names[i][0], &text));
        assert_ok(json_doc_str(collateral, names[i][1], &signature));
        assert_ok(json_doc_str(collateral, names[i][2], &chain_text));
        assert_true(hex_decode(signature, raw, sizeof raw, NULL));
        STACK_OF(X509) *chain = certificates_of(chain_text);
        assert_int_equal(sk_X509_num(chain), 2);
        assert_true(verifies(X509_get0_pubkey(sk_X509_value(chain, 0)), text, raw));
        AUTO(json) json_t *document = NULL;
        assert_ok(json_doc_parse(text, &document));
        sk_X509_pop_free(chain, X509_free);
    }
}

static void test_v5_and_sgx_quotes_have_their_own_offsets(void **state)
{
    (void)state;
    struct simulator_config config = good();
    AUTO(simulator_output) struct simulator_output v5 = {0};
    AUTO(simulator_output) struct simulator_output sgx = {0};
    config.kind = SIMULATOR_TDX_V5;
    simulator_make(&config, &v5);
    assert_memory_equal(v5.quote.ptr + 48, "\3\0\x88\2\0\0", 6);
    assert_memory_equal(v5.quote.ptr + 1328, "-----BEGIN CERTIFICATE-----\n", 28);
    EVP_PKEY *attestation = p256_key(v5.quote.ptr + 770);
    assert_true(verifies(attestation, slice_from(v5.quote.ptr, 702), v5.quote.ptr + 706));
    EVP_PKEY_free(attestation);
    config.kind = SIMULATOR_SGX_V3;
    simulator_make(&config, &sgx);
    assert_memory_equal(sgx.quote.ptr, "\3\0\2\0\0\0\0\0", 8);
    attestation = p256_key(sgx.quote.ptr + 436 + 64);
    assert_true(verifies(attestation, slice_from(sgx.quote.ptr, 432), sgx.quote.ptr + 436));
    EVP_PKEY_free(attestation);
}

static void test_a_seed_says_everything(void **state)
{
    (void)state;
    struct simulator_config config = good();
    AUTO(simulator_output) struct simulator_output a = {0};
    AUTO(simulator_output) struct simulator_output b = {0};
    AUTO(simulator_output) struct simulator_output other = {0};
    AUTO(buf) struct buf root = {0};
    simulator_make(&config, &a);
    simulator_make(&config, &b);
    simulator_root(config.seed, &root);
    config.seed[0] ^= 1;
    simulator_make(&config, &other);
    assert_true(slice_eq(buf_slice(&a.quote), buf_slice(&b.quote)) &&
                slice_eq(buf_slice(&a.collateral), buf_slice(&b.collateral)));
    assert_true(slice_eq(buf_slice(&a.root), buf_slice(&root)));
    assert_false(slice_eq(buf_slice(&a.root), buf_slice(&other.root)));
    assert_false(slice_eq(buf_slice(&a.quote), buf_slice(&other.quote)));
}

static void test_a_quote_with_other_report_data_is_as_if_made_with_it(void **state)
{
    (void)state;
    for (int kind = SIMULATOR_TDX_V4; kind <= SIMULATOR_TDX_V5; kind++) {
        struct simulator_config config = good();
        AUTO(simulator_output) struct simulator_output first = {0};
        AUTO(simulator_output) struct simulator_output second = {0};
        config.kind = (enum simulator_kind)kind;
        simulator_make(&config, &first);
        memset(config.report_data, 0x77, sizeof config.report_data);
        simulator_make(&config, &second);
        simulator_quote_again(config.seed, config.report_data, &first.quote);
        assert_true(slice_eq(buf_slice(&first.quote), buf_slice(&second.quote)));
    }
}

/* A row of the table whose changes change nothing would be a check that nobody makes. */
static void test_every_defect_changes_what_is_made(void **state)
{
    (void)state;
    for (size_t i = 1; i < simulator_defect_count(); i++) {
        struct simulator_config config = good();
        struct simulator_defect defect = simulator_defect_at(i);
        AUTO(simulator_output) struct simulator_output fine = {0};
        AUTO(simulator_output) struct simulator_output broken = {0};
        config.kind = defect.one_kind ? defect.kind : SIMULATOR_TDX_V4;
        simulator_make(&config, &fine);
        config.defect = (unsigned)i;
        simulator_make(&config, &broken);
        if (slice_eq(buf_slice(&fine.quote), buf_slice(&broken.quote)) &&
            slice_eq(buf_slice(&fine.collateral), buf_slice(&broken.collateral)))
            fail_msg("defect %s changes nothing", defect.name);
    }
}

static void test_defects_are_found_by_name(void **state)
{
    (void)state;
    unsigned index = 99;
    assert_true(simulator_defect_find("none", &index));
    assert_int_equal(index, 0);
    assert_false(simulator_defect_find("no such thing", &index));
    for (size_t i = 0; i < simulator_defect_count(); i++) {
        assert_true(simulator_defect_find(simulator_defect_at(i).name, &index));
        assert_int_equal(index, i); /* no name twice */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_openssl_accepts_the_chain_and_both_crls),
        cmocka_unit_test(test_openssl_finds_what_is_broken_in_certificates),
        cmocka_unit_test(test_every_certificate_names_the_simulator),
        cmocka_unit_test(test_a_v4_quote_has_intels_offsets_and_signatures),
        cmocka_unit_test(test_documents_are_signed_over_their_exact_text),
        cmocka_unit_test(test_v5_and_sgx_quotes_have_their_own_offsets),
        cmocka_unit_test(test_a_seed_says_everything),
        cmocka_unit_test(test_a_quote_with_other_report_data_is_as_if_made_with_it),
        cmocka_unit_test(test_every_defect_changes_what_is_made),
        cmocka_unit_test(test_defects_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
