/* Hashes and signatures. None of them pays the base fee. */
#include "crypto/ed25519.h"
#include "devnet/vm/host.h"
#include "devnet/vm/imports.h"
#include "devnet/vm/keccak.h"
#include <openssl/evp.h>

bool host_fn_sha256(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice bytes;
    CHECK(host_pay(run, VM_COST_SHA256_BASE, 1));
    CHECK(host_read_input(run, args[0], args[1], &bytes));
    CHECK(host_pay(run, VM_COST_SHA256_BYTE, bytes.len));
    struct hash hash = hash_sha256(bytes);
    return host_set_register(run, args[2], hash_slice(&hash));
}

bool host_fn_keccak256(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice bytes;
    uint8_t digest[32];
    CHECK(host_pay(run, VM_COST_KECCAK256_BASE, 1));
    CHECK(host_read_input(run, args[0], args[1], &bytes));
    CHECK(host_pay(run, VM_COST_KECCAK256_BYTE, bytes.len));
    keccak(bytes, digest, sizeof digest);
    return host_set_register(run, args[2], slice_from(digest, sizeof digest));
}

bool host_fn_keccak512(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice bytes;
    uint8_t digest[64];
    CHECK(host_pay(run, VM_COST_KECCAK512_BASE, 1));
    CHECK(host_read_input(run, args[0], args[1], &bytes));
    CHECK(host_pay(run, VM_COST_KECCAK512_BYTE, bytes.len));
    keccak(bytes, digest, sizeof digest);
    return host_set_register(run, args[2], slice_from(digest, sizeof digest));
}

bool host_fn_ripemd160(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice bytes;
    uint8_t digest[20];
    CHECK(host_pay(run, VM_COST_RIPEMD160_BASE, 1));
    CHECK(host_read_input(run, args[0], args[1], &bytes));
    CHECK(host_pay(run, VM_COST_RIPEMD160_BLOCK, (bytes.len + 8) / 64 + 1));
    if (!EVP_Digest(bytes.ptr, bytes.len, digest, NULL, EVP_ripemd160(), NULL))
        return host_fail(run, HOST_INTEGER_OVERFLOW);
    return host_set_register(run, args[2], slice_from(digest, sizeof digest));
}

bool host_fn_ed25519_verify(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    struct slice signature, message, key;
    *result = 0;
    CHECK(host_pay(run, VM_COST_ED25519_VERIFY_BASE, 1));
    CHECK(host_read_input(run, args[0], args[1], &signature));
    if (signature.len != ED25519_SIGNATURE_LEN)
        return host_fail_text(run, HOST_ED25519_VERIFY_INVALID_INPUT, SLICE("invalid signature length"));
    if (signature.ptr[63] & 0xe0)
        return true; /* no reduced scalar looks so; the message is not even charged */
    CHECK(host_read_input(run, args[2], args[3], &message));
    CHECK(host_pay(run, VM_COST_ED25519_VERIFY_BYTE, message.len));
    CHECK(host_read_input(run, args[4], args[5], &key));
    if (key.len != ED25519_PUBLIC_LEN)
        return host_fail_text(run, HOST_ED25519_VERIFY_INVALID_INPUT, SLICE("invalid public key length"));
    *result = ed25519_verify(key.ptr, message, signature.ptr);
    return true;
}
