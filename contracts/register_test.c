/* The register contract on the network's machine: every method, every refusal, real quotes where they are at hand (OUTLAYER_TEST_DATA) and the
 * simulator's otherwise. */
#include "base/fs.h"
#include "base/mem.h"
#include "codec/json_doc.h"
#include "devnet/vm/scenario.h"
#include "register_args.h"
#include "tee/quote_check.h"
#include "tee/simulator/simulator.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FILE_MAX = 1 << 20 };

static struct vm *vm;
static struct buf wasm;

static void must(struct err *e)
{
    if (e)
        fail_msg("%s", err_text(e));
}

/* A contract of a test, and the time it is. */
struct world {
    struct scenario *s;
    uint64_t now_s;
    const char *chain; /* NULL: the scenario's own */
    json_t *last;      /* outcome of the last call */
};

static void auto_world(struct world *w)
{
    json_decref(w->last);
    scenario_free(w->s);
}

static struct world world_new(uint64_t now_s)
{
    struct account_id account;
    must(account_id_parse(SLICE("worker.outlayer.near"), &account));
    return (struct world){scenario_new(vm, &account, buf_slice(&wasm)), now_s, "devnet", NULL};
}

/* Calls; takes `input`. NULL when it succeeded, else what the contract said. */
static const char *call(struct world *w, const char *who, const char *method, json_t *input)
{
    json_t *c = json_pack("{s:s, s:o, s:s, s:I, s:I}", "method", method, "input", input, "signer", who, "timestamp",
                          (json_int_t)w->now_s * 1000000000, "gas", (json_int_t)300000000000000);
    if (w->chain)
        json_object_set_new(c, "chain_id", json_string(w->chain));
    json_decref(w->last);
    must(scenario_call(w->s, c, true, &w->last));
    json_decref(c);
    return json_string_value(json_object_get(w->last, "aborted"));
}

static void assert_done(struct world *w, const char *who, const char *method, json_t *input)
{
    const char *said = call(w, who, method, input);
    if (said)
        fail_msg("%s: %s", method, said);
}

static void assert_refused(struct world *w, const char *who, const char *method, json_t *input, const char *text)
{
    const char *said = call(w, who, method, input);
    if (!said || !strstr(said, text))
        fail_msg("%s: %s, expected `%s`", method, said ? said : "succeeded", text);
}

static const char *returned(const struct world *w)
{
    return json_string_value(json_object_get(w->last, "return"));
}

static const char *view(struct world *w, const char *method, json_t *input)
{
    assert_done(w, "anybody.near", method, input);
    return returned(w);
}

static const char *log_at(const struct world *w, size_t i)
{
    const char *line = json_string_value(json_array_get(json_object_get(w->last, "logs"), i));
    return line ? line : "";
}

static json_t *nothing(void)
{
    return json_object();
}

/* Real quotes */

static const char *data_folder(void)
{
    static char path[4096];
    const char *data = getenv("OUTLAYER_TEST_DATA");
    snprintf(path, sizeof path, "%s/dcap", data ? data : "");
    if (!data || !fs_exists(path)) {
        print_message("skipped: real quotes are not at hand (OUTLAYER_TEST_DATA)\n");
        skip();
    }
    return path;
}

struct sample {
    struct buf quote, collateral;
};

static void auto_sample(struct sample *s)
{
    buf_free(&s->quote);
    buf_free(&s->collateral);
}

static void read_sample(const char *quote_path, const char *collateral_path, struct sample *out)
{
    must(fs_read(quote_path, FILE_MAX, &out->quote));
    must(fs_read(collateral_path, FILE_MAX, &out->collateral));
}

static struct sample tdx_quote(void)
{
    struct sample s = {0};
    AUTO(buf) struct buf quote = {0}, collateral = {0};
    buf_append_fmt(&quote, "%s/tdx_quote", data_folder());
    buf_append_fmt(&collateral, "%s/tdx_quote_collateral.json", data_folder());
    read_sample(buf_str(&quote), buf_str(&collateral), &s);
    return s;
}

enum { TDX_QUOTE_TIME = 1751000000 };

/* What the contract says to a real quote at its time: a part of its refusal, NULL when it registers the key. */
static const struct {
    const char *name, *refusal;
} verdicts[] = {
    {"alibaba_v5_servtd", "Invalid mr service td"},
    {"automata_sgx_v3", "TDX quote with non-TDX TCB info in the collateral"},
    {"automata_v5", "No matching TCB level found"},
    {"dcapqvl_tdx_quote_eval20", "TDX TCB status not acceptable: OutOfDate"},
    {"gcp_cos113", NULL}, /* by Intel's rule; see docs/verification.md */
    {"gotdx_v5", NULL},
    {"near_mpc_2025_10", NULL},
    {"near_mpc_2026_01", NULL},
    {"near_mpc_2025_10_eval20", "TDX TCB status not acceptable: OutOfDate"},
    {"near_mpc_other_cpu_chain", "Signature is invalid for qe_report in quote"},
    {"phala_old_v4", "No matching TCB level found"},
    {"trustee_debug_v4", "Debug mode is enabled"},
};

