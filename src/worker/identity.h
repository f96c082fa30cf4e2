/* Who a worker is: a key made inside its enclave and kept in its data folder, and the source of quotes that binds the key to the enclave.
 *
 * | TEE_MODE     | key        | quotes                                                   |
 * |--------------|------------|----------------------------------------------------------|
 * | none         | –          | –: nothing is attested                                   |
 * | outlayer_tee | kept, 0600 | the machine's (tee/quote_source)                         |
 * | simulator    | kept, 0600 | the simulator's, by the seed in TEE_SIMULATOR_SEED_FILE; never on testnet or mainnet |
 *
 * The key may be replaced while threads use it (worker/admission.h): they take copies.
 */
#pragma once
#include "near/key.h"
#include "tee/quote_source/quote_source.h"
#include "worker/settings.h"
#include <pthread.h>

enum { IDENTITY_NONCE_LEN = 32 };

struct identity {
    pthread_mutex_t key_lock, quote_lock; /* a quote takes its time */
    struct secret_key key;
    struct quote_source *quotes; /* NULL: this worker attests nothing */
};

/* Reads or makes the key and finds the source of quotes. With TEE_MODE=none it is an identity without either. To be closed in any case. */
struct err *identity_open(const struct worker_settings *s, struct identity *out);
void identity_close(struct identity *i);

static inline bool identity_attests(const struct identity *i)
{
    return i->quotes != NULL;
}

/* A copy of the present key, for the caller to wipe. */
void identity_key(struct identity *i, struct secret_key *out);
struct public_key identity_public_key(struct identity *i);

/* Makes a new key, stores it in place of the old one, in one step, and wipes the old one. After an error the old one stands. */
struct err *identity_renew(struct identity *i, const struct worker_settings *s);

/* A quote of this report data; appends to `out`. */
struct err *identity_quote(struct identity *i, const uint8_t report_data[REPORT_DATA_LEN], struct buf *out);

/* A quote that binds the present key: report data is the raw key, then `nonce` (NULL: zeros). Appends to `out`. */
struct err *identity_quote_key(struct identity *i, const uint8_t nonce[IDENTITY_NONCE_LEN], struct buf *out);
