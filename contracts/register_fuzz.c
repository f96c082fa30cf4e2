/* The register contract with anything: a call ends well or with words of the contract, never in a trap, and what it takes or refuses of quotes and collateral is what the
 * native verifier takes and refuses.
 *
 * Input: the first letter says what. q: changes of a good quote, which is registered then; k: changes of a good collateral, which is stored then. A change is three bytes:
 * the place (big-endian, modulo the length) and what is xored there. Anything else: a line a call on a contract that is ready, of which the first letter says who calls (a: the
 * owner, b: the init account, c: the contract itself, others: somebody); then the method, a space, and the arguments. */
#include "base/fs.h"
#include "devnet/vm/scenario.h"
#include "register_args.h"
#include "tee/quote_check.h"
#include "tee/simulator/simulator.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CONTRACT "worker.outlayer.near"

enum { NOW = 1767225600, CALLS_MAX = 30, CHANGE_LEN = 3 };

static struct vm *vm;
static struct buf wasm;
static struct simulator_output good;

static void must(struct err *e)
{
    if (e) {
        fprintf(stderr, "%s\n", err_text(e));
        abort();
    }
}

static void make_good(void)
{
    struct simulator_config config = {.now = NOW, .seed = "a seed of the fuzzer, 32 bytes.."};
    memset(config.report_data, 0xdd, 32);
    memset(&config.measurements, 0xab, sizeof config.measurements);
    simulator_make(&config, &good);
}

static void open_machine(void)
{
    if (vm)
        return;
    must(vm_new(NULL, &vm));
    must(fs_read(OUTLAYER_CONTRACTS_DIR "/register.wasm", 4 << 20, &wasm));
    make_good();
}

static void complain(const char *method, const char *aborted, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", method, why, aborted ? aborted : "succeeded");
    abort();
}

/* How a call may end besides well: in words, or because there is no such method. */
static bool is_clean(const char *aborted)
{
    static const char panic[] = "HostError(GuestPanic { panic_msg: \"", no_method[] = "MethodResolveError(";
    return (!strncmp(aborted, panic, sizeof panic - 1) && aborted[sizeof panic - 1] != '"') ||
           !strncmp(aborted, no_method, sizeof no_method - 1);
}

/* Calls; takes `input`. True when it succeeded. */
static bool call(struct scenario *s, const char *who, json_t *method, json_t *input)
{
    AUTO(json) json_t *outcome = NULL;
    AUTO(json) json_t *c = json_pack("{s:o, s:o, s:s, s:s, s:I}", "method", method, "input", input, "signer", who, "chain_id",
                                     "devnet", "timestamp", (json_int_t)NOW * 1000000000);
    must(scenario_call(s, c, true, &outcome));
    const char *aborted = json_string_value(json_object_get(outcome, "aborted"));
    if (json_object_get(outcome, "runner_error") || (aborted && !is_clean(aborted)))
        complain(json_string_value(json_object_get(c, "method")), aborted, "no clean end");
    return !aborted;
}

static void must_call(struct scenario *s, const char *who, const char *method, json_t *input)
{
    if (!call(s, who, json_string(method), input))
        complain(method, "refused", "the fuzzer's own call");
}

/* A contract that trusts the simulator's root; with `ready`, everything that a registration needs is there. */
static struct scenario *begin(bool ready)
{
    struct account_id account;
    json_t *args = accounts();
    json_object_set_new(args, "simulator_root", hex_value(buf_slice(&good.root)));
    must(account_id_parse(SLICE(CONTRACT), &account));
    struct scenario *s = scenario_new(vm, &account, buf_slice(&wasm));
    must_call(s, OWNER, "new", args);
    if (ready) {
        must_call(s, OWNER, "update_collateral", collateral_at(buf_slice(&good.collateral), 0));
        must_call(s, OWNER, "add_approved_measurements", approval(buf_slice(&good.quote)));
    }
    return s;
}

static void change(struct slice changes, const struct buf *from, struct buf *out)
{
    buf_append(out, buf_slice(from));
    for (; changes.len >= CHANGE_LEN; changes = slice_skip(changes, CHANGE_LEN))
        out->ptr[(changes.ptr[0] << 8 | changes.ptr[1]) % out->len] ^= changes.ptr[2];
}

static void assert_same(const char *what, bool taken, bool wanted)
{
    if (taken != wanted)
        complain(what, taken ? NULL : "refused", wanted ? "natively it is good" : "natively it is not good");
}

static void register_changed(struct slice changes)
{
    AUTO(buf) struct buf quote = {0};
    AUTO(quote_check) struct quote_check native = {0};
    change(changes, &good.quote, &quote);
    bool wanted = quote_check_run(&native, buf_slice(&good.root), buf_slice(&quote), buf_slice(&good.collateral), NOW);
    struct scenario *s = begin(true);
    json_t *args =
        json_pack("{s:o, s:o}", "public_key", key_of(buf_slice(&good.quote)), "tdx_quote_hex", hex_value(buf_slice(&quote)));
    assert_same("register_worker_key", call(s, WORKER, json_string("register_worker_key"), args), wanted);
    scenario_free(s);
}

static void store_changed(struct slice changes)
{
    AUTO(buf) struct buf text = {0};
    AUTO(quote_check) struct quote_check native = {0};
    change(changes, &good.collateral, &text);
    json_t *args = collateral_at(buf_slice(&text), 0);
    if (!args) /* it is no UTF-8, so no argument either */
        return;
    bool wanted = quote_check_collateral(&native, buf_slice(&good.root), buf_slice(&text), NOW);
    struct scenario *s = begin(false);
    assert_same("update_collateral", call(s, OWNER, json_string("update_collateral"), args), wanted);
    scenario_free(s);
}

static const char *caller_of(uint8_t letter)
{
    return letter == 'a' ? OWNER : letter == 'b' ? WORKER : letter == 'c' ? CONTRACT : "anybody.near";
}

static void call_line(struct scenario *s, struct slice line)
{
    AUTO(buf) struct buf input = {0};
    struct slice method;
    if (line.len < 2)
        return;
    struct slice args = slice_cut(slice_skip(line, 1), ' ', &method);
    json_t *name = json_stringn((const char *)method.ptr, method.len);
    buf_append_str(&input, "hex:");
    hex_append(&input, args);
    call(s, caller_of(line.ptr[0]), name ? name : json_string("?"), json_string(buf_str(&input)));
}

static void call_lines(struct slice lines)
{
    struct scenario *s = begin(true);
    for (int i = 0; i < CALLS_MAX && lines.len; i++) {
        struct slice line;
        lines = slice_cut(lines, '\n', &line);
        call_line(s, line);
    }
    scenario_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct slice input = slice_from(data, len);
    open_machine();
    if (len && data[0] == 'q')
        register_changed(slice_skip(input, 1));
    else if (len && data[0] == 'k')
        store_changed(slice_skip(input, 1));
    else
        call_lines(input);
    return 0;
}
