/* The value, logs and panics. */
#include "devnet/vm/host.h"
#include "devnet/vm/imports.h"
#include "wasm/cursor.h"
#include <inttypes.h>

bool host_fn_value_return(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice value;
    CHECK(host_read_input(run, args[0], args[1], &value));
    if (value.len > VM_MAX_RETURN_LEN)
        return host_fail_limit(run, HOST_RETURNED_VALUE_LENGTH_EXCEEDED, value.len, VM_MAX_RETURN_LEN);
    uint64_t burn = 0;
    for (size_t i = 0; i < run->context->output_data_receiver_count; i++) {
        bool sir = account_id_eq(&run->context->output_data_receivers[i], &run->context->current_account);
        uint64_t byte =
            vm_action_send_gas(VM_ACTION_NEW_DATA_RECEIPT_BYTE, sir) + vm_action_fees[VM_ACTION_NEW_DATA_RECEIPT_BYTE].exec;
        if (__builtin_add_overflow(burn, byte * value.len, &burn))
            return host_fail(run, HOST_INTEGER_OVERFLOW);
    }
    CHECK(host_pay_action_sum(run, VM_ACTION_NEW_DATA_RECEIPT_BYTE, burn, 0));
    buf_clear(&run->return_value);
    buf_append(&run->return_value, value);
    run->return_kind = VM_RETURN_VALUE;
    return true;
}

static uint64_t log_room(const struct vm_run *run)
{
    return VM_MAX_LOG_LEN - run->logs_len;
}

static bool fail_log_len(struct vm_run *run, uint64_t more)
{
    uint64_t len;
    if (__builtin_add_overflow(run->logs_len, more, &len))
        len = UINT64_MAX;
    return host_fail_limit(run, HOST_TOTAL_LOG_LENGTH_EXCEEDED, len, VM_MAX_LOG_LEN);
}

/* Byte by byte, each paid like a read of its own, up to a NUL. */
static bool read_terminated(struct vm_run *run, uint64_t ptr, struct slice *out)
{
    struct slice byte, all = {0};
    uint64_t room = log_room(run);
    for (uint64_t i = 0; i <= room; i++) {
        if (ptr > UINT64_MAX - i)
            return host_fail(run, HOST_MEMORY_ACCESS_VIOLATION);
        CHECK(host_read_memory(run, ptr + i, 1, &byte));
        if (*byte.ptr == 0)
            break;
        if (i == room)
            return fail_log_len(run, room + 1);
        all.len = i + 1;
    }
    return host_peek_memory(run, ptr, all.len, out);
}

/* Borrowed from guest memory. */
static bool read_utf8(struct vm_run *run, uint64_t len, uint64_t ptr, struct slice *out)
{
    CHECK(host_pay(run, VM_COST_UTF8_DECODING_BASE, 1));
    if (len == UINT64_MAX) {
        CHECK(read_terminated(run, ptr, out));
    } else {
        if (len > log_room(run))
            return fail_log_len(run, len);
        CHECK(host_read_memory(run, ptr, len, out));
    }
    CHECK(host_pay(run, VM_COST_UTF8_DECODING_BYTE, out->len));
    return wasm_is_utf8(*out) || host_fail(run, HOST_BAD_UTF8);
}

static bool read_terminated_utf16(struct vm_run *run, uint64_t ptr, uint64_t *len_out)
{
    uint64_t room = log_room(run);
    struct slice unit;
    for (uint64_t len = 0;;) {
        if (ptr > UINT64_MAX - len)
            return host_fail(run, HOST_MEMORY_ACCESS_VIOLATION);
        CHECK(host_read_memory(run, ptr + len, 2, &unit));
        if (unit.ptr[0] == 0 && unit.ptr[1] == 0) {
            *len_out = len;
            return true;
        }
        len += 2;
        if (len > room)
            return fail_log_len(run, len);
    }
}

static void append_utf8(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_append_byte(out, (uint8_t)c);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    buf_append_byte(out, (uint8_t)(lead[more] | c >> 6 * more));
    while (more-- > 0)
        buf_append_byte(out, (uint8_t)(0x80 | (c >> 6 * more & 0x3f)));
}

