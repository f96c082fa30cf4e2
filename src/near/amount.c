#include "near/amount.h"
#include <stdio.h>
#include <strings.h>

/* Units by name; the number may have that many decimals. */
static const struct {
    const char *name;
    unsigned decimals;
} units[] = {{"near", NEAR_DECIMALS}, {"yocto", 0}, {"yoctonear", 0}, {"", 0}};

static bool is_number_part(uint8_t c)
{
    return (c >= '0' && c <= '9') || c == '.';
}

static bool find_unit(struct slice name, unsigned *decimals)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct slice known = slice_str(units[i].name);
        if (name.len == known.len && (!name.len || !strncasecmp((const char *)name.ptr, units[i].name, name.len))) {
            *decimals = units[i].decimals;
            return true;
        }
    }
    return false;
}

/* `whole` and `fraction` as one integer, with zeros behind up to `decimals`. */
static bool parse_decimal(struct slice whole, struct slice fraction, unsigned decimals, u128 *out)
{
    u128 value = 0, part = 0;
    if (fraction.len > decimals || !u128_parse(whole, &value) || (fraction.len && !u128_parse(fraction, &part)))
        return false;
    for (unsigned i = 0; i < decimals; i++) {
        if (!u128_mul(value, 10, &value))
            return false;
    }
    for (size_t i = fraction.len; i < decimals; i++)
        part *= 10; /* stays below 10^24 */
    if (!u128_add(value, part, &value))
        return false;
    *out = value;
    return true;
}

struct err *amount_parse(struct slice text, u128 *out_yocto)
{
    size_t n = 0;
    while (n < text.len && is_number_part(text.ptr[n]))
        n++;
    struct slice unit = slice_skip(text, n), whole;
    if (unit.len && unit.ptr[0] == ' ')
        unit = slice_skip(unit, 1);
    struct slice fraction = slice_cut(slice_first(text, n), '.', &whole);
    bool empty_fraction = fraction.ptr && fraction.len == 0;
    unsigned decimals = 0;
    if (!find_unit(unit, &decimals) || empty_fraction || !parse_decimal(whole, fraction, decimals, out_yocto))
        return err_new(ERR_INVALID, "amount `%.*s` is not one: write `5 NEAR`, `0.01 NEAR` or `1 yocto` (at most 24 decimals)",
                       SLICE_FMT(slice_first(text, 64)));
    return NULL;
}

const char *amount_text(u128 yocto, char out[AMOUNT_TEXT_MAX])
{
    const u128 million = 1000000, near = million * million * million * million;
    char digits[U128_DIGITS_MAX];
    if (yocto && yocto < near / million) {
        snprintf(out, AMOUNT_TEXT_MAX, "%.*s yocto", (int)u128_format(yocto, digits), digits);
        return out;
    }
    char fraction[NEAR_DECIMALS + 1] = {0};
    u128 rest = yocto % near;
    for (size_t i = NEAR_DECIMALS; i-- > 0; rest /= 10)
        fraction[i] = (char)('0' + (unsigned)(rest % 10));
    size_t kept = NEAR_DECIMALS;
    while (kept && fraction[kept - 1] == '0')
        kept--;
    int whole_len = (int)u128_format(yocto / near, digits);
    snprintf(out, AMOUNT_TEXT_MAX, "%.*s%s%.*s NEAR", whole_len, digits, kept ? "." : "", (int)kept, fraction);
    return out;
}