static uint64_t time_of(const char *data, const char *name)
{
    AUTO(buf) struct buf path = {0}, text = {0};
    AUTO(json) json_t *expect = NULL;
    buf_append_fmt(&path, "%s/real/%s/expect.json", data, name);
    must(fs_read(buf_str(&path), FILE_MAX, &text));
    must(json_doc_parse(buf_slice(&text), &expect));
    return (uint64_t)json_integer_value(json_object_get(expect, "time"));
}

static void assert_verdict(const char *name, const struct sample *s, uint64_t now, const char *refusal)
{
    AUTO(world) struct world w = world_new(now);
    assert_done(&w, OWNER, "new", accounts());
    json_t *approved = approval(buf_slice(&s->quote));
    if (json_object_size(json_object_get(approved, "measurements")))
        assert_done(&w, OWNER, "add_approved_measurements", approved);
    else
        json_decref(approved);
    const char *said = call(&w, OWNER, "update_collateral", collateral_at(buf_slice(&s->collateral), 0));
    if (!said)
        said = call(&w, WORKER, "register_worker_key", registration(buf_slice(&s->quote)));
    if (refusal ? !said || !strstr(said, refusal) : said != NULL)
        fail_msg("%s: %s, expected %s", name, said ? said : "registered", refusal ? refusal : "registration");
}

static void quotes_of_real_hardware_get_their_verdicts(void **state)
{
    (void)state;
    const char *data = data_folder();
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        AUTO(sample) struct sample s = {0};
        AUTO(buf) struct buf quote = {0}, collateral = {0};
        buf_append_fmt(&quote, "%s/real/%s/quote.bin", data, verdicts[i].name);
        buf_append_fmt(&collateral, "%s/real/%s/collateral.json", data, verdicts[i].name);
        read_sample(buf_str(&quote), buf_str(&collateral), &s);
        assert_verdict(verdicts[i].name, &s, time_of(data, verdicts[i].name), verdicts[i].refusal);
    }
}

static void print_gas(const struct world *w, const char *what)
{
    print_message("%s: %.3f TGas\n", what, (double)json_integer_value(json_object_get(w->last, "burnt")) / 1e12);
}

static void a_worker_registers_with_a_real_quote(void **state)
{
    (void)state;
    AUTO(sample) struct sample s = tdx_quote();
    AUTO(world) struct world w = world_new(TDX_QUOTE_TIME);
    struct slice quote = buf_slice(&s.quote), collateral = buf_slice(&s.collateral);
    assert_done(&w, OWNER, "new", accounts());
    assert_done(&w, OWNER, "add_approved_measurements", approval(quote));
    assert_done(&w, OWNER, "update_collateral", collateral_at(collateral, 0));
    print_gas(&w, "update_collateral");
    assert_string_equal(log_at(&w, 0), "Quote collateral updated at index 0 (total slots: 1)");
    assert_done(&w, WORKER, "register_worker_key", registration(quote));
    print_gas(&w, "register_worker_key");
    json_t *receipt = json_array_get(json_object_get(w.last, "receipts"), 0);
    assert_string_equal(json_string_value(json_object_get(receipt, "receiver")), "worker.outlayer.near");
    assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(receipt, "actions"), 0), "action")),
                        "AddKey");
    view(&w, "get_collaterals", nothing());
    print_gas(&w, "get_collaterals");
    assert_refused(&w, WORKER, "register_worker_key", registration(quote), "Worker key is registered already");
}

/* The simulator's platform, and contracts that were told to trust its root */

enum { SIM_TIME = 1767225600 };

struct simulated {
    struct simulator_config config;
    struct simulator_output out;
};

static void auto_simulated(struct simulated *s)
{
    simulator_output_free(&s->out);
}

static struct simulated simulate(const char *defect)
{
    struct simulated s = {.config = {.now = SIM_TIME, .seed = "a seed of the tests, 32 bytes..."}};
    assert_true(simulator_defect_find(defect, &s.config.defect));
    memset(s.config.report_data, 0xdd, 32);
    for (size_t i = 0; i < 5; i++)
        memset(s.config.measurements.of[i], (int)(0xa0 + i), 48);
    simulator_make(&s.config, &s.out);
    return s;
}

static json_t *accounts_and_root(const struct simulated *s)
{
    json_t *args = accounts();
    json_object_set_new(args, "simulator_root", hex_value(buf_slice(&s->out.root)));
    return args;
}

static struct world simulated_world(const struct simulated *s)
{
    struct world w = world_new(SIM_TIME);
    assert_done(&w, OWNER, "new", accounts_and_root(s));
    return w;
}

static const char *store(struct world *w, const struct simulated *s)
{
    return call(w, OWNER, "update_collateral", collateral_at(buf_slice(&s->out.collateral), 0));
}