static bool utf16_to_utf8(struct slice units, struct buf *out)
{
    for (size_t i = 0; i < units.len; i += 2) {
        uint32_t unit = (uint32_t)(units.ptr[i] | units.ptr[i + 1] << 8);
        if (unit < 0xd800 || unit > 0xdfff) {
            append_utf8(out, unit);
            continue;
        }
        i += 2;
        if (unit > 0xdbff || i >= units.len)
            return false;
        uint32_t low = (uint32_t)(units.ptr[i] | units.ptr[i + 1] << 8);
        if (low < 0xdc00 || low > 0xdfff)
            return false;
        append_utf8(out, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
    }
    return true;
}

static bool read_utf16(struct vm_run *run, uint64_t len, uint64_t ptr, struct buf *out)
{
    struct slice units;
    CHECK(host_pay(run, VM_COST_UTF16_DECODING_BASE, 1));
    if (len == UINT64_MAX) {
        CHECK(read_terminated_utf16(run, ptr, &len));
        CHECK(host_peek_memory(run, ptr, len, &units));
    } else {
        CHECK(host_read_memory(run, ptr, len, &units));
    }
    if (len % 2)
        return host_fail(run, HOST_BAD_UTF16);
    if (len > log_room(run))
        return fail_log_len(run, len);
    CHECK(host_pay(run, VM_COST_UTF16_DECODING_BYTE, len));
    return utf16_to_utf8(units, out) || host_fail(run, HOST_BAD_UTF16);
}

static bool check_log_count(struct vm_run *run)
{
    return run->log_count < VM_MAX_LOGS || host_fail_number(run, HOST_NUMBER_OF_LOGS_EXCEEDED, VM_MAX_LOGS);
}

static bool push_log(struct vm_run *run, struct slice message)
{
    run->logs_len += message.len;
    if (run->logs_len > VM_MAX_LOG_LEN)
        return fail_log_len(run, message.len);
    run->logs[run->log_count++] = arena_copy(run->arena, message);
    return true;
}

static bool pay_log(struct vm_run *run, size_t len)
{
    CHECK(host_pay(run, VM_COST_LOG_BASE, 1));
    return host_pay(run, VM_COST_LOG_BYTE, len);
}

bool host_fn_panic(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)args;
    (void)result;
    return host_fail_text(run, HOST_GUEST_PANIC, SLICE("explicit guest panic"));
}

bool host_fn_panic_utf8(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice message;
    CHECK(read_utf8(run, args[0], args[1], &message));
    return host_fail_text(run, HOST_GUEST_PANIC, message);
}

bool host_fn_log_utf8(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice message;
    CHECK(check_log_count(run));
    CHECK(read_utf8(run, args[0], args[1], &message));
    CHECK(pay_log(run, message.len));
    return push_log(run, message);
}

bool host_fn_log_utf16(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    AUTO(buf) struct buf message = {0};
    CHECK(check_log_count(run));
    CHECK(read_utf16(run, args[0], args[1], &message));
    CHECK(pay_log(run, message.len));
    return push_log(run, buf_slice(&message));
}

static bool read_u32(struct vm_run *run, uint64_t ptr, uint32_t *out)
{
    struct slice bytes;
    CHECK(host_read_memory(run, ptr, 4, &bytes));
    *out = bytes.ptr[0] | (uint32_t)bytes.ptr[1] << 8 | (uint32_t)bytes.ptr[2] << 16 | (uint32_t)bytes.ptr[3] << 24;
    return true;
}

/* AssemblyScript's strings have their length in front. */
bool host_fn_abort(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    AUTO(buf) struct buf text = {0};
    AUTO(buf) struct buf file = {0};
    AUTO(buf) struct buf line = {0};
    uint32_t text_len, file_len;
    if (args[0] < 4 || args[1] < 4)
        return host_fail(run, HOST_BAD_UTF16);
    CHECK(check_log_count(run));
    CHECK(read_u32(run, args[0] - 4, &text_len));
    CHECK(read_u32(run, args[1] - 4, &file_len));
    CHECK(read_utf16(run, text_len, args[0], &text));
    CHECK(read_utf16(run, file_len, args[1], &file));
    buf_append_str(&line, "ABORT: ");
    size_t prefix_len = line.len;
    buf_append(&line, buf_slice(&text));
    buf_append_str(&line, ", filename: \"");
    buf_append(&line, buf_slice(&file));
    buf_append_fmt(&line, "\" line: %" PRIu64 " col: %" PRIu64, args[2], args[3]);
    struct slice message = slice_skip(buf_slice(&line), prefix_len);
    CHECK(pay_log(run, message.len));
    CHECK(push_log(run, buf_slice(&line)));
    return host_fail_text(run, HOST_GUEST_PANIC, message);
}
