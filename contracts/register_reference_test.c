/* The register contract on this machine and on another: scenarios (devnet/vm/scenario.h) of every method, of every defect that the simulator can make, and of the real
 * quotes that are at hand (OUTLAYER_TEST_DATA), with the contract as it is built. REFERENCE_VM names a program that runs a scenario on the reference machine; without it
 * there is nothing to compare with. One that gives every contract the same chain id, whatever a scenario says, cannot have the simulator's root trusted: then
 * the real quotes alone are compared.
 *
 * With a folder as argument it only writes register.json, the scenario of every method, there: that is where the one of tests/vectors/contracts comes from. */
#include "base/fs.h"
#include "codec/json_doc.h"
#include "devnet/vm/scenario.h"
#include "outcomes.h"
#include "register_args.h"
#include "tee/quote_check.h"
#include "tee/simulator/simulator.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CONTRACT "worker.outlayer.near"
#define HEIR     "heir.near"
#define ANYBODY  "anybody.near"

enum { SIM_TIME = 1767225600, DAY = 86400 };

static struct vm *vm;
static struct buf wasm;

/* ---- the simulator's enclaves ---- */

struct simulated {
    struct simulator_config config;
    struct simulator_output out;
};

static void auto_simulated(struct simulated *s)
{
    simulator_output_free(&s->out);
}

static void remake(struct simulated *s)
{
    simulator_output_free(&s->out);
    simulator_make(&s->config, &s->out);
}

/* A worker of the one image whose key is 32 bytes `number`. */
static struct simulated simulate(const char *defect, uint8_t number)
{
    struct simulated s = {.config = {.now = SIM_TIME, .seed = "a seed of the tests, 32 bytes..."}};
    assert_true(simulator_defect_find(defect, &s.config.defect));
    memset(s.config.report_data, number, 32);
    for (size_t i = 0; i < 5; i++)
        memset(s.config.measurements.of[i], (int)(0xa0 + i), 48);
    remake(&s);
    return s;
}

static struct slice quote_of(const struct simulated *s)
{
    return buf_slice(&s->out.quote);
}

/* With a quote that is too short to be one, for calls that do not get as far as that. */
static json_t *unread_registration(const char *key)
{
    return json_pack("{s:s, s:s}", "public_key", key, "tdx_quote_hex", "0400");
}

/* ---- a scenario in the making: each call is made as it is written, so that the next can use what it answered ---- */

struct script {
    struct scenario *s;
    struct buf text;
    const char *chain;
    uint64_t now_s;
    json_t *last; /* outcome */
};

static struct script script_new(const char *chain, uint64_t now_s)
{
    struct account_id account;
    struct script c = {.chain = chain, .now_s = now_s};
    assert_ok(account_id_parse(SLICE(CONTRACT), &account));
    c.s = scenario_new(vm, &account, buf_slice(&wasm));
    buf_append_str(&c.text, "{\"wasm\":\"register.wasm\",\"account\":\"" CONTRACT "\",\"protocol\":85,\"calls\":[");
    return c;
}

static void auto_script(struct script *c)
{
    scenario_free(c->s);
    buf_free(&c->text);
    json_decref(c->last);
}

static void add(struct script *c, json_t *call)
{
    buf_append_str(&c->text, c->last ? ",\n" : "\n");
    json_doc_write(call, &c->text);
    json_decref(c->last);
    assert_ok(scenario_call(c->s, call, true, &c->last));
    json_decref(call);
}

/* Takes `input`. */
static json_t *call_of(const struct script *c, const char *note, const char *who, const char *method, json_t *input)
{
    return json_pack("{s:s, s:s, s:o, s:s, s:I, s:s}", "note", note, "method", method, "input", input, "signer", who,
                     "timestamp", (json_int_t)c->now_s * 1000000000, "chain_id", c->chain);
}

static void say(struct script *c, const char *note, const char *who, const char *method, json_t *input)
{
    add(c, call_of(c, note, who, method, input));
}

static void pay(struct script *c, const char *note, const char *who, const char *method, json_t *input)
{
    json_t *call = call_of(c, note, who, method, input);
    json_object_set_new(call, "deposit", json_string("1"));
    add(c, call);
}

static void ask(struct script *c, const char *note, const char *method, json_t *input)
{
    json_t *call = call_of(c, note, ANYBODY, method, input);
    json_object_set_new(call, "view", json_true());
    add(c, call);
}