/* Everything that a registration needs is there. */
static struct world ready_world(const struct simulated *s)
{
    struct world w = simulated_world(s);
    if (store(&w, s))
        fail_msg("update_collateral: %s", json_string_value(json_object_get(w.last, "aborted")));
    assert_done(&w, OWNER, "add_approved_measurements", approval(buf_slice(&s->out.quote)));
    return w;
}

static json_t *sim_registration(const struct simulated *s)
{
    return registration(buf_slice(&s->out.quote));
}

static void nothing_works_before_new(void **state)
{
    (void)state;
    AUTO(world) struct world w = world_new(SIM_TIME);
    AUTO(simulated) struct simulated s = simulate("none");
    assert_refused(&w, OWNER, "clear_all_approved_measurements", nothing(), "RegisterContract must be initialized");
    assert_refused(&w, WORKER, "register_worker_key", sim_registration(&s), "RegisterContract must be initialized");
    assert_refused(&w, "anybody.near", "get_collaterals", nothing(), "RegisterContract must be initialized");
    assert_refused(&w, OWNER, "new", nothing(), "missing field `owner_id`");
    assert_done(&w, OWNER, "new", accounts());
    assert_refused(&w, OWNER, "new", accounts(), "The contract has already been initialized");
}

static void only_the_owner_changes_anything(void **state)
{
    (void)state;
    AUTO(simulated) struct simulated s = simulate("none");
    AUTO(world) struct world w = ready_world(&s);
    const char *text = "Only owner can call this method";
    assert_refused(&w, WORKER, "update_collateral", collateral_at(SLICE("{}"), 0), text);
    assert_refused(&w, WORKER, "add_approved_measurements", approval(buf_slice(&s.out.quote)), text);
    assert_refused(&w, WORKER, "remove_approved_measurements", approval(buf_slice(&s.out.quote)), text);
    assert_refused(&w, WORKER, "clear_all_approved_measurements", nothing(), text);
    assert_refused(&w, WORKER, "remove_worker_keys", json_pack("{s:[]}", "public_keys"), text);
    assert_refused(&w, WORKER, "remove_worker_keys_by_measurements", approval(buf_slice(&s.out.quote)), text);
    assert_refused(&w, WORKER, "transfer_ownership", json_pack("{s:s}", "new_owner", WORKER), text);
    assert_refused(&w, WORKER, "set_nonce_required", json_pack("{s:b}", "required", 1), text);
    assert_refused(&w, OWNER, "register_worker_key", sim_registration(&s),
                   "Only init-worker.near can call register_worker_key");
    assert_done(&w, OWNER, "transfer_ownership", json_pack("{s:s}", "new_owner", "heir.near"));
    assert_non_null(strstr(log_at(&w, 1), "Ownership transferred: owner.near -> heir.near"));
    assert_refused(&w, OWNER, "clear_all_approved_measurements", nothing(), text);
    assert_string_equal(view(&w, "get_owner", nothing()), "\"heir.near\"");
}

static void accounts_can_be_asked_for(void **state)
{
    (void)state;
    AUTO(world) struct world w = world_new(SIM_TIME);
    assert_done(&w, OWNER, "new", accounts());
    assert_string_equal(view(&w, "get_init_worker_account", nothing()), "\"" WORKER "\"");
    assert_string_equal(view(&w, "get_outlayer_contract", nothing()), "\"" OUTLAYER "\"");
    assert_string_equal(view(&w, "get_collateral", nothing()), "null");
    assert_string_equal(view(&w, "get_collaterals", nothing()), "[]");
    assert_string_equal(view(&w, "get_approved_measurements", nothing()), "[]");
    assert_string_equal(
        view(&w, "get_trusted_root", nothing()),
        "{\"simulated\":false,\"sha256\":\"44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3\"}");
    assert_int_equal(json_array_size(json_object_get(w.last, "logs")), 0);
}

/* Where the contract says something else than the native verifier; NULL: it registers. */
static const struct {
    const char *defect, *refusal;
} differences[] = {
    /* The host takes a key by x and one bit of y: another y with that bit is not seen on chain, and does no harm, because the quoting enclave's report
     * names the key with all its bits. */
    {"key-off-curve", NULL},
    /* The slot is chosen first, by the platform that the quote's own certificate names. */
    {"tcb-fmspc", "No cached collateral for quote FMSPC 51d000000000 (owner must update_collateral for this platform)"},
    {"pck-chain-in-collateral", "No FMSPC in TDX quote: Unsupported DCAP PCK cert format: 3."},
    {"inner-type", "No FMSPC in TDX quote: Unsupported DCAP PCK cert format: 3."},
};

/* What the native verifier says to it; NULL when it accepts. */
static const char *native_refusal(const char *defect, const struct simulated *s, struct buf *sentence)
{
    static struct quote_check c;
    for (size_t i = 0; i < sizeof differences / sizeof *differences; i++) {
        if (!strcmp(defect, differences[i].defect))
            return differences[i].refusal;
    }
    quote_check_run(&c, buf_slice(&s->out.root), buf_slice(&s->out.quote), buf_slice(&s->out.collateral), SIM_TIME);
    dcap_fault_write(&c.report.fault, sentence);
    bool verified = dcap_report_is_good(&c.report),
         up_to_date = c.report.status == TCB_UP_TO_DATE && c.report.advisory_count == 0;
    quote_check_free(&c);
    return !verified ? buf_str(sentence) : up_to_date ? NULL : "TDX quote verification failed: TDX";
}

