/* Arguments of the register contract's methods, for tests: made of quotes as they are, which need not be good ones. */
#pragma once
#include "codec/base58.h"
#include "codec/hex.h"
#include "dcap/quote.h"
#include <jansson.h>
#include <string.h>

#define OWNER    "owner.near"
#define WORKER   "init-worker.near"
#define OUTLAYER "outlayer.near"

/* Whose key nobody has. */
#define ZERO_KEY "ed25519:11111111111111111111111111111111"

static inline json_t *accounts(void)
{
    return json_pack("{s:s, s:s, s:s}", "owner_id", OWNER, "init_worker_account", WORKER, "outlayer_contract_id", OUTLAYER);
}

static inline json_t *hex_value(struct slice bytes)
{
    AUTO(buf) struct buf text = {0};
    hex_append(&text, bytes);
    return json_stringn((const char *)text.ptr, text.len);
}

static inline json_t *measurements_of(struct slice bytes)
{
    struct quote q;
    json_t *m = json_object();
    if (quote_read(bytes, &q) != QUOTE_FINE || !q.td)
        return m;
    static const char *const names[] = {"rtmr0", "rtmr1", "rtmr2", "rtmr3"};
    json_object_set_new(m, "mrtd", hex_value(slice_from(q.td->mr_td, 48)));
    for (size_t i = 0; i < 4; i++)
        json_object_set_new(m, names[i], hex_value(slice_from(q.td->rtmr[i], 48)));
    return m;
}

/* The key that the quote's report data names. */
static inline json_t *key_of(struct slice bytes)
{
    struct quote q;
    char text[64] = ZERO_KEY;
    if (quote_read(bytes, &q) == QUOTE_FINE && q.td)
        text[8 + base58_encode(slice_from(q.td->report_data, 32), text + 8)] = '\0';
    return json_string(text);
}

static inline json_t *registration(struct slice quote)
{
    return json_pack("{s:o, s:o}", "public_key", key_of(quote), "tdx_quote_hex", hex_value(quote));
}

static inline json_t *collateral_at(struct slice text, int index)
{
    return json_pack("{s:s%, s:i}", "collateral", text.ptr, text.len, "index", index);
}

static inline json_t *approval(struct slice quote)
{
    return json_pack("{s:o}", "measurements", measurements_of(quote));
}