static json_t *none(void)
{
    return json_object();
}

static json_t *key_arg(const char *key)
{
    return json_pack("{s:s}", "public_key", key);
}

static json_t *keys_arg(const char *key, bool force)
{
    json_t *args = json_pack("{s:[s]}", "public_keys", key);
    if (force)
        json_object_set_new(args, "force", json_true());
    return args;
}

static json_t *page_of(const struct simulated *s, int from, int limit)
{
    json_t *args = approval(quote_of(s));
    json_object_set_new(args, "from_index", json_integer(from));
    json_object_set_new(args, "limit", json_integer(limit));
    return args;
}

static json_t *accounts_and_root(const struct simulated *s)
{
    json_t *args = accounts();
    json_object_set_new(args, "simulator_root", hex_value(buf_slice(&s->out.root)));
    return args;
}

static json_t *with(json_t *args, const char *name, const char *text)
{
    json_object_set_new(args, name, json_string(text));
    return args;
}

/* One other measurement than the quote's. */
static json_t *approval_with(const struct simulated *s, const char *name, const char *text)
{
    json_t *args = approval(quote_of(s));
    with(json_object_get(args, "measurements"), name, text);
    return args;
}

/* ---- every method ---- */

static void say_everything_before_new(struct script *c)
{
    static const char *const views[] = {
        "get_approved_measurements", "get_collateral",   "get_collaterals",       "get_init_worker_account", "get_owner",
        "get_outlayer_contract",     "get_trusted_root", "get_registration_nonce"};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        ask(c, "nothing works before new", views[i], none());
    ask(c, "nor a view with arguments", "get_worker_key", key_arg(ZERO_KEY));
    say(c, "nor a change", OWNER, "clear_all_approved_measurements", none());
    say(c, "nor a registration", WORKER, "register_worker_key", unread_registration(ZERO_KEY));
}

static void say_new(struct script *c, const struct simulated *s)
{
    say(c, "new needs its accounts", OWNER, "new", none());
    say(c, "which are account ids", OWNER, "new", with(accounts(), "outlayer_contract_id", "Outlayer"));
    pay(c, "and takes no deposit", OWNER, "new", accounts());
    say(c, "a simulator's root is hex", OWNER, "new", with(accounts(), "simulator_root", "30zz"));
    say(c, "of a certificate", OWNER, "new", with(accounts(), "simulator_root", "3003020101"));
    c->chain = "mainnet";
    say(c, "and is refused on another chain", OWNER, "new", accounts_and_root(s));
    c->chain = "devnet";
    say(c, "on devnet it is taken", OWNER, "new", accounts_and_root(s));
    say(c, "once", OWNER, "new", accounts());
    ask(c, "every view says it", "get_trusted_root", none());
    ask(c, "the accounts", "get_owner", none());
    ask(c, "the accounts", "get_init_worker_account", none());
    ask(c, "the accounts", "get_outlayer_contract", none());
    ask(c, "no collateral yet", "get_collateral", none());
    ask(c, "no collateral yet", "get_collaterals", none());
    ask(c, "no measurements yet", "get_approved_measurements", none());
    ask(c, "the nonce", "get_registration_nonce", none());
}

static void say_collateral(struct script *c, const struct simulated *s)
{
    AUTO(simulated) struct simulated other = simulate("tcb-fmspc", 0xdd); /* of another platform */
    AUTO(simulated) struct simulated older = simulate("none", 0xdd);
    struct slice good = buf_slice(&s->out.collateral);
    older.config.evaluation_number = 16;
    remake(&older);
    say(c, "there is nothing to verify a quote with", WORKER, "register_worker_key", unread_registration(ZERO_KEY));
    say(c, "collateral is the owner's affair", ANYBODY, "update_collateral", collateral_at(SLICE("{}"), 0));
    say(c, "it is JSON", OWNER, "update_collateral", collateral_at(SLICE("{"), 0));
    say(c, "with every member", OWNER, "update_collateral", collateral_at(SLICE("{}"), 0));
    say(c, "there are two slots", OWNER, "update_collateral", collateral_at(SLICE("{}"), 2));
    say(c, "filled in order", OWNER, "update_collateral", collateral_at(SLICE("{}"), 1));
    pay(c, "without a deposit", OWNER, "update_collateral", collateral_at(SLICE("{}"), 0));
    say(c, "six signatures are verified", OWNER, "update_collateral", collateral_at(good, 0));
    say(c, "a platform has one slot", OWNER, "update_collateral", collateral_at(good, 1));
    say(c, "another platform", OWNER, "update_collateral", collateral_at(buf_slice(&other.out.collateral), 1));
    say(c, "older ones do not come back", OWNER, "update_collateral", collateral_at(buf_slice(&older.out.collateral), 0));
    ask(c, "the text as it was stored", "get_collateral", none());
    ask(c, "both", "get_collaterals", none());
}

