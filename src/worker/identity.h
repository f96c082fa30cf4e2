/* Who a worker is: a key made inside its enclave and kept in its data folder, and the source of quotes that binds the key to the enclave.
 *
 * | TEE_MODE     | key        | quotes                                                   |
 * |--------------|------------|----------------------------------------------------------|
 * | none         | –          | –: nothing is attested                                   |
 * | outlayer_tee | kept, 0600 | the machine's (tee/quote_source)                         |
 * | simulator    | kept, 0600 | the simulator's, by the seed in TEE_SIMULATOR_SEED_FILE; never on testnet or mainnet |
 */
#pragma once
#include "near/key.h"
#include "tee/quote_source/quote_source.h"
#include "worker/settings.h"

struct identity {
    struct secret_key key;
    struct public_key public_key;
    char text[KEY_TEXT_MAX];     /* of the public key */
    struct quote_source *quotes; /* NULL: this worker attests nothing */
};

/* Reads or makes the key and finds the source of quotes. The zero value is no identity. */
struct err *identity_open(const struct worker_settings *s, struct identity *out);
void identity_close(struct identity *i);

static inline bool identity_attests(const struct identity *i)
{
    return i->quotes != NULL;
}

/* A quote that binds the key: report data is the raw key, then 32 zero bytes. Appends to `out`. */
struct err *identity_quote(const struct identity *i, struct buf *out);

/* Puts the key on the chain, unless it is there: waits until the register contract (the operator's account) approves the measurements, then sends the quote from the
 * init account. ERR_DENIED when they are not approved in time, ERR_INVALID when the contract refuses the quote; its words are in the text. */
struct stop;
struct err *identity_register(const struct identity *i, const struct worker_settings *s, struct stop *stop);
