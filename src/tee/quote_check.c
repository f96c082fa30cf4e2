#include "tee/quote_check.h"
#include "crypto/p256.h"
#include <openssl/sha.h>
#include <string.h>

/* OpenSSL's, because it uses the processor's instructions. */
static void sha256(struct slice bytes, uint8_t hash[32])
{
    SHA256(bytes.ptr, bytes.len, hash);
}

const struct dcap_crypto quote_check_crypto = {sha256, p256_verify};

/* Memory for the collateral and for the chain of a quote. */
static struct room room_for(struct quote_check *c, size_t collateral_len, size_t quote_len)
{
    size_t len = DCAP_ROOM_LEN(collateral_len) + quote_len;
    buf_clear(&c->memory);
    return (struct room){buf_reserve(&c->memory, len), len};
}

static bool compile(struct quote_check *c, struct slice root, struct slice json, struct room *room)
{
    struct dcap_anchor anchor;
    memset(&c->report, 0, sizeof c->report);
    dcap_anchor_read(&quote_check_crypto, root, &anchor);
    return dcap_collateral_read(json, room, &c->collateral, &c->report.fault) &&
           dcap_compile(&quote_check_crypto, &anchor, &c->collateral, room, &c->record, &c->report);
}

bool quote_check_run(struct quote_check *c, struct slice root, struct slice quote, struct slice collateral_json, uint64_t now)
{
    struct room room = room_for(c, collateral_json.len, quote.len);
    return compile(c, root, collateral_json, &room) &&
           dcap_check_quote(&quote_check_crypto, &c->record, quote, c->collateral.pck_chain, now, &room, &c->report);
}

bool quote_check_collateral(struct quote_check *c, struct slice root, struct slice collateral_json, uint64_t now)
{
    struct room room = room_for(c, collateral_json.len, 0);
    return compile(c, root, collateral_json, &room) && dcap_check_dates(&c->record, now, &c->report);
}

void quote_check_free(struct quote_check *c)
{
    buf_free(&c->memory);
    memset(c, 0, sizeof *c);
}