static void say_measurements(struct script *c, const struct simulated *s)
{
    static const char capitals[] =
        "A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0";
    static const char zeros[] =
        "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";
    static const char no_hex[] =
        "z00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";
    json_t *alone = approval(quote_of(s));
    say(c, "measurements are the owner's affair", ANYBODY, "add_approved_measurements", approval(quote_of(s)));
    say(c, "of 96 digits", OWNER, "add_approved_measurements", approval_with(s, "rtmr1", "abc"));
    say(c, "that are hex", OWNER, "add_approved_measurements", approval_with(s, "rtmr3", no_hex));
    say(c, "five of them", OWNER, "add_approved_measurements", none());
    say(c, "an image", OWNER, "add_approved_measurements", approval_with(s, "mrtd", zeros));
    say(c, "another", OWNER, "add_approved_measurements", approval(quote_of(s)));
    say(c, "the same in capitals", OWNER, "add_approved_measurements", approval_with(s, "mrtd", capitals));
    ask(c, "two", "get_approved_measurements", none());
    ask(c, "approved", "is_measurements_approved", approval(quote_of(s)));
    ask(c, "not approved", "is_measurements_approved", approval_with(s, "rtmr0", zeros));
    ask(c, "no measurements at all", "is_measurements_approved", approval_with(s, "rtmr0", "abc"));
    say(c, "one is withdrawn", OWNER, "remove_approved_measurements", approval_with(s, "mrtd", zeros));
    say(c, "which is not there now", OWNER, "remove_approved_measurements", approval_with(s, "mrtd", zeros));
    json_object_set_new(alone, "clear_others", json_true());
    say(c, "one alone", OWNER, "add_approved_measurements", alone);
    say(c, "none", OWNER, "clear_all_approved_measurements", none());
    say(c, "without them nobody registers", WORKER, "register_worker_key", registration(quote_of(s)));
    say(c, "the image again", OWNER, "add_approved_measurements", approval(quote_of(s)));
}

static void say_bad_registrations(struct script *c, const struct simulated *s)
{
    static const char *const keys[] = {
        "secp256k1:5ftgm7wYK5gtVqq1kxMGy7gSudkrfYCbpsjL6sH1nwx2oj5NR2JktohjzB6fbEhhRERQpiwJcpwnQjxtoX3GS3cQ", "ml-dsa-65:1",
        "ed25519:0", "\"\nEVENT_JSON:{}", ""};
    static const char *const quotes[] = {"04zz", "040", "", "0400"};
    AUTO(simulated) struct simulated enclave = simulate("none", 0xdd);
    enclave.config.kind = SIMULATOR_SGX_V3;
    remake(&enclave);
    say(c, "who registers is named", OWNER, "register_worker_key", unread_registration(ZERO_KEY));
    pay(c, "and pays nothing", WORKER, "register_worker_key", unread_registration(ZERO_KEY));
    say(c, "both arguments", WORKER, "register_worker_key", key_arg(ZERO_KEY));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        say(c, "a key that is none", WORKER, "register_worker_key", unread_registration(keys[i]));
    say(c, "a key that is not the quote's", WORKER, "register_worker_key",
        with(registration(quote_of(s)), "public_key", ZERO_KEY));
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++)
        say(c, "a quote that is none", WORKER, "register_worker_key",
            with(registration(quote_of(s)), "tdx_quote_hex", quotes[i]));
    say(c, "an enclave of SGX", WORKER, "register_worker_key", registration(quote_of(&enclave)));
    c->now_s += 40 * DAY;
    say(c, "the collateral has its time", WORKER, "register_worker_key", registration(quote_of(s)));
    c->now_s = SIM_TIME;
}

