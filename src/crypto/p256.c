#include "crypto/p256.h"
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

enum {
    SCALAR_LEN = 32,
    POINT_UNCOMPRESSED = 4,
    INTEGER_TAG = 2,
    SEQUENCE_TAG = 0x30,
    SIGNATURE_DER_MAX = 2 + 2 * (3 + SCALAR_LEN)
};

/* Making a key object is a third of a verification, so each thread keeps one and puts one public key after the other into it. */
static pthread_key_t slot;
static pthread_once_t slot_made = PTHREAD_ONCE_INIT;

static void free_key(void *key)
{
    EVP_PKEY_free(key);
}

static void make_slot(void)
{
    pthread_key_create(&slot, free_key);
}

static EVP_PKEY *key_of_thread(void)
{
    pthread_once(&slot_made, make_slot);
    EVP_PKEY *key = pthread_getspecific(slot);
    if (!key) {
        key = EVP_EC_gen("P-256");
        pthread_setspecific(slot, key);
    }
    return key;
}

/* DER INTEGER of a scalar; returns its end. */
static uint8_t *put_integer(uint8_t *at, const uint8_t *scalar)
{
    size_t skip = 0;
    while (skip < SCALAR_LEN - 1 && scalar[skip] == 0)
        skip++;
    size_t len = SCALAR_LEN - skip, pad = scalar[skip] >> 7;
    *at++ = INTEGER_TAG;
    *at++ = (uint8_t)(len + pad);
    if (pad)
        *at++ = 0;
    memcpy(at, scalar + skip, len);
    return at + len;
}

/* Ecdsa-Sig-Value, which is what OpenSSL takes; returns its length. */
static size_t put_signature(const uint8_t *signature, uint8_t *out)
{
    uint8_t *end = put_integer(put_integer(out + 2, signature), signature + SCALAR_LEN);
    out[0] = SEQUENCE_TAG;
    out[1] = (uint8_t)(end - out - 2);
    return (size_t)(end - out);
}

bool p256_verify(const uint8_t signature[P256_SIGNATURE_LEN], const uint8_t digest[P256_DIGEST_LEN],
                 const uint8_t key[P256_KEY_LEN])
{
    uint8_t der[SIGNATURE_DER_MAX], point[1 + P256_KEY_LEN] = {POINT_UNCOMPRESSED};
    EVP_PKEY *pkey = key_of_thread();
    memcpy(point + 1, key, P256_KEY_LEN);
    size_t len = put_signature(signature, der);
    EVP_PKEY_CTX *context =
        pkey && EVP_PKEY_set1_encoded_public_key(pkey, point, sizeof point) == 1 ? EVP_PKEY_CTX_new(pkey, NULL) : NULL;
    bool ok = context && EVP_PKEY_verify_init(context) == 1 && EVP_PKEY_verify(context, der, len, digest, P256_DIGEST_LEN) == 1;
    EVP_PKEY_CTX_free(context);
    if (!ok)
        ERR_clear_error();
    return ok;
}
