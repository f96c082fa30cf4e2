#include "base/fs.h"
#include "base/test.h"
#include "codec/hex.h"
#include "crypto/ml_dsa.h"
#include <stdlib.h>

/* Three lines a case: public key, signature, message; made with @noble/post-quantum 0.6.1 (tests/vectors/ml-dsa/README.md). */
struct sample {
    struct buf key, signature, message;
};

enum { SAMPLES = 3 };

static struct sample samples[SAMPLES];

static int load(void **state)
{
    (void)state;
    AUTO(buf) struct buf text = {0};
    assert_ok(fs_read("tests/vectors/ml-dsa/noble.txt", 1 << 20, &text));
    struct slice rest = buf_slice(&text), line;
    for (int i = 0; i < SAMPLES; i++) {
        struct buf *const fields[] = {&samples[i].key, &samples[i].signature, &samples[i].message};
        for (int f = 0; f < 3; f++) {
            rest = slice_cut(rest, '\n', &line);
            assert_true(hex_decode_append(line, fields[f], NULL));
        }
        assert_int_equal(samples[i].key.len, ML_DSA_PUBLIC_LEN);
        assert_int_equal(samples[i].signature.len, ML_DSA_SIGNATURE_LEN);
    }
    return 0;
}

static int unload(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLES; i++) {
        buf_free(&samples[i].key);
        buf_free(&samples[i].signature);
        buf_free(&samples[i].message);
    }
    return 0;
}

static bool verifies(const struct sample *s)
{
    return ml_dsa_verify(s->signature.ptr, s->key.ptr, buf_slice(&s->message));
}

static void signatures_of_another_implementation_verify(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLES; i++)
        assert_true(verifies(&samples[i]));
}

static void one_wrong_bit_anywhere_is_seen(void **state)
{
    (void)state;
    struct sample *s = &samples[0];
    const struct buf *const fields[] = {&s->key, &s->signature, &s->message};
    for (int f = 0; f < 3; f++) {
        for (size_t i = 0; i < fields[f]->len; i += fields[f]->len / 32) {
            fields[f]->ptr[i] ^= (uint8_t)(1 << i % 8);
            assert_false(verifies(s));
            fields[f]->ptr[i] ^= (uint8_t)(1 << i % 8);
        }
    }
    assert_true(verifies(s));
}

static void keys_do_not_verify_each_others_signatures(void **state)
{
    (void)state;
    struct sample mixed = {samples[0].key, samples[1].signature, samples[1].message};
    assert_false(verifies(&mixed));
}

/* Hints: a count per polynomial that falls or is too high, places that do not ascend, something behind the last one. Coefficients of z at their
 * bound. Each is refused before anything is computed. */
static void malformed_signatures_are_refused(void **state)
{
    (void)state;
    enum { HINTS_AT = 48 + 5 * 640, OMEGA = 55 };
    struct sample *s = &samples[0];
    uint8_t held[ML_DSA_SIGNATURE_LEN], *hints = s->signature.ptr + HINTS_AT;
    __builtin_memcpy(held, s->signature.ptr, sizeof held);
    hints[OMEGA + 5] = OMEGA + 1;
    assert_false(verifies(s));
    hints[OMEGA + 5] = held[HINTS_AT + OMEGA + 5];
    hints[OMEGA] = (uint8_t)(held[HINTS_AT + OMEGA + 1] + 1);
    assert_false(verifies(s));
    __builtin_memcpy(s->signature.ptr, held, sizeof held);
    hints[1] = hints[0];
    assert_false(verifies(s));
    __builtin_memcpy(s->signature.ptr, held, sizeof held);
    hints[OMEGA - 1] = 1;
    assert_false(verifies(s));
    __builtin_memcpy(s->signature.ptr, held, sizeof held);
    s->signature.ptr[48] = s->signature.ptr[49] = 0; /* GAMMA1 - 0, give or take its highest bits */
    s->signature.ptr[50] &= 0xf0;
    assert_false(verifies(s));
    __builtin_memcpy(s->signature.ptr, held, sizeof held);
    assert_true(verifies(s));
}

static void zeros_are_no_signature(void **state)
{
    (void)state;
    static const uint8_t signature[ML_DSA_SIGNATURE_LEN], key[ML_DSA_PUBLIC_LEN];
    assert_false(ml_dsa_verify(signature, key, SLICE("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_of_another_implementation_verify),
        cmocka_unit_test(one_wrong_bit_anywhere_is_seen),
        cmocka_unit_test(keys_do_not_verify_each_others_signatures),
        cmocka_unit_test(malformed_signatures_are_refused),
        cmocka_unit_test(zeros_are_no_signature),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