/* Registers workers 1, 2 and 3, of which the last has an ML-DSA key. */
static void say_registrations(struct script *c)
{
    static uint8_t long_key[1952];
    static char long_text[11 + BASE58_ENCODED_MAX(sizeof long_key)] = "ml-dsa-65:";
    for (uint8_t number = 1; number <= 2; number++) {
        AUTO(simulated) struct simulated s = simulate("none", number);
        AUTO(json) json_t *key = key_of(quote_of(&s));
        say(c, "a worker", WORKER, "register_worker_key", registration(quote_of(&s)));
        say(c, "twice", WORKER, "register_worker_key", registration(quote_of(&s)));
        ask(c, "what is known of it", "get_worker_key", json_pack("{s:O}", "public_key", key));
    }
    AUTO(simulated) struct simulated s = simulate("none", 3);
    for (size_t i = 0; i < sizeof long_key; i++)
        long_key[i] = (uint8_t)(i * 7 + 3);
    long_text[10 + base58_encode(slice_from(long_key, sizeof long_key), long_text + 10)] = '\0';
    quote_check_crypto.sha256(slice_from(long_key, sizeof long_key), s.config.report_data);
    remake(&s);
    say(c, "a key of 1952 bytes", WORKER, "register_worker_key", with(registration(quote_of(&s)), "public_key", long_text));
    ask(c, "what is known of it", "get_worker_key", key_arg(long_text));
    ask(c, "nothing of this one", "get_worker_key", key_arg(ZERO_KEY));
    ask(c, "nor of what is no key", "get_worker_key", key_arg("ed25519:0"));
    ask(c, "all of the image", "get_worker_keys", approval(quote_of(&s)));
    ask(c, "a page", "get_worker_keys", page_of(&s, 1, 1));
    ask(c, "past the end", "get_worker_keys", page_of(&s, 7, 1));
    ask(c, "of no image", "get_worker_keys", approval_with(&s, "mrtd", "abc"));
}

static void say_nonce(struct script *c)
{
    AUTO(simulated) struct simulated s = simulate("none", 4);
    say(c, "the nonce is the owner's affair", WORKER, "set_nonce_required", json_pack("{s:b}", "required", 1));
    say(c, "from now on", OWNER, "set_nonce_required", json_pack("{s:b}", "required", 1));
    say(c, "an old quote is not good enough", WORKER, "register_worker_key", registration(quote_of(&s)));
    ask(c, "what a quote must carry", "get_registration_nonce", none());
    const char *nonce = json_string_value(json_object_get(c->last, "return"));
    assert_true(nonce && hex_decode(slice_from(nonce + 1, 64), s.config.report_data + 32, 32, NULL));
    remake(&s);
    AUTO(json) json_t *key = key_of(quote_of(&s));
    say(c, "a fresh one is", WORKER, "register_worker_key", registration(quote_of(&s)));
    ask(c, "and known to be", "get_worker_key", json_pack("{s:O}", "public_key", key));
    say(c, "no more", OWNER, "set_nonce_required", json_pack("{s:b}", "required", 0));
}

static void say_removals(struct script *c)
{
    AUTO(simulated) struct simulated s = simulate("none", 1);
    AUTO(json) json_t *key = key_of(quote_of(&s));
    json_t *two = approval(quote_of(&s));
    say(c, "keys are the owner's affair", WORKER, "remove_worker_keys", keys_arg(json_string_value(key), false));
    say(c, "only workers' keys", OWNER, "remove_worker_keys", keys_arg(ZERO_KEY, false));
    say(c, "that are keys", OWNER, "remove_worker_keys", keys_arg("ed25519:0", true));
    say(c, "one is removed", OWNER, "remove_worker_keys", keys_arg(json_string_value(key), false));
    ask(c, "and not known now", "get_worker_key", json_pack("{s:O}", "public_key", key));
    say(c, "any key, when it must be", OWNER, "remove_worker_keys", keys_arg(ZERO_KEY, true));
    say(c, "none", OWNER, "remove_worker_keys", json_pack("{s:[]}", "public_keys"));
    say(c, "not by anybody", WORKER, "remove_worker_keys_by_measurements", approval(quote_of(&s)));
    json_object_set_new(two, "limit", json_integer(2));
    say(c, "two of an image", OWNER, "remove_worker_keys_by_measurements", two);
    say(c, "the rest", OWNER, "remove_worker_keys_by_measurements", approval(quote_of(&s)));
    say(c, "there is none left", OWNER, "remove_worker_keys_by_measurements", approval(quote_of(&s)));
    ask(c, "nobody", "get_worker_keys", approval(quote_of(&s)));
}

