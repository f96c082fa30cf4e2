#include "near/account_id.h"

static bool is_separator(uint8_t c)
{
    return c == '-' || c == '_' || c == '.';
}

static bool is_label(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* The rule that `text` breaks, or NULL. */
static const char *broken_rule(struct slice text)
{
    if (text.len < ACCOUNT_ID_MIN || text.len > ACCOUNT_ID_MAX)
        return "must have 2 to 64 characters";
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (!is_label(c) && !is_separator(c))
            return "may have only a-z, 0-9, `-`, `_` and `.`";
        if (is_separator(c) && (i == 0 || i + 1 == text.len))
            return "must start and end with a letter or digit";
        if (is_separator(c) && is_separator(text.ptr[i - 1]))
            return "must not have two separators in a row";
    }
    return NULL;
}

bool account_id_is_valid(struct slice text)
{
    return !broken_rule(text);
}

struct err *account_id_parse(struct slice text, struct account_id *out)
{
    const char *rule = broken_rule(text);
    if (rule)
        return err_new(ERR_INVALID, "account id `%.*s` %s", SLICE_FMT(slice_first(text, ACCOUNT_ID_MAX + 1)), rule);
    *out = (struct account_id){.len = (uint8_t)text.len};
    __builtin_memcpy(out->text, text.ptr, text.len);
    return NULL;
}

static bool is_lower_hex(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
    }
    return true;
}

enum account_kind account_id_kind(struct slice id)
{
    if (id.len == 64 && is_lower_hex(id))
        return ACCOUNT_NEAR_IMPLICIT;
    if (id.len == 42 && is_lower_hex(slice_skip(id, 2))) {
        if (slice_starts_with(id, SLICE("0x")))
            return ACCOUNT_ETH_IMPLICIT;
        if (slice_starts_with(id, SLICE("0s")))
            return ACCOUNT_DETERMINISTIC;
    }
    return ACCOUNT_NAMED;
}

bool account_id_is_top_level(struct slice id)
{
    struct slice head;
    slice_cut(id, '.', &head);
    return head.len == id.len;
}

bool account_id_is_child_of(struct slice child, struct slice parent)
{
    struct slice label;
    struct slice rest = slice_cut(child, '.', &label);
    return rest.ptr && label.len && slice_eq(rest, parent);
}

const char *account_id_public_network(struct slice id)
{
    if (slice_ends_with(id, SLICE(".testnet")))
        return "testnet";
    bool is_dev = slice_ends_with(id, SLICE(".test.near")) || slice_eq_str(id, "test.near");
    return slice_ends_with(id, SLICE(".near")) && !is_dev ? "mainnet" : NULL;
}
