/* Verification of a TDX v4 quote: natively in one go and against a compiled record, and on chain. The quote is a real one where it is at hand
 * (OUTLAYER_TEST_DATA), the simulator's otherwise; both have the same form and take the same work. */
#include "base/clock.h"
#include "base/fs.h"
#include "codec/base58.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "devnet/vm/scenario.h"
#include "tee/quote_check.h"
#include "tee/simulator/simulator.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20, ROUNDS = 400, SIM_TIME = 1767225600, REAL_TIME = 1751000000 };

struct sample {
    struct buf quote, collateral, root_file;
    struct slice root;
    uint64_t now;
    const char *kind;
    bool simulated;
};

static struct err *read_sample(struct sample *s)
{
    AUTO(buf) struct buf quote = {0}, collateral = {0};
    const char *data = getenv("OUTLAYER_TEST_DATA");
    buf_append_fmt(&quote, "%s/dcap/tdx_quote", data ? data : "");
    buf_append_fmt(&collateral, "%s/dcap/tdx_quote_collateral.json", data ? data : "");
    if (data && fs_exists(buf_str(&quote))) {
        *s = (struct sample){.root = dcap_intel_root, .now = REAL_TIME, .kind = "a real quote"};
        TRY(fs_read(buf_str(&quote), FILE_MAX, &s->quote));
        return fs_read(buf_str(&collateral), FILE_MAX, &s->collateral);
    }
    struct simulator_config config = {.now = SIM_TIME};
    struct simulator_output out = {0};
    simulator_make(&config, &out);
    *s = (struct sample){.now = SIM_TIME, .kind = "the simulator's quote", .simulated = true};
    buf_append(&s->quote, buf_slice(&out.quote));
    buf_append(&s->collateral, buf_slice(&out.collateral));
    buf_append(&s->root_file, buf_slice(&out.root));
    s->root = buf_slice(&s->root_file);
    simulator_output_free(&out);
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double elapsed_ms(uint64_t since_ns)
{
    return (double)(clock_monotonic_ns(&clock_system) - since_ns) / 1e6;
}

static void print_times(const char *name, double *times, double goal)
{
    qsort(times, ROUNDS, sizeof *times, by_value);
    printf("%-40s %8.3f %8.3f %8.3f %8.2f ms\n", name, times[0], times[ROUNDS / 2], times[ROUNDS * 95 / 100], goal);
}

static struct err *run_native(const struct sample *s)
{
    static struct quote_check c;
    static double times[ROUNDS];
    static uint8_t memory[FILE_MAX];
    static struct dcap_report report;
    struct slice quote = buf_slice(&s->quote), none = {0};
    printf("\nverification of a TDX v4 quote (%s)\n%-40s %8s %8s %8s %11s\n", s->kind, "", "best", "p50", "p95", "goal");
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t start = clock_monotonic_ns(&clock_system);
        if (!quote_check_run(&c, s->root, quote, buf_slice(&s->collateral), s->now))
            return err_new(ERR_BUG, "the quote does not verify: %s", dcap_code_name(c.report.fault.code));
        times[i] = elapsed_ms(start);
    }
    print_times("one shot, 9 signatures", times, 0.65);
    for (int i = 0; i < ROUNDS; i++) {
        struct room room = {memory, sizeof memory};
        uint64_t start = clock_monotonic_ns(&clock_system);
        memset(&report, 0, sizeof report);
        if (!dcap_check_quote(&quote_check_crypto, &c.record, quote, none, s->now, &room, &report))
            return err_new(ERR_BUG, "the quote does not verify: %s", dcap_code_name(report.fault.code));
        times[i] = elapsed_ms(start);
    }
    print_times("against a compiled record, 3 signatures", times, 0.23);
    quote_check_free(&c);
    return NULL;
}

/* On chain. */

static json_t *hex_value(struct slice bytes)
{
    AUTO(buf) struct buf text = {0};
    hex_append(&text, bytes);
    return json_stringn((const char *)text.ptr, text.len);
}

static json_t *call(const char *method, const char *who, json_t *input, uint64_t now)
{
    return json_pack("{s:s, s:o, s:s, s:I, s:s}", "method", method, "input", input, "signer", who, "timestamp",
                     (json_int_t)now * 1000000000, "chain_id", "devnet"); /* the one that a simulator's root is taken on */
}