static void say_the_rest(struct script *c)
{
    say(c, "the owner's affair", WORKER, "transfer_ownership", json_pack("{s:s}", "new_owner", WORKER));
    say(c, "to an account", OWNER, "transfer_ownership", json_pack("{s:s}", "new_owner", "Heir"));
    say(c, "another owner", OWNER, "transfer_ownership", json_pack("{s:s}", "new_owner", HEIR));
    say(c, "the old one is none", OWNER, "clear_all_approved_measurements", none());
    say(c, "the new one is", HEIR, "clear_all_approved_measurements", none());
    say(c, "only the account itself migrates", HEIR, "migrate", none());
    say(c, "once, from the state of another contract", CONTRACT, "migrate", none());
}

static void write_methods(struct script *c)
{
    AUTO(simulated) struct simulated s = simulate("none", 0xdd);
    say_everything_before_new(c);
    say_new(c, &s);
    say_collateral(c, &s);
    say_measurements(c, &s);
    say_bad_registrations(c, &s);
    say_registrations(c);
    say_nonce(c);
    say_removals(c);
    say_the_rest(c);
}

/* ---- what the verifier says to quotes ---- */

/* Stores the collateral and registers the key that the quote names, as far as the contract lets it. */
static void write_quote(struct script *c, json_t *new_args, struct slice quote, struct slice collateral)
{
    json_t *approved = approval(quote);
    say(c, "", OWNER, "new", new_args);
    if (json_object_size(json_object_get(approved, "measurements")))
        say(c, "", OWNER, "add_approved_measurements", approved);
    else
        json_decref(approved);
    say(c, "", OWNER, "update_collateral", collateral_at(collateral, 0));
    say(c, "", WORKER, "register_worker_key", registration(quote));
}

/* ---- this machine and the other ---- */

static struct {
    const char *reference;
    char dir[64];
    size_t calls, scenarios;
} t;

static void path_of(char path[256], const char *name, const char *suffix)
{
    snprintf(path, 256, "%s/%s.%s", t.dir, name, suffix);
}

static void write_script(struct script *c, const char *path)
{
    buf_append_str(&c->text, "\n]}\n");
    assert_ok(fs_write_atomic(path, buf_slice(&c->text), 0644));
}

/* What the reference machine makes of it; `scenario` is where it was written. */
static json_t *measure(struct script *c, const char *name, char scenario[256])
{
    char measured[256], command[1024];
    path_of(scenario, name, "json");
    path_of(measured, name, "jsonl");
    write_script(c, scenario);
    snprintf(command, sizeof command, "'%s' '%s' >'%s'", t.reference, scenario, measured);
    assert_int_equal(system(command), 0);
    return outcomes_read(measured);
}

static void compare_script(struct script *c, const char *name)
{
    static const char *const fields[] = {"method", "burnt",  "used",        "wasm",    "host", "actions",
                                         "logs",   "return", "usage_delta", "balance", NULL};
    char scenario[256];
    AUTO(json) json_t *theirs = measure(c, name, scenario);
    AUTO(json) json_t *ours = outcomes_of(vm, scenario);
    outcomes_compare(name, theirs, ours, fields);
    t.calls += json_array_size(ours);
    t.scenarios++;
}

/* Whether the reference machine lets the simulator's root be trusted. */
static bool takes_devnet(void)
{
    char scenario[256];
    AUTO(simulated) struct simulated s = simulate("none", 0xdd);
    AUTO(script) struct script c = script_new("devnet", SIM_TIME);
    say(&c, "", OWNER, "new", accounts_and_root(&s));
    AUTO(json) json_t *outcomes = measure(&c, "chain", scenario);
    return json_is_null(json_object_get(json_array_get(outcomes, 0), "aborted"));
}

static void need_devnet(void)
{
    if (takes_devnet())
        return;
    print_message("skipped: the reference machine does not give the contract the chain id `devnet` of the scenario\n");
    skip();
}

