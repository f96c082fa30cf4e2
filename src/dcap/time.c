#include "dcap/time.h"

enum { DAY_S = 86400, YEAR_MIN = 1970, YEAR_MAX = 9999, ERA_DAYS = 146097, EPOCH_DAYS = 719468 };

enum civil_field { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, FIELDS };

struct civil {
    uint32_t of[FIELDS];
};

static uint32_t days_in(const struct civil *c)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (c->of[YEAR] % 4 == 0 && c->of[YEAR] % 100 != 0) || c->of[YEAR] % 400 == 0;
    return days[c->of[MONTH] - 1] + (c->of[MONTH] == 2 && leap);
}

static bool is_real(const struct civil *c)
{
    return c->of[YEAR] >= YEAR_MIN && c->of[YEAR] <= YEAR_MAX && c->of[MONTH] >= 1 && c->of[MONTH] <= 12 && c->of[DAY] >= 1 &&
           c->of[DAY] <= days_in(c) && c->of[HOUR] < 24 && c->of[MINUTE] < 60 && c->of[SECOND] < 60;
}

/* Days since 1970 in the Gregorian calendar, with years that start in March (H. Hinnant, "chrono-compatible low-level date algorithms"). */
static uint32_t days_since_epoch(const struct civil *c)
{
    uint32_t year = c->of[YEAR] - (c->of[MONTH] <= 2), era = year / 400, of_era = year % 400;
    uint32_t of_year = (153 * (c->of[MONTH] > 2 ? c->of[MONTH] - 3 : c->of[MONTH] + 9) + 2) / 5 + c->of[DAY] - 1;
    return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAYS;
}

/* `form` has a letter for every character of the text: one of `letters` for a digit of that field, anything else for itself. */
static bool read_form(const char *form, struct slice text, struct civil *out)
{
    static const char letters[FIELDS + 1] = "YMDhms";
    size_t i = 0;
    for (; i < text.len && form[i]; i++) {
        size_t field = 0;
        while (letters[field] && letters[field] != form[i])
            field++;
        uint8_t digit = (uint8_t)(text.ptr[i] - '0');
        if (letters[field] ? digit > 9 : text.ptr[i] != (uint8_t)form[i])
            return false;
        if (letters[field])
            out->of[field] = out->of[field] * 10 + digit;
    }
    return i == text.len && !form[i];
}

static bool read_time(const char *form, struct slice text, uint64_t *seconds)
{
    struct civil c = {0};
    if (!read_form(form, text, &c))
        return false;
    if (form[2] == 'M') /* a year of two digits */
        c.of[YEAR] += c.of[YEAR] < 50 ? 2000 : 1900;
    if (!is_real(&c))
        return false;
    *seconds = (uint64_t)days_since_epoch(&c) * DAY_S + c.of[HOUR] * 3600 + c.of[MINUTE] * 60 + c.of[SECOND];
    return true;
}

bool time_from_utc(struct slice text, uint64_t *seconds)
{
    return read_time("YYMMDDhhmmssZ", text, seconds);
}

bool time_from_generalized(struct slice text, uint64_t *seconds)
{
    return read_time("YYYYMMDDhhmmssZ", text, seconds);
}

bool time_from_rfc3339(struct slice text, uint64_t *seconds)
{
    return read_time("YYYY-MM-DDThh:mm:ssZ", text, seconds);
}

static void write_digits(uint32_t value, size_t count, char *out)
{
    while (count--) {
        out[count] = (char)('0' + value % 10);
        value /= 10;
    }
}

void time_to_rfc3339(uint64_t seconds, char out[TIME_TEXT_LEN])
{
    uint32_t of_day = (uint32_t)(seconds % DAY_S), days = (uint32_t)(seconds / DAY_S) + EPOCH_DAYS;
    uint32_t era = days / ERA_DAYS, of_era = days % ERA_DAYS;
    uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
    __builtin_memcpy(out, "0000-00-00T00:00:00Z", TIME_TEXT_LEN);
    write_digits(era * 400 + year + (month >= 10), 4, out);
    write_digits(month < 10 ? month + 3 : month - 9, 2, out + 5);
    write_digits(of_year - (153 * month + 2) / 5 + 1, 2, out + 8);
    write_digits(of_day / 3600, 2, out + 11);
    write_digits(of_day / 60 % 60, 2, out + 14);
    write_digits(of_day % 60, 2, out + 17);
}