static void assert_same_as_native(const char *defect)
{
    AUTO(simulated) struct simulated s = simulate(defect);
    AUTO(world) struct world w = simulated_world(&s);
    AUTO(buf) struct buf sentence = {0};
    json_t *approved = approval(buf_slice(&s.out.quote));
    if (json_object_size(json_object_get(approved, "measurements")))
        assert_done(&w, OWNER, "add_approved_measurements", approved);
    else
        json_decref(approved);
    const char *refusal = native_refusal(defect, &s, &sentence), *said = store(&w, &s);
    if (!said)
        said = call(&w, WORKER, "register_worker_key", sim_registration(&s));
    if (refusal ? !said || !strstr(said, refusal) : said != NULL)
        fail_msg("%s: %s, expected %s", defect, said ? said : "registered", refusal ? refusal : "registration");
}

static void every_defect_is_refused_in_the_words_of_the_native_verifier(void **state)
{
    (void)state;
    for (size_t i = 0; i < simulator_defect_count(); i++) {
        struct simulator_defect d = simulator_defect_at(i);
        if (!d.one_kind || d.kind != SIMULATOR_SGX_V3)
            assert_same_as_native(d.name);
    }
}

static void a_status_that_is_not_up_to_date_is_named(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"tcb-out-of-date", "TDX TCB status not acceptable: OutOfDate (platform needs a firmware/microcode update)"},
        {"tcb-hardening", "TDX TCB status not acceptable: SWHardeningNeeded"},
        {"tcb-configuration", "TDX TCB status not acceptable: ConfigurationNeeded"},
        {"tcb-revoked", "TCB status is invalid: Revoked"},
        {"tcb-advisories", "TDX platform has outstanding security advisories: INTEL-SA-00009"},
        {"module-old", "TDX TCB status not acceptable: OutOfDate"},
        {"qe-old", "TDX TCB status not acceptable: OutOfDate"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(simulated) struct simulated s = simulate(cases[i][0]);
        AUTO(world) struct world w = ready_world(&s);
        assert_refused(&w, WORKER, "register_worker_key", sim_registration(&s), cases[i][1]);
    }
}

static void a_quote_must_be_hex_and_a_quote_of_a_known_platform(void **state)
{
    (void)state;
    AUTO(simulated) struct simulated s = simulate("none");
    AUTO(world) struct world w = simulated_world(&s);
    const char *key = "ed25519:11111111111111111111111111111111";
    assert_refused(&w, WORKER, "register_worker_key", sim_registration(&s),
                   "No quote collateral cached (owner must call update_collateral)");
    assert_null(store(&w, &s));
    assert_refused(&w, WORKER, "register_worker_key", json_pack("{s:s, s:s}", "public_key", key, "tdx_quote_hex", "04zz"),
                   "Invalid quote hex encoding");
    assert_refused(&w, WORKER, "register_worker_key", json_pack("{s:s, s:s}", "public_key", key, "tdx_quote_hex", "040"),
                   "Invalid quote hex encoding");
    assert_refused(&w, WORKER, "register_worker_key", json_pack("{s:s, s:s}", "public_key", key, "tdx_quote_hex", ""),
                   "Failed to parse TDX quote: Failed to decode quote: Not enough data to fill buffer");
    assert_refused(&w, WORKER, "register_worker_key", json_pack("{s:s}", "public_key", key), "missing field `tdx_quote_hex`");
    AUTO(simulated) struct simulated none = simulate("sgx-extension-none");
    assert_refused(&w, WORKER, "register_worker_key", sim_registration(&none),
                   "No FMSPC in TDX quote: Intel extension not found");
    AUTO(simulated) struct simulated sgx = simulate("none");
    sgx.config.kind = SIMULATOR_SGX_V3;
    simulator_output_free(&sgx.out);
    simulator_make(&sgx.config, &sgx.out);
    assert_refused(&w, WORKER, "register_worker_key", sim_registration(&sgx), "Quote is not TDX format (expected TD10)");
}

static void time_passes_and_the_collateral_with_it(void **state)
{
    (void)state;
    AUTO(simulated) struct simulated s = simulate("none");
    AUTO(world) struct world w = ready_world(&s);
    w.now_s += 40 * 86400;
    assert_refused(&w, WORKER, "register_worker_key", sim_registration(&s), "TCBInfo expired");
    if (!store(&w, &s))
        fail_msg("expired collateral was stored");
    assert_non_null(strstr(json_string_value(json_object_get(w.last, "aborted")), "TCBInfo expired"));
    w.now_s = SIM_TIME;
    assert_done(&w, WORKER, "register_worker_key", sim_registration(&s));
}

