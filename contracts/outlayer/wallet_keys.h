/* Keys of wallets and agents: `ed25519:<64 hex>` or `secp256k1:<66 hex, compressed>`, and signatures by them in hex. Hex is read in either
 * case. Everything that is wrong ends the call with the interface's text. */
#pragma once
#include "kit/kit.h"

enum wallet_key_kind { WALLET_ED25519, WALLET_SECP256K1 };

struct wallet_key {
    enum wallet_key_kind kind;
    uint8_t bytes[33]; /* 32 of an ed25519 key */
    struct slice text; /* as it is kept: hex in lower case */
};

void wallet_key_parse(struct slice text, struct wallet_key *key);
/* The signature is over the SHA-256 of the message. */
void wallet_key_verify(const struct wallet_key *key, struct slice message, struct slice signature_hex);
