/* Programs that use the outside, through the whole of it: a contract's request, the worker, its node, and back. What a program did is looked for where it
 * must be seen: in the chain's state, in a server's memory, in the token's books. */
#include "engine/test_support.h"
#include "near/credentials.h"
#include "net/raw_server.h"
#include "world.h"
#include <stdio.h>
#include <string.h>

enum { SKIPPED = 77 /* to CTest */ };

#define BOOK_ID    "guestbook.test.near"
#define TOKEN_ID   "usdc.test.near"
#define ROBOT_ID   "robot.test.near" /* whose key the programs are given */
#define PROJECT_ID ASKER_USER_ID "/app"

#define GAS "30000000000000"

static const struct raw_route routes[] = {
    {"/hello", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", NULL},
    {"/echo", NULL, raw_echo},
};

static struct {
    struct world *w;
    struct raw_server server;
    char module[HASH_HEX_MAX], component[HASH_HEX_MAX], hello[HASH_HEX_MAX];
    char robot_key[SECRET_TEXT_MAX];
} t;

/* --- the world --------------------------------------------------------------------------------------------------------------------- */

static void publish(const char *name, char hash[HASH_HEX_MAX])
{
    AUTO(buf) struct buf program = {0};
    read_guest(name, &program);
    world_publish(t.w, buf_slice(&program), hash);
}

/* As `signer_id`; the call must succeed. */
static void call_as(const char *signer_id, const char *contract, const char *method, const char *args, u128 deposit)
{
    AUTO(signer) struct signer *signer = NULL;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    assert_ok(stack_signer(&t.w->stack, signer_id, &signer));
    assert_ok(
        signer_call(signer, slice_str(contract), method, slice_str(args), 100 * TERA_GAS, deposit, TX_LEVEL_FINAL, &outcome));
    assert_ok(tx_outcome_expect(&outcome, method));
}

static void make_robot(void)
{
    AUTO(credentials) struct credentials c = {0};
    assert_ok(stack_create_account(&t.w->stack, ROBOT_ID, NEAR_YOCTO * 10));
    const char *path = arena_fmt(&t.w->arena, "%s/%s/%s.json", t.w->stack.credentials_dir, STACK_NETWORK, ROBOT_ID);
    assert_ok(credentials_read_file(path, &c));
    secret_key_text(&c.key, t.robot_key);
}

/* A token that the contract takes, and a project whose author has a balance of it. */
static void make_money(void)
{
    const char *with_deposit[] = {STACK_CONTRACT_ID, ASKER_USER_ID};
    assert_ok(stack_create_account(&t.w->stack, TOKEN_ID, NEAR_YOCTO * 10));
    assert_ok(
        stack_deploy(&t.w->stack, TOKEN_ID, "ft", "new", "{\"owner_id\":\"" STACK_ROOT_ID "\",\"total_supply\":\"1000000\"}"));
    for (size_t i = 0; i < sizeof with_deposit / sizeof *with_deposit; i++)
        call_as(STACK_ROOT_ID, TOKEN_ID, "storage_deposit", arena_fmt(&t.w->arena, "{\"account_id\":\"%s\"}", with_deposit[i]),
                NEAR_YOCTO / 100);
    call_as(STACK_ROOT_ID, TOKEN_ID, "ft_transfer", "{\"receiver_id\":\"" ASKER_USER_ID "\",\"amount\":\"100000\"}", 1);
    call_as(STACK_ROOT_ID, STACK_CONTRACT_ID, "set_payment_token_contract", "{\"token_contract\":\"" TOKEN_ID "\"}", 0);
    call_as(ASKER_USER_ID, TOKEN_ID, "ft_transfer_call",
            "{\"receiver_id\":\"" STACK_CONTRACT_ID
            "\",\"amount\":\"50000\",\"msg\":\"{\\\"action\\\":\\\"deposit_balance\\\"}\"}",
            1);
}

static void make_project(void)
{
    const char *args = arena_fmt(&t.w->arena,
                                 "{\"name\":\"app\",\"source\":{\"WasmUrl\":{\"url\":\"https://example.com/app.wasm\",\"hash\":"
                                 "\"%s\",\"build_target\":\"wasm32-wasip2\"}}}",
                                 t.component);
    call_as(ASKER_USER_ID, STACK_CONTRACT_ID, "create_project", args, NEAR_YOCTO / 10);
}

static int start(void **state)
{
    if (world_start(state))
        return -1;
    t.w = *state;
    raw_start(&t.server, routes, sizeof routes / sizeof *routes);
    t.w->stack.local_egress = true;
    stack_kill(&t.w->stack, STACK_WORKER);
    assert_ok(stack_restart(&t.w->stack, STACK_WORKER));
    publish("asker", t.module);
    publish("component_http.component", t.component);
    publish("hello.component", t.hello);
    assert_ok(stack_create_account(&t.w->stack, BOOK_ID, NEAR_YOCTO * 10));
    assert_ok(stack_deploy(&t.w->stack, BOOK_ID, "guestbook", "new", "{\"owner_id\":\"" STACK_ROOT_ID "\"}"));
    make_robot();
    return 0;
}

static int end(void **state)
{
    raw_stop(&t.server);
    explicit_bzero(t.robot_key, sizeof t.robot_key);
    return world_end(state);
}

/* --- requests ------------------------------------------------------------------------------------------------------------------------ */

static json_t *url_source(const char *hash, const char *target)
{
    return json_pack("{s:{s:s,s:s,s:s}}", "WasmUrl", "url", "https://example.com/p.wasm", "hash", hash, "build_target", target);
}

/* Requests a run from the main contract as a user does; takes `source`. The JSON text that the request's transaction returned. */
static const char *request(json_t *source, const char *input, const char *attached_usd)
{
    AUTO(buf) struct buf args = {0};
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    AUTO(json) json_t *all =
        json_pack("{s:o,s:s,s:s,s:{s:I,s:i,s:i},s:{s:s}}", "source", source, "input_data", input, "response_format", "Text",
                  "resource_limits", "max_instructions", (json_int_t)1000000000, "max_memory_mb", 64, "max_execution_seconds",
                  30, "params", "attached_usd", attached_usd);
    json_doc_write(all, &args);
    assert_ok(signer_call(t.w->user, SLICE(STACK_CONTRACT_ID), "request_execution", buf_slice(&args), 300 * TERA_GAS,
                          NEAR_YOCTO / 10, TX_LEVEL_FINAL, &outcome));
    assert_ok(tx_outcome_expect(&outcome, "request_execution"));
    return arena_str(&t.w->arena, outcome.value);
}

/* What the program printed. */
static const char *printed_by(const char *hash, const char *target, const char *input)
{
    AUTO(json) json_t *doc = NULL;
    const char *value = request(url_source(hash, target), input, "0");
    assert_ok(json_doc_parse(slice_str(value), &doc));
    struct slice text = json_doc_text(doc);
    if (!text.ptr)
        fail_msg("`%.40s…` was answered with %s", input, value);
    return arena_str(&t.w->arena, text);
}

static const char *module_says(const char *script)
{
    return printed_by(t.module, "wasm32-wasip1", script);
}

static const char *component_says(const char *script)
{
    return printed_by(t.component, "wasm32-wasip2", script);
}

static void assert_says(const char *printed, const char *text)
{
    if (!strstr(printed, text))
        fail_msg("`%s` does not say `%s`", printed, text);
}

static const char *view(const char *contract, const char *method, const char *args)
{
    AUTO(buf) struct buf text = {0};
    assert_ok(rpc_view_call(t.w->rpc, slice_str(contract), method, slice_str(args), &text));
    return arena_str(&t.w->arena, buf_slice(&text));
}

static u128 balance_of(const char *account_id)
{
    struct rpc_account account;
    assert_ok(rpc_view_account(t.w->rpc, slice_str(account_id), &account));
    return account.amount;
}

/* --- what is true ---------------------------------------------------------------------------------------------------------------------- */

static void a_component_answers_through_the_contract(void **state)
{
    (void)state;
    assert_string_equal(printed_by(t.hello, "wasm32-wasip2", ""), "hello\n");
}

static void a_component_declared_as_a_module_is_refused(void **state)
{
    (void)state;
    assert_string_equal(request(url_source(t.hello, "wasm32-wasip1"), "", "0"), "null");
}

static void programs_see_the_chain(void **state)
{
    (void)state;
    const char *book = "ok {\"owner_id\":\"" STACK_ROOT_ID "\"";
    assert_says(module_says("rpc_view\t" BOOK_ID "\tget_book\t{}\toptimistic\n"), book);
    assert_says(component_says("view " BOOK_ID " get_book {}\n"), book);
    assert_says(module_says("rpc_view_account\tnobody.test.near\toptimistic\n"), "UNKNOWN_ACCOUNT");
}

/* Each with a key that it was given, on an account that is not the requester's. */
static void programs_change_the_chain_with_a_key_of_their_own(void **state)
{
    (void)state;
    struct arena *a = &t.w->arena;
    assert_says(module_says(arena_fmt(a, "rpc_call\t" ROBOT_ID "\t%s\t" BOOK_ID "\tsign\t{\"text\":\"module\"}\t1\t" GAS "\t\n",
                                      t.robot_key)),
                "ok ");
    assert_says(
        component_says(arena_fmt(a, "call " ROBOT_ID " %s " BOOK_ID " sign {\"text\":\"component\"} 0 " GAS "\n", t.robot_key)),
        "ok ");
    const char *entries = view(BOOK_ID, "get_entries", "{}");
    assert_says(entries, "{\"author_id\":\"" ROBOT_ID "\",\"text\":\"module\"");
    assert_says(entries, "{\"author_id\":\"" ROBOT_ID "\",\"text\":\"component\"");

    u128 before = balance_of(BOOK_ID);
    assert_says(module_says(arena_fmt(a, "rpc_transfer\t" ROBOT_ID "\t%s\t" BOOK_ID "\t1000\t\n", t.robot_key)), "ok ");
    assert_says(component_says(arena_fmt(a, "transfer " ROBOT_ID " %s " BOOK_ID " 234\n", t.robot_key)), "ok ");
    assert_true(balance_of(BOOK_ID) - before == 1234);
}

static void a_key_opens_its_own_account_only(void **state)
{
    (void)state;
    struct arena *a = &t.w->arena;
    u128 before = balance_of(STACK_ROOT_ID);
    const char *said = module_says(arena_fmt(a, "rpc_transfer\t" STACK_ROOT_ID "\t%s\t" BOOK_ID "\t1000\t\n", t.robot_key));
    assert_says(said, "error Failed to get nonce");
    said = component_says("transfer " ROBOT_ID " ed25519:nonsense " BOOK_ID " 1\n");
    assert_says(said, "error Invalid secret key");
    assert_true(balance_of(STACK_ROOT_ID) == before);
}

static void programs_speak_http_where_they_may(void **state)
{
    (void)state;
    struct arena *a = &t.w->arena;
    assert_says(module_says(arena_fmt(a, "fetch\tGET\t%s/hello\t\n", t.server.url)), "ok 200 hello");
    assert_says(component_says(arena_fmt(a, "get %s/hello\n", t.server.url)), "200 1 hello");
    assert_says(component_says(arena_fmt(a, "post %s/echo\n", t.server.url)), "POST /echo HTTP/1.1");
    assert_says(module_says("fetch\tGET\thttp://10.0.0.1/\t\n"), "destination blocked");
}

static void without_a_keystore_storage_and_randomness_say_so(void **state)
{
    (void)state;
    assert_says(module_says("storage_set\tk\tv\n"), "error WASM imports `near:storage/api` but storage is not configured.");
    assert_says(module_says("vrf_generate\tseed\n"), "error WASM imports near:vrf/api but VRF is not available.");
    assert_says(component_says("store k v\n"), "error WASM imports `near:storage/api` but storage is not configured.");
    assert_says(component_says("vrf seed\n"), "error WASM imports near:vrf/api but VRF is not available.");
    assert_says(module_says("wallet_get_id\n"), "error WASM imports outlayer:wallet/api but wallet is not available.");
}

static json_t *project_source(void)
{
    return json_pack("{s:{s:s,s:n}}", "Project", "project_id", PROJECT_ID, "version_key");
}

static const char *usd_balance(void)
{
    return view(STACK_CONTRACT_ID, "get_user_stablecoin_balance", "{\"account_id\":\"" ASKER_USER_ID "\"}");
}

static const char *usd_earnings(void)
{
    return view(STACK_CONTRACT_ID, "get_developer_earnings", "{\"account_id\":\"" ASKER_USER_ID "\"}");
}

/* 5000 come with the request, 300 of them the program gives back: the project's owner has earned the rest. */
static void what_a_program_gives_back_is_settled(void **state)
{
    (void)state;
    make_money();
    make_project();
    assert_string_equal(usd_balance(), "\"50000\"");
    assert_string_equal(request(project_source(), "refund 5001\nrefund 300\nrefund 1\n", "5000"),
                        "\"error Refund amount 5001 exceeds attached USD 5000\\nok \\n"
                        "error refund_usd can only be called once per execution\\n\"");
    assert_string_equal(usd_balance(), "\"45300\"");
    assert_string_equal(usd_earnings(), "\"4700\"");
}

static bool is_built(void)
{
    AUTO(buf) struct buf path = {0};
    buf_append_fmt(&path, "%s/../guests/component_http.component.wasm", bin_dir());
    return access(buf_str(&path), R_OK) == 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_component_answers_through_the_contract),
        cmocka_unit_test(a_component_declared_as_a_module_is_refused),
        cmocka_unit_test(programs_see_the_chain),
        cmocka_unit_test(programs_change_the_chain_with_a_key_of_their_own),
        cmocka_unit_test(a_key_opens_its_own_account_only),
        cmocka_unit_test(programs_speak_http_where_they_may),
        cmocka_unit_test(without_a_keystore_storage_and_randomness_say_so),
        cmocka_unit_test(what_a_program_gives_back_is_settled),
    };
    if (!is_built()) {
        print_message("skipped: no component guests, `make componentize` builds the tool that makes them\n");
        return SKIPPED;
    }
    return cmocka_run_group_tests_name("host", tests, start, end);
}
