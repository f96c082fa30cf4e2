#include "register/measurements.h"
#include "codec/hex.h"

static const struct field measurements_fields[] = {
    FIELD(struct measurements_text, mrtd),  FIELD(struct measurements_text, rtmr0), FIELD(struct measurements_text, rtmr1),
    FIELD(struct measurements_text, rtmr2), FIELD(struct measurements_text, rtmr3),
};
const struct schema measurements_schema = STRUCT("ApprovedMeasurements", struct measurements_text, measurements_fields);

/* The five texts are one slice after the other. */
_Static_assert(sizeof(struct measurements_text) == MEASUREMENTS * sizeof(struct slice), "five slices");

static const struct slice *texts_of(const struct measurements_text *t)
{
    return &t->mrtd;
}

void measurements_of(const struct td_report *td, uint8_t out[MEASUREMENTS_LEN])
{
    __builtin_memcpy(out, td->mr_td, MEASUREMENT_LEN);
    __builtin_memcpy(out + MEASUREMENT_LEN, td->rtmr, sizeof td->rtmr);
}

void measurements_write(const uint8_t bytes[MEASUREMENTS_LEN], struct measurements_text *out)
{
    struct slice *texts = &out->mrtd;
    for (size_t i = 0; i < MEASUREMENTS; i++)
        texts[i] = hex_of(slice_from(bytes + i * MEASUREMENT_LEN, MEASUREMENT_LEN));
}

bool measurements_read(const struct measurements_text *text, uint8_t out[MEASUREMENTS_LEN])
{
    for (size_t i = 0; i < MEASUREMENTS; i++) {
        if (!hex_decode(texts_of(text)[i], out + i * MEASUREMENT_LEN, MEASUREMENT_LEN, NULL))
            return false;
    }
    return true;
}

static struct slice list_key(void)
{
    return storage_key_text(KEY_APPROVED, SLICE(""));
}

static struct slice load_list(void)
{
    return storage_read(list_key());
}

void measurements_save(struct slice list)
{
    struct slice key = list_key();
    if (list.len)
        storage_write(key, list);
    else
        storage_remove(key);
}

/* Where they stand in the list; its length when they do not. */
static size_t find(struct slice list, const uint8_t bytes[MEASUREMENTS_LEN])
{
    size_t at = 0;
    while (at < list.len && !slice_eq(slice_first(slice_skip(list, at), MEASUREMENTS_LEN), slice_from(bytes, MEASUREMENTS_LEN)))
        at += MEASUREMENTS_LEN;
    return at;
}

bool measurements_are_approved(const uint8_t bytes[MEASUREMENTS_LEN])
{
    struct slice list = load_list();
    return find(list, bytes) < list.len;
}

struct slice measurements_key(const uint8_t bytes[MEASUREMENTS_LEN])
{
    return storage_key_hash(KEY_MEMBERS, slice_from(bytes, MEASUREMENTS_LEN));
}

/* Methods */

struct measurements_args {
    struct measurements_text measurements;
    bool clear_others, has_clear_others;
};
static const struct field measurements_args_fields[] = {
    FIELD_OF(struct measurements_args, measurements, &measurements_schema),
    FIELD_OPT(struct measurements_args, clear_others),
};
static const struct schema measurements_args_schema = STRUCT("Input", struct measurements_args, measurements_args_fields);

static void check_texts(const struct measurements_text *text)
{
    enum { DIGITS = 2 * MEASUREMENT_LEN };
    uint8_t bytes[MEASUREMENT_LEN];
    for (size_t i = 0; i < MEASUREMENTS; i++) {
        struct slice name = field_name(&measurements_fields[i]), digits = texts_of(text)[i];
        require_text(digits.len == DIGITS, "Invalid {} format: expected 96 hex characters, got {}", name, (uint64_t)digits.len);
        require_text(hex_decode(digits, bytes, sizeof bytes, NULL), "Invalid {} format: must be hex string", name);
    }
}

static uint64_t count_of(struct slice list)
{
    return list.len / MEASUREMENTS_LEN;
}

CHANGE(add_approved_measurements)
{
    uint8_t bytes[MEASUREMENTS_LEN];
    struct buf *list = buf_new();
    struct measurements_args *a = call_args(&measurements_args_schema);
    struct state *s = state_open_for_owner();
    check_texts(&a->measurements);
    measurements_read(&a->measurements, bytes);
    struct slice old = load_list();
    if (a->clear_others) {
        log_text("Cleared {} existing measurement entries", count_of(old));
        old.len = 0;
        state_renew_nonce(s);
        state_save(s);
    }
    buf_append(list, old);
    if (find(old, bytes) == old.len)
        buf_append(list, slice_from(bytes, sizeof bytes));
    measurements_save(buf_slice(list));
    measurements_write(bytes, &a->measurements);
    log_text("Approved measurements added: mrtd={}, rtmr0={}, rtmr1={}, "
             "rtmr2={}, rtmr3={}",
             a->measurements.mrtd, a->measurements.rtmr0, a->measurements.rtmr1, a->measurements.rtmr2, a->measurements.rtmr3);
    log_text("Total approved measurements: {}", count_of(buf_slice(list)));
}

CHANGE(remove_approved_measurements)
{
    uint8_t bytes[MEASUREMENTS_LEN];
    struct buf *list = buf_new();
    struct measurements_args *a = call_args(&measurements_args_schema);
    struct state *s = state_open_for_owner();
    struct slice old = load_list();
    size_t at = measurements_read(&a->measurements, bytes) ? find(old, bytes) : old.len;
    buf_append(list, slice_first(old, at));
    buf_append(list, slice_skip(old, at + MEASUREMENTS_LEN));
    if (list->len != old.len) {
        measurements_save(buf_slice(list));
        state_renew_nonce(s);
        state_save(s);
    }
    log_text("Approved measurements removed. Remaining: {}", count_of(buf_slice(list)));
}

CHANGE(clear_all_approved_measurements)
{
    struct state *s = state_open_for_owner();
    log_text("Cleared all {} measurement entries", count_of(load_list()));
    measurements_save((struct slice){0});
    state_renew_nonce(s);
    state_save(s);
}

VIEW(get_approved_measurements)
{
    struct buf *out = buf_new();
    state_open();
    json_write_open(out, '[');
    for (struct slice list = load_list(); list.len; list = slice_skip(list, MEASUREMENTS_LEN)) {
        struct measurements_text text;
        measurements_write(list.ptr, &text);
        schema_write_json(&measurements_schema, &text, out);
    }
    json_write_close(out, ']');
    return_bytes(buf_slice(out));
}

VIEW(is_measurements_approved)
{
    uint8_t bytes[MEASUREMENTS_LEN];
    struct measurements_args *a = call_args(&measurements_args_schema);
    state_open();
    return_bool(measurements_read(&a->measurements, bytes) && measurements_are_approved(bytes));
}
