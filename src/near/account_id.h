/* NEAR account ids: 2 to 64 bytes of a-z 0-9 - _ . without a separator at either end or two in a row.
 * Source: NEAR protocol specification, "Accounts". */
#pragma once
#include "base/err.h"
#include "base/slice.h"

enum { ACCOUNT_ID_MIN = 2, ACCOUNT_ID_MAX = 64 };

/* Held by value and always valid; zero-terminated for printing. */
struct account_id {
    uint8_t len;
    char text[ACCOUNT_ID_MAX + 1];
};

bool account_id_is_valid(struct slice text);

/* ERR_INVALID says which rule `text` breaks; *out is untouched then. */
struct err *account_id_parse(struct slice text, struct account_id *out);

static inline struct slice account_id_slice(const struct account_id *id)
{
    return (struct slice){(const uint8_t *)id->text, id->len};
}

static inline bool account_id_eq(const struct account_id *a, const struct account_id *b)
{
    return slice_eq(account_id_slice(a), account_id_slice(b));
}

enum account_kind { ACCOUNT_NAMED, ACCOUNT_NEAR_IMPLICIT, ACCOUNT_ETH_IMPLICIT, ACCOUNT_DETERMINISTIC };

/* By shape alone: 64 lower-case hex digits, 0x and 40, 0s and 40, or anything else. */
enum account_kind account_id_kind(struct slice id);

/* No dot in it. */
bool account_id_is_top_level(struct slice id);

/* The public network that an account of this name looks to be on: "testnet" or "mainnet" by its ending; NULL where it does not tell, which includes test.near and
 * all below it, the genesis account of development chains. A name is no proof of a chain: this is good for refusing and for defaults, never for trust. */
const char *account_id_public_network(struct slice id);

/* `child` is `<label>.<parent>` with no dot in the label. */
bool account_id_is_child_of(struct slice child, struct slice parent);