static void measurements_must_be_approved(void **state)
{
    (void)state;
    AUTO(simulated) struct simulated s = simulate("none");
    AUTO(world) struct world w = ready_world(&s);
    assert_done(&w, OWNER, "clear_all_approved_measurements", nothing());
    assert_refused(&w, WORKER, "register_worker_key", sim_registration(&s),
                   "Worker measurements not approved. "
                   "MRTD=a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0"
                   "a0a0a0a0, RTMR0=a1a1");
}

static void upper_case(json_t *measurements)
{
    const char *name;
    json_t *value;
    json_object_foreach(measurements, name, value)
    {
        char text[97];
        snprintf(text, sizeof text, "%s", json_string_value(value));
        for (char *c = text; *c; c++)
            *c = *c >= 'a' && *c <= 'f' ? (char)(*c - 32) : *c;
        json_string_set(value, text);
    }
}

static void the_list_of_measurements_does_not_care_for_case(void **state)
{
    (void)state;
    AUTO(simulated) struct simulated s = simulate("none");
    AUTO(world) struct world w = ready_world(&s);
    json_t *again = approval(buf_slice(&s.out.quote));
    upper_case(json_object_get(again, "measurements"));
    assert_done(&w, OWNER, "add_approved_measurements", json_deep_copy(again));
    assert_non_null(strstr(log_at(&w, 1), "Approved measurements added: mrtd=a0a0"));
    assert_string_equal(log_at(&w, 2), "Total approved measurements: 1");
    assert_string_equal(view(&w, "is_measurements_approved", again), "true");
    AUTO(json) json_t *list = NULL;
    must(json_doc_parse(slice_str(view(&w, "get_approved_measurements", nothing())), &list));
    AUTO(json) json_t *wanted = measurements_of(buf_slice(&s.out.quote));
    assert_int_equal(json_array_size(list), 1);
    assert_true(json_equal(json_array_get(list, 0), wanted));
    assert_done(&w, OWNER, "remove_approved_measurements", approval(buf_slice(&s.out.quote)));
    assert_string_equal(log_at(&w, 1), "Approved measurements removed. Remaining: 0");
    assert_string_equal(view(&w, "is_measurements_approved", approval(buf_slice(&s.out.quote))), "false");
    assert_done(&w, OWNER, "remove_approved_measurements", approval(buf_slice(&s.out.quote))); /* absent: no error */
}

static void malformed_measurements_are_named(void **state)
{
    (void)state;
    AUTO(simulated) struct simulated s = simulate("none");
    AUTO(world) struct world w = simulated_world(&s);
    json_t *args = approval(buf_slice(&s.out.quote));
    json_object_set_new(json_object_get(args, "measurements"), "rtmr1", json_string("abc"));
    assert_refused(&w, OWNER, "add_approved_measurements", args, "Invalid rtmr1 format: expected 96 hex characters, got 3");
    args = approval(buf_slice(&s.out.quote));
    json_object_set_new(
        json_object_get(args, "measurements"), "rtmr3",
        json_string("zza0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0"));
    assert_refused(&w, OWNER, "add_approved_measurements", args, "Invalid rtmr3 format: must be hex string");
    args = approval(buf_slice(&s.out.quote));
    json_object_set_new(args, "clear_others", json_true());
    assert_done(&w, OWNER, "add_approved_measurements", args);
    assert_string_equal(log_at(&w, 1), "Cleared 0 existing measurement entries");
}

