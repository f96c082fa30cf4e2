#include "kit/call.h"
#include "base/mem.h"
#include "kit/host.h"
#include "kit/text.h"

enum { REG = 0, ACCOUNT_ROOM = 72 };

/* An id is at most 64 bytes and memory starts as zeros, so the end of an id shows without asking for its length. */
struct id_room {
    uint8_t text[ACCOUNT_ROOM];
    struct slice id;
};

static __attribute__((noinline)) struct slice read_id(struct id_room *room, void (*ask)(uint64_t))
{
    if (!room->id.ptr) {
        size_t len = 0;
        ask(REG);
        host_read_register(REG, host_address(room->text));
        while (room->text[len])
            len++;
        room->id = slice_from(room->text, len);
    }
    return room->id;
}

struct slice call_predecessor(void)
{
    static struct id_room room;
    return read_id(&room, host_predecessor_account_id);
}

struct slice call_signer(void)
{
    static struct id_room room;
    return read_id(&room, host_signer_account_id);
}

struct slice call_current(void)
{
    static struct id_room room;
    return read_id(&room, host_current_account_id);
}

u128 call_deposit(void)
{
    u128 amount = 0;
    host_attached_deposit(host_address(&amount));
    return amount;
}

uint64_t call_time_ns(void)
{
    return host_block_timestamp();
}

void call_refuse_deposit(struct text method)
{
    require_text(call_deposit() == 0, "Method {} doesn't accept deposit", method);
}

void call_refuse_strangers(struct text method)
{
    require_text(slice_eq(call_predecessor(), call_current()), "Method {} is private", method);
    call_refuse_deposit(method);
}

struct slice call_input(void)
{
    host_input(REG);
    size_t len = (size_t)host_register_len(REG);
    uint8_t *bytes = mem_alloc(len);
    host_read_register(REG, host_address(bytes));
    return slice_from(bytes, len);
}

static _Noreturn void refuse(const struct json_reader *r)
{
    struct buf *why = buf_new();
    json_write_fault(r, why);
    panic_text("Failed to deserialize input from JSON. Error: `{}`", buf_slice(why));
}

void *call_args(const struct schema *s)
{
    struct json_reader r = json_reader_of(call_input());
    void *args = mem_calloc(1, s->size);
    schema_read_json(s, &r, args);
    if (!json_end(&r))
        refuse(&r);
    return args;
}

void *call_own_args(const struct schema *s)
{
    struct json_reader r = json_reader_of(call_input());
    void *args = mem_calloc(1, s->size);
    schema_read_json_head(s, &r, args);
    if (r.fault)
        refuse(&r);
    return args;
}

void return_bytes(struct slice bytes)
{
    host_value_return(bytes.len, host_address(bytes.ptr));
}

void return_value(const struct schema *s, const void *value)
{
    struct buf *out = buf_new();
    if (value)
        schema_write_json(s, value, out);
    else
        json_write_null(out);
    return_bytes(buf_slice(out));
}

void return_u64(uint64_t value)
{
    struct buf *out = buf_new();
    json_write_u64(out, value);
    return_bytes(buf_slice(out));
}

void return_u128(u128 value)
{
    struct buf *out = buf_new();
    json_write_u128(out, value);
    return_bytes(buf_slice(out));
}

void return_bool(bool value)
{
    return_bytes(value ? SLICE("true") : SLICE("false"));
}

void return_string(struct slice text)
{
    struct buf *out = buf_new();
    json_write_string(out, text);
    return_bytes(buf_slice(out));
}

void return_null(void)
{
    return_bytes(SLICE("null"));
}