static json_t *setup(const struct sample *s)
{
    json_t *args = json_pack("{s:s, s:s, s:s}", "owner_id", "owner.near", "init_worker_account", "init.near",
                             "outlayer_contract_id", "outlayer.near");
    if (s->simulated)
        json_object_set_new(args, "simulator_root", hex_value(s->root));
    return args;
}

static json_t *approval(const struct quote *q)
{
    json_t *m = json_object();
    json_object_set_new(m, "mrtd", hex_value(slice_from(q->td->mr_td, 48)));
    static const char *const names[] = {"rtmr0", "rtmr1", "rtmr2", "rtmr3"};
    for (size_t i = 0; i < 4; i++)
        json_object_set_new(m, names[i], hex_value(slice_from(q->td->rtmr[i], 48)));
    return json_pack("{s:o}", "measurements", m);
}

static json_t *registration(struct slice bytes, const struct quote *q)
{
    char key[64] = "ed25519:";
    key[8 + base58_encode(slice_from(q->td->report_data, 32), key + 8)] = '\0';
    return json_pack("{s:s, s:o}", "public_key", key, "tdx_quote_hex", hex_value(bytes));
}

static struct err *measure(struct scenario *scenario, json_t *call_value, double reference, double goal)
{
    AUTO(json) json_t *asked = call_value;
    AUTO(json) json_t *outcome = NULL;
    TRY(scenario_call(scenario, asked, true, &outcome));
    const char *method = json_string_value(json_object_get(asked, "method")),
               *aborted = json_string_value(json_object_get(outcome, "aborted"));
    if (aborted)
        return err_new(ERR_BUG, "%s: %s", method, aborted);
    if (goal > 0)
        printf("%-40s %8.2f %8.2f %8.2f\n", method, reference,
               (double)json_integer_value(json_object_get(outcome, "burnt")) / 1e12, goal);
    return NULL;
}

static struct err *run_calls(struct scenario *scenario, const struct sample *s)
{
    struct quote q;
    struct slice bytes = buf_slice(&s->quote);
    quote_read(bytes, &q);
    TRY(measure(scenario, call("new", "owner.near", setup(s), s->now), 0, 0));
    TRY(measure(scenario, call("add_approved_measurements", "owner.near", approval(&q), s->now), 0, 0));
    json_t *update = json_pack("{s:s%, s:i}", "collateral", s->collateral.ptr, s->collateral.len, "index", 0);
    TRY(measure(scenario, call("update_collateral", "owner.near", update, s->now), 1.96, 13));
    TRY(measure(scenario, call("register_worker_key", "init.near", registration(bytes, &q), s->now), 181.10, 6.5));
    return measure(scenario, call("get_collaterals", "any.near", json_object(), s->now), 2.07, 0.6);
}

static struct err *run_on_chain(const struct sample *s, const char *wasm_path)
{
    AUTO(buf) struct buf wasm = {0};
    struct account_id account;
    struct vm *vm = NULL;
    TRY_DOING(fs_read(wasm_path, 4 << 20, &wasm), "reading the contract (`make build` makes it)");
    TRY(account_id_parse(SLICE("worker.outlayer.near"), &account));
    TRY(vm_new(NULL, &vm));
    printf("\nregister contract, TGas without trie nodes\n%-40s %8s %8s %8s\n", "", "reference", "ours", "goal");
    printf("%-40s %8d %8zu %8d\n", "size in bytes", 527840, wasm.len, 30000);
    struct scenario *scenario = scenario_new(vm, &account, buf_slice(&wasm));
    struct err *e = run_calls(scenario, s);
    scenario_free(scenario);
    vm_free(vm);
    return e;
}

int main(int argc, char **argv)
{
    char program[4096];
    struct sample s = {0};
    AUTO(buf) struct buf wasm_path = {0};
    (void)argc;
    if (!realpath(argv[0], program))
        return 1;
    *strrchr(program, '/') = '\0';
    buf_append_fmt(&wasm_path, "%s/../contracts/register.wasm", program);
    struct err *e = read_sample(&s);
    if (!e)
        e = run_native(&s);
    if (!e)
        e = run_on_chain(&s, buf_str(&wasm_path));
    buf_free(&s.quote);
    buf_free(&s.collateral);
    buf_free(&s.root_file);
    if (!e)
        return 0;
    fprintf(stderr, "error: %s\n", err_text(e));
    err_free(e);
    return 1;
}