static void the_key_must_be_the_one_in_the_quote(void **state)
{
    (void)state;
    AUTO(simulated) struct simulated s = simulate("none");
    AUTO(world) struct world w = ready_world(&s);
    static const char *const cases[][2] = {
        {"ed25519:11111111111111111111111111111111", "Public key mismatch: provided key doesn't match TDX quote report_data"},
        {"secp256k1:5ftgm7wYK5gtVqq1kxMGy7gSudkrfYCbpsjL6sH1nwx2oj5NR2JktohjzB6fbEhhRERQpiwJcpwnQjxtoX3GS3cQ",
         "Unsupported worker key curve SECP256K1 (use ed25519 or ml-dsa-65)"},
        {"ml-dsa-65:111", "Invalid public key \\\"ml-dsa-65:111\\\": expected ml-dsa-65:<base58 of 1952 bytes>"},
        {"ed25519:0", "Invalid public key"},
        {"\"\n", "Invalid public key"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *args = sim_registration(&s);
        json_object_set_new(args, "public_key", json_string(cases[i][0]));
        assert_refused(&w, WORKER, "register_worker_key", args, cases[i][1]);
    }
}

static void a_registration_is_logged_as_ever_and_recorded(void **state)
{
    (void)state;
    AUTO(simulated) struct simulated s = simulate("none");
    AUTO(world) struct world w = ready_world(&s);
    AUTO(json) json_t *found = NULL;
    AUTO(json) json_t *key = key_of(buf_slice(&s.out.quote));
#define BINDING "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
    assert_done(&w, WORKER, "register_worker_key", sim_registration(&s));
    assert_non_null(strstr(log_at(&w, 0), "SIMULATED TDX"));
    assert_string_equal(log_at(&w, 1), "📋 Verified TDX quote. report_data binding (hex): " BINDING);
    assert_non_null(strstr(log_at(&w, 2), "📋 Measurements from TDX quote: mrtd=a0a0"));
    assert_string_equal(log_at(&w, 3),
                        "✅ TEE verification passed: all 5 measurements approved, curve=ED25519, binding=" BINDING);
    assert_string_equal(log_at(&w, 4), "Adding access key to worker.outlayer.near: curve=ED25519, binding=" BINDING
                                       ", allowance=10 NEAR, methods=resolve_execution,submit_execution_output_and_resolve,"
                                       "resume_topup,resume_delete_payment_key, receiver=outlayer.near");
    must(json_doc_parse(slice_str(view(&w, "get_worker_key", json_pack("{s:O}", "public_key", key))), &found));
    AUTO(json) json_t *wanted = json_pack(
        "{s:o, s:b, s:I, s:s, s:b, s:b}", "measurements", measurements_of(buf_slice(&s.out.quote)), "measurements_approved", 1,
        "registered_at", (json_int_t)SIM_TIME * 1000000000, "fmspc", "51d000000000", "fresh", 0, "simulated", 1);
    assert_true(json_equal(found, wanted));
    assert_string_equal(
        view(&w, "get_worker_key", json_pack("{s:s}", "public_key", "ed25519:11111111111111111111111111111111")), "null");
    assert_refused(&w, WORKER, "register_worker_key", sim_registration(&s), "Worker key is registered already");
}

/* A key of 1952 bytes is named in the report data by its SHA-256. */
static void a_worker_may_have_an_ml_dsa_key(void **state)
{
    (void)state;
    static uint8_t key[1952];
    static char text[11 + BASE58_ENCODED_MAX(sizeof key)] = "ml-dsa-65:";
    AUTO(simulated) struct simulated s = simulate("none");
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(i * 7 + 3);
    text[10 + base58_encode(slice_from(key, sizeof key), text + 10)] = '\0';
    quote_check_crypto.sha256(slice_from(key, sizeof key), s.config.report_data);
    simulator_output_free(&s.out);
    simulator_make(&s.config, &s.out);
    AUTO(world) struct world w = ready_world(&s);
    json_t *args = sim_registration(&s);
    json_object_set_new(args, "public_key", json_string(text));
    assert_done(&w, WORKER, "register_worker_key", args);
    assert_non_null(strstr(log_at(&w, 3), "curve=MLDSA65"));
    AUTO(json) json_t *keys = NULL;
    must(json_doc_parse(slice_str(view(&w, "get_worker_keys", approval(buf_slice(&s.out.quote)))), &keys));
    assert_string_equal(json_string_value(json_array_get(keys, 0)), text);
    assert_done(&w, OWNER, "remove_worker_keys", json_pack("{s:[s]}", "public_keys", text));
    assert_non_null(strstr(log_at(&w, 1), "Removing worker key: curve=MLDSA65, sha256="));
}

/* Another worker of the same image. */
static struct simulated worker_number(uint8_t number)
{
    struct simulated s = simulate("none");
    memset(s.config.report_data, number, 32);
    simulator_output_free(&s.out);
    simulator_make(&s.config, &s.out);
    return s;
}

static void keys_of_retired_measurements_can_be_removed(void **state)
{
    (void)state;
    AUTO(simulated) struct simulated s = simulate("none");
    AUTO(world) struct world w = ready_world(&s);
    for (uint8_t i = 1; i <= 3; i++) {
        AUTO(simulated) struct simulated worker = worker_number(i);
        assert_done(&w, WORKER, "register_worker_key", sim_registration(&worker));
    }
    AUTO(json) json_t *keys = NULL;
    must(json_doc_parse(slice_str(view(&w, "get_worker_keys", approval(buf_slice(&s.out.quote)))), &keys));
    assert_int_equal(json_array_size(keys), 3);
    json_t *args = approval(buf_slice(&s.out.quote));
    json_object_set_new(args, "limit", json_integer(2));
    assert_done(&w, OWNER, "remove_worker_keys_by_measurements", args);
    assert_string_equal(returned(&w), "1");
    assert_int_equal(json_array_size(json_object_get(w.last, "receipts")), 2);
    assert_done(&w, OWNER, "remove_worker_keys_by_measurements", approval(buf_slice(&s.out.quote)));
    assert_string_equal(returned(&w), "0");
    assert_string_equal(view(&w, "get_worker_keys", approval(buf_slice(&s.out.quote))), "[]");
}

static void only_workers_keys_are_removed(void **state)
{
    (void)state;
    AUTO(simulated) struct simulated s = simulate("none");
    AUTO(world) struct world w = ready_world(&s);
    AUTO(json) json_t *key = key_of(buf_slice(&s.out.quote));
    const char *stranger = "ed25519:11111111111111111111111111111111";
    assert_done(&w, WORKER, "register_worker_key", sim_registration(&s));
    assert_refused(&w, OWNER, "remove_worker_keys", json_pack("{s:[s]}", "public_keys", stranger), "is no recorded worker key");
    assert_refused(&w, OWNER, "remove_worker_keys", json_pack("{s:[O, s]}", "public_keys", key, stranger),
                   "is no recorded worker key");
    assert_done(&w, OWNER, "remove_worker_keys", json_pack("{s:[O]}", "public_keys", key));
    assert_non_null(strstr(log_at(&w, 1), "Removing worker key: curve=ED25519, sha256="));
    assert_string_equal(log_at(&w, 2), "Scheduled removal of 1 worker key(s)");
    assert_string_equal(view(&w, "get_worker_key", json_pack("{s:O}", "public_key", key)), "null");
    assert_done(&w, OWNER, "remove_worker_keys", json_pack("{s:[s], s:b}", "public_keys", stranger, "force", 1));
}

static void a_nonce_makes_old_quotes_worthless(void **state)
{
    (void)state;
    AUTO(simulated) struct simulated s = simulate("none");
    AUTO(world) struct world w = ready_world(&s);
    AUTO(simulated) struct simulated fresh = simulate("none");
    char nonce[65];
    snprintf(nonce, sizeof nonce, "%.64s", view(&w, "get_registration_nonce", nothing()) + 1);
    assert_true(hex_decode(slice_str(nonce), fresh.config.report_data + 32, 32, NULL));
    simulator_output_free(&fresh.out);
    simulator_make(&fresh.config, &fresh.out);
    assert_done(&w, OWNER, "set_nonce_required", json_pack("{s:b}", "required", 1));
    assert_refused(&w, WORKER, "register_worker_key", sim_registration(&s), "Quote is not fresh");
    assert_done(&w, WORKER, "register_worker_key", sim_registration(&fresh));
    AUTO(json) json_t *key = key_of(buf_slice(&s.out.quote));
    assert_non_null(strstr(view(&w, "get_worker_key", json_pack("{s:O}", "public_key", key)), "\"fresh\":true"));
    assert_done(&w, OWNER, "remove_worker_keys", json_pack("{s:[O]}", "public_keys", key));
    assert_refused(&w, WORKER, "register_worker_key", sim_registration(&fresh),
                   "Quote is not fresh"); /* the nonce is another now */
}

static void slots_are_filled_in_order_and_each_platform_has_one(void **state)
{
    (void)state;
    AUTO(simulated) struct simulated s = simulate("none");
    AUTO(simulated) struct simulated other = simulate("tcb-fmspc"); /* TCB info of another platform */
    AUTO(world) struct world w = simulated_world(&s);
    assert_refused(&w, OWNER, "update_collateral", collateral_at(buf_slice(&s.out.collateral), 2),
                   "index must be < 2 (MAX_COLLATERALS)");
    assert_refused(&w, OWNER, "update_collateral", collateral_at(buf_slice(&s.out.collateral), 1),
                   "Fill lower collateral indices first (no gaps allowed)");
    assert_done(&w, OWNER, "update_collateral", collateral_at(buf_slice(&s.out.collateral), 0));
    assert_refused(&w, OWNER, "update_collateral", collateral_at(buf_slice(&s.out.collateral), 1),
                   "slot 0 is for FMSPC 51d000000000 already");
    assert_done(&w, OWNER, "update_collateral", collateral_at(buf_slice(&other.out.collateral), 1));
    assert_string_equal(log_at(&w, 1), "Quote collateral updated at index 1 (total slots: 2)");
}

static void views_give_the_stored_text_byte_for_byte(void **state)
{
    (void)state;
    AUTO(simulated) struct simulated s = simulate("none");
    AUTO(simulated) struct simulated other = simulate("tcb-fmspc");
    AUTO(world) struct world w = ready_world(&s);
    AUTO(json) json_t *list = NULL;
    AUTO(json) json_t *first = NULL;
    assert_done(&w, OWNER, "update_collateral", collateral_at(buf_slice(&other.out.collateral), 1));
    must(json_doc_parse(slice_str(view(&w, "get_collaterals", nothing())), &list));
    assert_true(slice_eq(json_doc_text(json_array_get(list, 0)), buf_slice(&s.out.collateral)));
    assert_true(slice_eq(json_doc_text(json_array_get(list, 1)), buf_slice(&other.out.collateral)));
    must(json_doc_parse(slice_str(view(&w, "get_collateral", nothing())), &first));
    assert_true(json_equal(first, json_array_get(list, 0)));
}

static void older_collateral_does_not_come_back(void **state)
{
    (void)state;
    AUTO(simulated) struct simulated s = simulate("none");
    AUTO(simulated) struct simulated newer = simulate("none");
    AUTO(world) struct world w = simulated_world(&s);
    newer.config.evaluation_number = 18;
    simulator_output_free(&newer.out);
    simulator_make(&newer.config, &newer.out);
    assert_null(store(&w, &s));
    assert_null(store(&w, &s)); /* the same again is no rollback */
    assert_null(store(&w, &newer));
    const char *said = store(&w, &s);
    assert_non_null(said);
    assert_non_null(
        strstr(said, "Collateral rollback refused: tcbEvaluationDataNumber of the TCB info is 17, a collateral with 18"));
    AUTO(simulated) struct simulated earlier = simulate("none");
    earlier.config.evaluation_number = 18;
    earlier.config.now -= 3600;
    simulator_output_free(&earlier.out);
    simulator_make(&earlier.config, &earlier.out);
    said = store(&w, &earlier);
    assert_non_null(said);
    assert_non_null(strstr(said, "Collateral rollback refused: issueDate of the TCB info"));
}

static void a_simulators_root_is_for_development_only(void **state)
{
    (void)state;
    AUTO(simulated) struct simulated s = simulate("none");
    static const char *const networks[] = {"mainnet", "testnet", "test", "devnet2", ""};
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        AUTO(world) struct world w = world_new(SIM_TIME);
        w.chain = networks[i];
        assert_refused(&w, OWNER, "new", accounts_and_root(&s), "simulator_root is refused on");
        assert_done(&w, OWNER, "new", accounts());
        const char *said = store(&w, &s); /* under Intel's root it is nobody's */
        assert_non_null(said);
        assert_non_null(strstr(said, "Failed to verify certificate chain"));
    }
    AUTO(world) struct world bad = world_new(SIM_TIME);
    json_t *args = accounts();
    json_object_set_new(args, "simulator_root", json_string("3000"));
    assert_refused(&bad, OWNER, "new", args, "simulator_root must be a certificate");
}