static void every_method_agrees(void **state)
{
    (void)state;
    need_devnet();
    AUTO(script) struct script c = script_new("devnet", SIM_TIME);
    write_methods(&c);
    compare_script(&c, "register");
}

static void every_defect_agrees(void **state)
{
    (void)state;
    need_devnet();
    for (size_t i = 0; i < simulator_defect_count(); i++) {
        struct simulator_defect d = simulator_defect_at(i);
        if (d.one_kind && d.kind == SIMULATOR_SGX_V3)
            continue;
        AUTO(simulated) struct simulated s = simulate(d.name, 0xdd);
        AUTO(script) struct script c = script_new("devnet", SIM_TIME);
        write_quote(&c, accounts_and_root(&s), quote_of(&s), buf_slice(&s.out.collateral));
        compare_script(&c, d.name);
    }
}

static void compare_real(const char *folder, const char *name)
{
    AUTO(buf) struct buf path = {0}, quote = {0}, collateral = {0}, text = {0};
    AUTO(json) json_t *expect = NULL;
    buf_append_fmt(&path, "%s/%s/", folder, name);
    size_t end = path.len;
    static const char *const files[] = {"quote.bin", "collateral.json", "expect.json"};
    struct buf *const contents[] = {&quote, &collateral, &text};
    for (size_t i = 0; i < 3; i++) {
        path.len = end;
        buf_append_str(&path, files[i]);
        assert_ok(fs_read(buf_str(&path), OUTCOMES_FILE_MAX, contents[i]));
    }
    assert_ok(json_doc_parse(buf_slice(&text), &expect));
    AUTO(script) struct script c = script_new("test", (uint64_t)json_integer_value(json_object_get(expect, "time")));
    write_quote(&c, accounts(), buf_slice(&quote), buf_slice(&collateral));
    compare_script(&c, name);
}

static void real_quotes_agree(void **state)
{
    (void)state;
    AUTO(buf) struct buf path = {0};
    const char *data = getenv("OUTLAYER_TEST_DATA");
    buf_append_fmt(&path, "%s/dcap/real", data ? data : "");
    DIR *folder = data ? opendir(buf_str(&path)) : NULL;
    if (!folder) {
        print_message("skipped: real quotes are not at hand (OUTLAYER_TEST_DATA)\n");
        skip();
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] != '.')
            compare_real(buf_str(&path), entry->d_name);
    }
    closedir(folder);
}

static void open_machine(void)
{
    AUTO(buf) struct buf path = {0};
    buf_append_fmt(&path, "%s/register.wasm", getenv("OUTLAYER_CONTRACTS"));
    assert_ok(fs_read(buf_str(&path), OUTCOMES_FILE_MAX, &wasm));
    assert_ok(vm_new(NULL, &vm));
}

static int begin(void **state)
{
    char path[256];
    (void)state;
    open_machine();
    snprintf(t.dir, sizeof t.dir, "/tmp/outlayer-register-XXXXXX");
    assert_non_null(mkdtemp(t.dir));
    path_of(path, "register", "wasm");
    assert_ok(fs_write_atomic(path, buf_slice(&wasm), 0644));
    return 0;
}

static int end(void **state)
{
    (void)state;
    vm_free(vm);
    buf_free(&wasm);
    assert_ok(fs_remove_tree(t.dir));
    return 0;
}

static int write_only(const char *folder)
{
    AUTO(buf) struct buf path = {0};
    open_machine();
    AUTO(script) struct script c = script_new("devnet", SIM_TIME);
    write_methods(&c);
    buf_append_fmt(&path, "%s/register.json", folder);
    write_script(&c, buf_str(&path));
    buf_free(&wasm);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_agrees),
        cmocka_unit_test(every_defect_agrees),
        cmocka_unit_test(real_quotes_agree),
    };
    if (argc == 2)
        return write_only(argv[1]);
    t.reference = getenv("REFERENCE_VM");
    if (!t.reference) {
        printf("skipped: REFERENCE_VM does not name a program that runs a scenario on the reference machine\n");
        return 77;
    }
    int failed = cmocka_run_group_tests_name("register on two machines", tests, begin, end);
    if (!failed) /* `make test` shows such lines at its end */
        printf("compared: %zu calls of the register contract in %zu scenarios with the reference machine, 0 differ\n", t.calls,
               t.scenarios);
    return failed;
}
