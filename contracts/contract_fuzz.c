/* Any methods with any bytes, one after the other on one state: a call ends well or with words of the contract, never in a trap, and logs
 * nothing but what event_check.h knows. What a view is asked rightly, it answers.
 *
 * Input: a line a call. Its first letter says who calls (a: the owner, b: the operator, c: the contract itself, others: somebody), the second
 * the deposit (a: none, then 10^18, 10^19 … yocto), the third how much later it is (a: at once, then 10, 100 … s). Then the method, a
 * space, and the arguments. Behind a byte 0x1f in them stands the result of the promise before; without it, it failed. */
#include "base/fs.h"
#include "codec/hex.h"
#include "devnet/vm/scenario.h"
#include "event_check.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { CALLS_MAX = 30, RESULT_MARK = 0x1f };

static struct vm *vm;
static struct buf wasm;

static void must(struct err *e)
{
    if (e) {
        fprintf(stderr, "%s\n", err_text(e));
        abort();
    }
}

static void open_machine(void)
{
    if (vm)
        return;
    must(vm_new(NULL, &vm));
    must(fs_read(OUTLAYER_CONTRACTS_DIR "/outlayer.wasm", 4 << 20, &wasm));
}

static json_t *bytes_value(struct slice bytes)
{
    AUTO(buf) struct buf text = {0};
    buf_append_str(&text, "hex:");
    hex_append(&text, bytes);
    return json_stringn((const char *)text.ptr, text.len);
}

static const char *caller_of(uint8_t letter)
{
    static const char *const people[] = {"alice.near", "bob.near", "carol.near"};
    switch (letter) {
    case 'a':
        return "owner.near";
    case 'b':
        return "worker.near";
    case 'c':
        return "outlayer.near";
    default:
        return people[letter % 3];
    }
}

static uint64_t power_of_ten(unsigned exponent)
{
    uint64_t n = 1;
    while (exponent-- > 0)
        n *= 10;
    return n;
}

static json_t *deposit_of(uint8_t letter)
{
    unsigned zeros = letter <= 'a' ? 0 : 17 + (letter - 'a') % 10;
    char digits[40];
    snprintf(digits, sizeof digits, "%d%0*d", zeros ? 1 : 0, (int)zeros, 0);
    return json_string(zeros ? digits : "0");
}

/* One line as a CALL of a scenario; NULL when it has no method. */
static json_t *call_of(struct slice line, uint64_t *now_s)
{
    struct slice method, input, result;
    if (line.len < 4)
        return NULL;
    unsigned later = line.ptr[2] <= 'a' ? 0 : (line.ptr[2] - 'a') % 8;
    result = slice_cut(slice_cut(slice_skip(line, 3), ' ', &method), RESULT_MARK, &input);
    *now_s += later ? power_of_ten(later) : 0;
    json_t *call = json_object(), *results = json_array(), *name = json_stringn((const char *)method.ptr, method.len);
    json_object_set_new(call, "method", name ? name : json_string("?"));
    json_object_set_new(call, "input", bytes_value(input));
    json_object_set_new(call, "signer", json_string(caller_of(line.ptr[0])));
    json_object_set_new(call, "deposit", deposit_of(line.ptr[1]));
    json_object_set_new(call, "timestamp", json_integer((json_int_t)*now_s * 1000000000));
    json_array_append_new(results, result.ptr ? bytes_value(result) : json_null());
    json_object_set_new(call, "promise_results", results);
    return call;
}

static bool is_one_of(const char *text, const char *const *heads)
{
    for (; *heads; heads++) {
        if (strncmp(text, *heads, strlen(*heads)) == 0)
            return true;
    }
    return false;
}

/* How a call may end besides well. */
static bool is_clean(const char *aborted)
{
    static const char *const heads[] = {"HostError(GuestPanic { panic_msg: \"", "MethodResolveError(", "HostError(GasExceeded",
                                        "HostError(YieldPayloadLength", NULL};
    return is_one_of(aborted, heads) && !strstr(aborted, "panic_msg: \"\"");
}

/* Views refuse what they cannot read, and a price that no number holds. */
static bool view_refuses(const char *aborted)
{
    static const char *const heads[] = {"HostError(GuestPanic { panic_msg: \"Failed to deserialize input from JSON.",
                                        "HostError(GuestPanic { panic_msg: \"attempt to multiply with overflow", NULL};
    return is_one_of(aborted, heads);
}

static bool is_view(const char *method)
{
    static const char *const heads[] = {"get_", "has_", "list_", "is_paused", "estimate_", "contract_source_metadata", NULL};
    return is_one_of(method, heads);
}

static void complain(const json_t *call, const json_t *outcome, const char *why)
{
    char *asked = json_dumps(call, JSON_COMPACT), *got = json_dumps(outcome, JSON_COMPACT);
    fprintf(stderr, "%s\n%s\n%s\n", why, asked, got);
    abort();
}

static void check(const json_t *call, const json_t *outcome)
{
    const char *aborted = json_string_value(json_object_get(outcome, "aborted")),
               *method = json_string_value(json_object_get(call, "method"));
    size_t i;
    json_t *log;
    if (json_object_get(outcome, "runner_error"))
        complain(call, outcome, "the machine failed");
    if (aborted && !is_clean(aborted))
        complain(call, outcome, "no clean end");
    if (aborted && is_view(method) && strncmp(aborted, "MethodResolveError", 18) != 0 && !view_refuses(aborted))
        complain(call, outcome, "a view refuses");
    json_array_foreach(json_object_get(outcome, "logs"), i, log)
    {
        const char *fault = event_fault(json_doc_text(log));
        if (fault)
            complain(call, outcome, fault);
    }
}

static void run(struct scenario *s, struct slice line, uint64_t *now_s)
{
    AUTO(json) json_t *call = call_of(line, now_s);
    AUTO(json) json_t *outcome = NULL;
    if (!call)
        return;
    must(scenario_call(s, call, true, &outcome));
    check(call, outcome);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct slice rest = slice_from(data, len), line;
    struct account_id account;
    uint64_t now_s = 1767225600;
    open_machine();
    must(account_id_parse(SLICE("outlayer.near"), &account));
    struct scenario *s = scenario_new(vm, &account, buf_slice(&wasm));
    run(s, SLICE("aaanew {\"owner_id\":\"owner.near\",\"operator_id\":\"worker.near\"}"), &now_s);
    for (int i = 0; i < CALLS_MAX && rest.len; i++) {
        rest = slice_cut(rest, '\n', &line);
        run(s, line, &now_s);
    }
    scenario_free(s);
    return 0;
}
