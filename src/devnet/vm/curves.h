/* Pairing curves of the engine library (third_party/engine): alt_bn128 and BLS12-381 over the crates that the network uses.
 *
 * All functions borrow their input until they return, check every byte of it and write `out` only when they succeed (but what map and
 * decompress have done before an invalid item stays). Lengths of `out` are in bytes. Source of the encodings: NEAR protocol 85.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* alt_bn128: field elements and scalars are 32 bytes, little-endian. */

enum { BN128_G1_LEN = 64, BN128_SUM_ITEM_LEN = 65, BN128_MULTIEXP_ITEM_LEN = 96, BN128_PAIRING_ITEM_LEN = 192 };

enum bn128_status {
    BN128_OK,
    BN128_LENGTH, /* not a whole number of items */
    BN128_BOOL,   /* a sign that is neither 0 nor 1 */
    BN128_FQ,     /* a coordinate that is not reduced */
    BN128_FR,     /* a scalar that is not reduced */
    BN128_G1,     /* not on the curve */
    BN128_G2,     /* not on the twist, or not in its subgroup */
};

/* After a fault *fault_at and *fault_len say which bytes of the input it is about; the first one counts. */
enum bn128_status outlayer_bn128_g1_sum(const uint8_t *items, size_t len, uint8_t out[BN128_G1_LEN], size_t *fault_at,
                                        size_t *fault_len);
enum bn128_status outlayer_bn128_g1_multiexp(const uint8_t *items, size_t len, uint8_t out[BN128_G1_LEN], size_t *fault_at,
                                             size_t *fault_len);
enum bn128_status outlayer_bn128_pairing_check(const uint8_t *items, size_t len, bool *is_one, size_t *fault_at,
                                               size_t *fault_len);

/* BLS12-381: field elements are 48 bytes, big-endian; scalars 32 bytes, little-endian. */

enum bls12381_status {
    BLS12381_OK,
    BLS12381_INVALID, /* a malformed item, or not a whole number of them */
    BLS12381_NOT_ONE, /* the product of the pairings is not one */
};

typedef enum bls12381_status bls12381_fn(const uint8_t *input, size_t len, uint8_t *out);

/* One point from all items: 96 bytes, 192 for G2. */
bls12381_fn outlayer_bls12381_p1_sum;      /* items of 97 bytes: sign, point */
bls12381_fn outlayer_bls12381_p2_sum;      /* 193: sign, point */
bls12381_fn outlayer_bls12381_g1_multiexp; /* 128: point, scalar */
bls12381_fn outlayer_bls12381_g2_multiexp; /* 224: point, scalar */
/* A point from each item, twice as long as the item. */
bls12381_fn outlayer_bls12381_map_fp_to_g1;  /* 48 */
bls12381_fn outlayer_bls12381_map_fp2_to_g2; /* 96 */
bls12381_fn outlayer_bls12381_p1_decompress; /* 48 */
bls12381_fn outlayer_bls12381_p2_decompress; /* 96 */

/* Items of 288 bytes: G1 point, G2 point. */
enum bls12381_status outlayer_bls12381_pairing_check(const uint8_t *input, size_t len);