static void every_view_says_that_it_is_simulated(void **state)
{
    (void)state;
    AUTO(simulated) struct simulated s = simulate("none");
    AUTO(world) struct world w = ready_world(&s);
    static const char *const views[] = {"get_approved_measurements", "get_collateral",  "get_collaterals",
                                        "get_init_worker_account",   "get_owner",       "get_outlayer_contract",
                                        "get_registration_nonce",    "get_trusted_root"};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        view(&w, views[i], nothing());
        assert_non_null(strstr(log_at(&w, 0), "SIMULATED TDX"));
    }
    view(&w, "is_measurements_approved", approval(buf_slice(&s.out.quote)));
    assert_non_null(strstr(log_at(&w, 0), "SIMULATED TDX"));
    view(&w, "get_worker_keys", approval(buf_slice(&s.out.quote)));
    assert_non_null(strstr(log_at(&w, 0), "SIMULATED TDX"));
    assert_non_null(strstr(view(&w, "get_trusted_root", nothing()), "\"simulated\":true"));
}

static int open_machine(void **state)
{
    AUTO(buf) struct buf path = {0};
    (void)state;
    buf_append_fmt(&path, "%s/register.wasm", getenv("OUTLAYER_CONTRACTS"));
    must(fs_read(buf_str(&path), 4 << 20, &wasm));
    return vm_new(NULL, &vm) != NULL;
}

