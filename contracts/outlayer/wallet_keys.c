#include "outlayer/wallet_keys.h"
#include "codec/hex.h"

enum { ED25519_LEN = 32, COMPRESSED_LEN = 33, SECP256K1_SIGNATURE_LEN = 65 };

static struct slice hex_bytes(struct slice text, const char *fault)
{
    struct buf *bytes = buf_new();
    require_text(hex_decode_append(text, bytes, NULL), "{}", fault);
    return buf_slice(bytes);
}

void wallet_key_parse(struct slice text, struct wallet_key *key)
{
    struct slice type, hex = slice_cut(text, ':', &type);
    struct buf *canonical = buf_new();
    require_text(hex.ptr, "Invalid public key format. Expected 'ed25519:<hex>' or 'secp256k1:<hex>'");
    bool ed25519 = slice_eq(type, SLICE("ed25519"));
    require_text(ed25519 || slice_eq(type, SLICE("secp256k1")), "Unsupported key type '{}'. Must be 'ed25519' or 'secp256k1'",
                 escaped(type));
    struct slice bytes = hex_bytes(hex, "Invalid hex encoding in the public key");
    key->kind = ed25519 ? WALLET_ED25519 : WALLET_SECP256K1;
    if (ed25519)
        require_text(bytes.len == ED25519_LEN, "Ed25519 public key must be 32 bytes, got {}", (uint64_t)bytes.len);
    else
        require_text(bytes.len == COMPRESSED_LEN, "Secp256k1 compressed public key must be 33 bytes, got {}",
                     (uint64_t)bytes.len);
    require_text(ed25519 || bytes.ptr[0] == 2 || bytes.ptr[0] == 3, "Secp256k1 compressed key must start with 0x02 or 0x03");
    __builtin_memcpy(key->bytes, bytes.ptr, bytes.len);
    append_text(canonical, "{}:", type);
    hex_append(canonical, bytes);
    key->text = buf_slice(canonical);
}

static void verify_ed25519(const struct wallet_key *key, const uint8_t hash[SHA256_LEN], struct slice signature)
{
    require_text(signature.len == ED25519_SIGNATURE_LEN, "Ed25519 signature must be 64 bytes, got {}", (uint64_t)signature.len);
    require_text(ed25519_verify(signature.ptr, slice_from(hash, SHA256_LEN), key->bytes), "Invalid Ed25519 wallet signature");
}

static void verify_secp256k1(const struct wallet_key *key, const uint8_t hash[SHA256_LEN], struct slice signature)
{
    uint8_t found[SECP256K1_KEY_LEN];
    require_text(signature.len == SECP256K1_SIGNATURE_LEN,
                 "Secp256k1 signature must be 65 bytes (64 sig + 1 recovery id), got {}", (uint64_t)signature.len);
    uint8_t v = signature.ptr[SECP256K1_SIGNATURE_LEN - 1];
    require_text(v <= 1, "Recovery id (v) must be 0 or 1, got {}", (uint64_t)v);
    require_text(secp256k1_recover(signature.ptr, v, hash, found), "Secp256k1 signature recovery failed");
    uint8_t sign = 2 + (found[SECP256K1_KEY_LEN - 1] & 1); /* compressed: whether y is odd, and x */
    require_text(sign == key->bytes[0] && slice_eq(slice_from(found, 32), slice_from(key->bytes + 1, 32)),
                 "Recovered secp256k1 public key does not match wallet_pubkey");
}

void wallet_key_verify(const struct wallet_key *key, struct slice message, struct slice signature_hex)
{
    uint8_t hash[SHA256_LEN];
    struct slice signature = hex_bytes(signature_hex, "Invalid hex encoding in wallet_signature");
    sha256(message, hash);
    if (key->kind == WALLET_ED25519)
        verify_ed25519(key, hash, signature);
    else
        verify_secp256k1(key, hash, signature);
}