static int close_machine(void **state)
{
    (void)state;
    vm_free(vm);
    buf_free(&wasm);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_of_real_hardware_get_their_verdicts),
        cmocka_unit_test(a_worker_registers_with_a_real_quote),
        cmocka_unit_test(nothing_works_before_new),
        cmocka_unit_test(only_the_owner_changes_anything),
        cmocka_unit_test(accounts_can_be_asked_for),
        cmocka_unit_test(every_defect_is_refused_in_the_words_of_the_native_verifier),
        cmocka_unit_test(a_status_that_is_not_up_to_date_is_named),
        cmocka_unit_test(a_quote_must_be_hex_and_a_quote_of_a_known_platform),
        cmocka_unit_test(time_passes_and_the_collateral_with_it),
        cmocka_unit_test(measurements_must_be_approved),
        cmocka_unit_test(the_list_of_measurements_does_not_care_for_case),
        cmocka_unit_test(malformed_measurements_are_named),
        cmocka_unit_test(the_key_must_be_the_one_in_the_quote),
        cmocka_unit_test(a_registration_is_logged_as_ever_and_recorded),
        cmocka_unit_test(a_worker_may_have_an_ml_dsa_key),
        cmocka_unit_test(keys_of_retired_measurements_can_be_removed),
        cmocka_unit_test(only_workers_keys_are_removed),
        cmocka_unit_test(a_nonce_makes_old_quotes_worthless),
        cmocka_unit_test(slots_are_filled_in_order_and_each_platform_has_one),
        cmocka_unit_test(views_give_the_stored_text_byte_for_byte),
        cmocka_unit_test(older_collateral_does_not_come_back),
        cmocka_unit_test(a_simulators_root_is_for_development_only),
        cmocka_unit_test(every_view_says_that_it_is_simulated),
    };
    return cmocka_run_group_tests_name("register", tests, open_machine, close_machine);
}
