/* The chain as clients meet it: over HTTP, with every kind of bad request. */
#include "codec/base64.h"
#include "codec/json_doc.h"
#include "devnet/chain/chain_testing.h"
#include "devnet/rpc/rpc_server.h"
#include "net/http_client.h"
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { WAIT_MS = 300 };

static const uint8_t contract_wasm[] = {
#include "devnet/chain/contract_test_wasm.inc"
};

struct fixture {
    struct chain *chain;
    struct rpc_server *server;
    struct http_client *http;
    struct http_answer answer; /* of the last call */
    json_t *document;          /* its body */
    struct sender alice;
};

static struct fixture fixture;

static int set_up(void **state)
{
    struct chain_config config = test_config();
    struct fixture *f = &fixture;
    config.tick_ms = 100;
    must(chain_open(&config, &f->chain));
    must(chain_start(f->chain));
    must(rpc_server_start(&(struct rpc_server_config){.chain = f->chain, .loops = 2, .wait_ms = WAIT_MS}, &f->server));
    must(http_client_new(&f->http));
    f->alice = genesis_sender(f->chain, "alice.near");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    http_client_free(f->http);
    http_answer_free(&f->answer);
    json_decref(f->document);
    rpc_server_stop(f->server);
    chain_close(f->chain);
    *f = (struct fixture){0};
    return 0;
}

static int request(struct fixture *f, const char *method, const char *path, struct slice body, const char *content_type)
{
    char url[256];
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", rpc_server_port(f->server), path);
    const struct http_call call = {.method = method, .url = url, .body = body, .content_type = content_type};
    must(http_client_call(f->http, &call, &f->answer));
    json_decref(f->document);
    f->document = NULL;
    err_free(json_doc_parse(buf_slice(&f->answer.body), &f->document));
    return f->answer.status;
}

static int get(struct fixture *f, const char *path)
{
    return request(f, "GET", path, slice_from(NULL, 0), NULL);
}

static int post(struct fixture *f, const char *body)
{
    return request(f, "POST", "/", slice_str(body), NULL);
}

/* Calls with id 7 and returns the result or, when it failed, the error object; borrowed until the next call. */
static const json_t *call_status(struct fixture *f, const char *method, const char *params, int status)
{
    AUTO(buf) struct buf body = {0};
    buf_append_fmt(&body, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"%s\",\"params\":%s}", method, params);
    if (request(f, "POST", "/", buf_slice(&body), NULL) != status)
        fail_msg("%s %s: HTTP %d instead of %d: %s", method, params, f->answer.status, status, buf_str(&f->answer.body));
    assert_int_equal(json_integer_value(json_object_get(f->document, "id")), 7);
    const json_t *result = json_object_get(f->document, "result");
    return result ? result : json_object_get(f->document, "error");
}

static const json_t *call(struct fixture *f, const char *method, const char *params)
{
    const json_t *result = call_status(f, method, params, 200);
    if (json_object_get(f->document, "error"))
        fail_msg("%s %s: %s", method, params, buf_str(&f->answer.body));
    return result;
}

/* Walks `a.b.0.c`. */
static const json_t *at(const json_t *value, const char *path)
{
    struct slice rest = slice_str(path), part;
    while (rest.ptr) {
        char name[64];
        rest = slice_cut(rest, '.', &part);
        snprintf(name, sizeof name, "%.*s", SLICE_FMT(part));
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(name)) : json_object_get(value, name);
    }
    return value;
}

static const char *text_at(const json_t *value, const char *path)
{
    const char *text = json_string_value(at(value, path));
    return text ? text : "";
}

static void assert_cause(struct fixture *f, const char *method, const char *params, int status, const char *cause)
{
    const json_t *error = call_status(f, method, params, status);
    if (strcmp(text_at(error, "cause.name"), cause))
        fail_msg("%s %s: cause `%s` instead of `%s`: %s", method, params, text_at(error, "cause.name"), cause,
                 buf_str(&f->answer.body));
}

/* Base64 of a signed transaction. */
static const char *signed_base64(struct fixture *f, struct sender *from, const char *to, const struct action *actions,
                                 size_t count)
{
    static struct buf text;
    AUTO(buf) struct buf bytes = {0};
    sign(f->chain, from, to, actions, count, &bytes);
    buf_clear(&text);
    base64_append(&text, buf_slice(&bytes));
    return buf_str(&text);
}

static const char *params_of(const char *fmt, const char *value)
{
    static struct buf text;
    buf_clear(&text);
    buf_append_fmt(&text, fmt, value);
    return buf_str(&text);
}

static void what_is_no_request_is_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *body;
        int status;
        const char *cause;
    } cases[] = {
        {"", 400, NULL},
        {"{", 400, NULL},
        {"not json", 400, NULL},
        {"\"\\ud800\"", 400, NULL},
        {"[]", 400, "PARSE_ERROR"},
        {"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}]", 400, "PARSE_ERROR"},
        {"42", 400, "PARSE_ERROR"},
        {"null", 400, "PARSE_ERROR"},
        {"{}", 400, "PARSE_ERROR"},
        {"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"status\"}", 400, "PARSE_ERROR"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1}", 400, "PARSE_ERROR"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}", 400, "PARSE_ERROR"},
        {"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"status\"}", 400, "PARSE_ERROR"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\u0000\"}", 400, "METHOD_NOT_FOUND"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"toString\"}", 400, "METHOD_NOT_FOUND"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = post(f, cases[i].body);
        if (status != cases[i].status || strcmp(text_at(f->document, "error.cause.name"), cases[i].cause ? cases[i].cause : ""))
            fail_msg("%s: %d %s", cases[i].body, status, buf_str(&f->answer.body));
    }
    assert_int_equal(request(f, "POST", "/", SLICE("{}"), "text/plain"), 415);
    assert_int_equal(get(f, "/"), 405);
    assert_int_equal(get(f, "/nothing"), 404);
}

static void a_body_over_the_limit_is_refused(void **state)
{
    struct fixture *f = *state;
    AUTO(buf) struct buf body = {0};
    memset(buf_reserve(&body, 11 << 20), ' ', 11 << 20);
    body.len = 11 << 20;
    assert_int_equal(request(f, "POST", "/", buf_slice(&body), NULL), 413);
    assert_string_equal(text_at(f->document, "error.cause.name"), "PARSE_ERROR");
    assert_string_equal(text_at(f->document, "error.data"), "the body is larger than 10485760 bytes");
    assert_true(json_is_null(at(f->document, "id")));
}

static void ids_come_back_as_they_were(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(post(f, "{\"jsonrpc\":\"2.0\",\"id\":\"a\\u0000b\",\"method\":\"health\"}"), 200);
    assert_int_equal(json_string_length(json_object_get(f->document, "id")), 3);
    assert_true(json_is_null(json_object_get(f->document, "result")));
    assert_int_equal(post(f, "{\"jsonrpc\":\"2.0\",\"method\":\"health\"}"), 200);
    assert_true(json_is_null(json_object_get(f->document, "id")));
}

static void parameters_are_checked(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[][2] = {
        {"query", "null"},
        {"query", "{}"},
        {"query", "5"},
        {"query", "[]"},
        {"query", "[\"account/alice.near\"]"},
        {"query", "[\"account/Alice\",\"\"]"},
        {"query", "[\"nothing/alice.near\",\"\"]"},
        {"query", "[\"access_key/alice.near/x\",\"\"]"},
        {"query", "{\"request_type\":\"view_all\",\"finality\":\"final\",\"account_id\":\"alice.near\"}"},
        {"query", "{\"request_type\":\"view_account\",\"account_id\":\"alice.near\"}"},
        {"query", "{\"request_type\":\"view_account\",\"finality\":\"soon\",\"account_id\":\"alice.near\"}"},
        {"query", "{\"request_type\":\"view_account\",\"finality\":\"final\",\"block_id\":1,\"account_id\":\"alice.near\"}"},
        {"query", "{\"request_type\":\"view_account\",\"block_id\":-1,\"account_id\":\"alice.near\"}"},
        {"query", "{\"request_type\":\"view_account\",\"block_id\":1.5,\"account_id\":\"alice.near\"}"},
        {"query", "{\"request_type\":\"view_account\",\"block_id\":null,\"account_id\":\"alice.near\"}"},
        {"query", "{\"request_type\":\"view_account\",\"block_id\":\"0OIl\",\"account_id\":\"alice.near\"}"},
        {"query", "{\"request_type\":\"view_account\",\"sync_checkpoint\":\"now\",\"account_id\":\"alice.near\"}"},
        {"query", "{\"request_type\":\"view_account\",\"finality\":\"final\",\"account_id\":\"A\"}"},
        {"query", "{\"request_type\":\"view_account\",\"finality\":\"final\",\"account_id\":[]}"},
        {"query",
         "{\"request_type\":\"view_access_key\",\"finality\":\"final\",\"account_id\":\"alice.near\",\"public_key\":\"x\"}"},
        {"query", "{\"request_type\":\"view_state\",\"finality\":\"final\",\"account_id\":\"alice.near\"}"},
        {"query",
         "{\"request_type\":\"view_state\",\"finality\":\"final\",\"account_id\":\"alice.near\",\"prefix_base64\":\"*\"}"},
        {"query",
         "{\"request_type\":\"view_state\",\"finality\":\"final\",\"account_id\":\"alice.near\",\"prefix_base64\":\"\","
         "\"limit\":0}"},
        {"query",
         "{\"request_type\":\"call_function\",\"finality\":\"final\",\"account_id\":\"alice.near\",\"args_base64\":\"\"}"},
        {"block", "[]"},
        {"block", "[1,2]"},
        {"block", "{}"},
        {"chunk", "{}"},
        {"chunk", "[\"x\"]"},
        {"chunk", "[[0]]"},
        {"chunk", "[[0,\"a\"]]"},
        {"gas_price", "[true]"},
        {"send_tx", "{}"},
        {"send_tx", "[\"*\"]"},
        {"send_tx", "[\"AAAA\"]"},
        {"send_tx", "{\"signed_tx_base64\":\"\"}"},
        {"send_tx", "{\"signed_tx_base64\":\"\",\"wait_until\":\"LATER\"}"},
        {"broadcast_tx_async", "[5]"},
        {"tx", "[\"x\",\"alice.near\"]"},
        {"tx", "{\"tx_hash\":\"11111111111111111111111111111111\"}"},
        {"EXPERIMENTAL_receipt", "{\"receipt_id\":\"\"}"},
        {"sandbox_fast_forward", "{\"delta_height\":0}"},
        {"sandbox_fast_forward", "{\"delta_height\":1e3}"},
        {"sandbox_patch_state", "{}"},
        {"sandbox_patch_state", "{\"records\":[{}]}"},
        {"sandbox_patch_state", "{\"records\":[{\"Account\":{\"account_id\":\"a\"}}]}"},
        {"sandbox_patch_state", "{\"records\":[{\"Account\":{\"account_id\":\"ab\",\"account\":{\"amount\":1}}}]}"},
        {"sandbox_patch_state", "{\"records\":[{\"Data\":{\"account_id\":\"ab\",\"data_key\":\"*\",\"value\":\"\"}}]}"},
        {"sandbox_patch_state", "{\"records\":[{\"AccessKey\":{\"account_id\":\"ab\",\"public_key\":\"\",\"access_key\":5}}]}"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_cause(f, bad[i][0], bad[i][1], 400, "PARSE_ERROR");
}

static void what_a_block_changed_can_be_asked_for(void **state)
{
    struct fixture *f = *state;
    static const char *const patch =
        "{\"records\":[{\"Data\":{\"account_id\":\"bob.near\",\"data_key\":\"a2V5\",\"value\":\"dmFsdWU=\"}},"
        "{\"Data\":{\"account_id\":\"bob.near\",\"data_key\":\"b3RoZXI=\",\"value\":\"\"}}]}";
    call(f, "sandbox_patch_state", patch);
    struct chain_block block;
    char params[300], data[300], path[64];
    struct arena arena = {0};
    struct chain_change *changes;
    size_t count = 0;
    for (uint64_t height = head_of(f->chain).height; !count; height--) {
        must(chain_block_by_height(f->chain, height, &block));
        must(chain_block_changes(f->chain, height, &arena, &changes, &count));
    }
    arena_free(&arena);
    snprintf(params, sizeof params, "{\"block_id\":%llu}", (unsigned long long)block.height);
    const json_t *r = call(f, "EXPERIMENTAL_changes_in_block", params);
    assert_int_equal(json_array_size(at(r, "changes")), 1);
    assert_string_equal(text_at(r, "changes.0.type"), "data_touched");
    assert_string_equal(text_at(r, "changes.0.account_id"), "bob.near");

    static const char *const data_fmt =
        "{\"block_id\":%llu,\"changes_type\":\"data_changes\",\"account_ids\":[\"alice.near\",\"bob.near\"],"
        "\"key_prefix_base64\":\"%s\"}";
    snprintf(data, sizeof data, data_fmt, (unsigned long long)block.height, "a2U=");
    r = call(f, "EXPERIMENTAL_changes", data);
    assert_int_equal(json_array_size(at(r, "changes")), 1);
    assert_string_equal(text_at(r, "changes.0.type"), "data_update");
    assert_string_equal(text_at(r, "changes.0.cause.type"), "migration");
    assert_string_equal(text_at(r, "changes.0.change.key_base64"), "a2V5");
    assert_string_equal(text_at(r, "changes.0.change.value_base64"), "dmFsdWU=");
    snprintf(data, sizeof data, data_fmt, (unsigned long long)block.height, "");
    assert_int_equal(json_array_size(at(call(f, "changes", data), "changes")), 2);

    snprintf(path, sizeof path, "/v0/block/%llu", (unsigned long long)block.height);
    assert_int_equal(get(f, path), 200);
    assert_int_equal(json_array_size(at(f->document, "shards.0.state_changes")), 2);
    assert_string_equal(text_at(f->document, "shards.0.state_changes.1.change.account_id"), "bob.near");
}

static void changes_of_accounts_and_keys(void **state)
{
    struct fixture *f = *state;
    char key[KEY_TEXT_MAX], params[400];
    struct public_key public_key = secret_key_public(&f->alice.key);
    static const char *const fmt = "{\"block_id\":0,\"changes_type\":\"%s\",%s}";
    snprintf(params, sizeof params, fmt, "account_changes", "\"account_ids\":[\"alice.near\"]");
    const json_t *r = call(f, "EXPERIMENTAL_changes", params);
    assert_string_equal(text_at(r, "changes.0.type"), "account_update");
    assert_string_equal(text_at(r, "changes.0.change.account_id"), "alice.near");
    assert_string_equal(text_at(r, "changes.0.change.locked"), "0");
    snprintf(params, sizeof params,
             "{\"block_id\":0,\"changes_type\":\"single_access_key_changes\",\"keys\":[{\"account_id\":\"alice.near\","
             "\"public_key\":\"%s\"}]}",
             public_key_text(&public_key, key));
    r = call(f, "EXPERIMENTAL_changes", params);
    assert_int_equal(json_array_size(at(r, "changes")), 1);
    assert_string_equal(text_at(r, "changes.0.change.access_key.permission"), "FullAccess");
    snprintf(params, sizeof params, fmt, "all_access_key_changes", "\"account_ids\":[\"alice.near\",\"bob.near\"]");
    assert_int_equal(json_array_size(at(call(f, "EXPERIMENTAL_changes", params), "changes")), 2);
    static const char *const bad[] = {
        "{\"block_id\":0}",
        "{\"block_id\":0,\"changes_type\":\"all\"}",
        "{\"block_id\":0,\"changes_type\":\"account_changes\"}",
        "{\"block_id\":0,\"changes_type\":\"account_changes\",\"account_ids\":[5]}",
        "{\"block_id\":0,\"changes_type\":\"single_access_key_changes\",\"keys\":[{\"account_id\":\"alice.near\"}]}",
        "{\"block_id\":0,\"changes_type\":\"data_changes\",\"account_ids\":[]}",
        "{\"changes_type\":\"account_changes\",\"account_ids\":[]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_cause(f, "EXPERIMENTAL_changes", bad[i], 400, "PARSE_ERROR");
}

static void methods_without_an_answer_here_say_why(void **state)
{
    struct fixture *f = *state;
    assert_cause(f, "EXPERIMENTAL_split_storage_info", "{}", 400, "METHOD_NOT_FOUND");
    assert_string_equal(text_at(f->document, "error.data"), "EXPERIMENTAL_split_storage_info: this chain has no split storage");
    assert_cause(f, "next_light_client_block", "[]", 400, "METHOD_NOT_FOUND");
    assert_string_equal(text_at(f->document, "error.cause.info.method_name"), "next_light_client_block");
    assert_string_equal(text_at(f->document, "error.name"), "REQUEST_VALIDATION_ERROR");
    assert_int_equal(json_integer_value(at(f->document, "error.code")), -32601);
}

static void a_node_tells_of_itself(void **state)
{
    struct fixture *f = *state;
    const json_t *s = call(f, "status", "[]");
    assert_string_equal(text_at(s, "chain_id"), "devnet");
    assert_int_equal(json_integer_value(at(s, "protocol_version")), 85);
    assert_int_equal(strlen(text_at(s, "sync_info.latest_block_time")), 30);
    assert_int_equal(get(f, "/status"), 200);
    assert_string_equal(text_at(f->document, "chain_id"), "devnet");
    assert_int_equal(get(f, "/health"), 200);
    assert_int_equal(get(f, "/network_info"), 200);
    assert_int_equal(get(f, "/metrics"), 200);
    assert_non_null(strstr(buf_str(&f->answer.body), "\noutlayer_devnet_block_height "));
    assert_string_equal(text_at(call(f, "validators", "[null]"), "current_validators.0.account_id"), "test.near");
    assert_string_equal(text_at(call(f, "validators", "\"latest\""), "next_validators.0.account_id"), "test.near");
    assert_cause(f, "validators", "{\"epoch_id\":\"4k4krpsyjvkUk2Mtrj5hAcL3inYQzeYuK9FGTK6tUywA\"}", 200, "UNKNOWN_EPOCH");
    assert_string_equal(text_at(call(f, "EXPERIMENTAL_genesis_config", "[]"), "chain_id"), "devnet");
    const json_t *config = call(f, "EXPERIMENTAL_protocol_config", "{\"finality\":\"final\"}");
    assert_string_equal(text_at(config, "runtime_config.storage_amount_per_byte"), "10000000000000000000");
    assert_true(json_integer_value(at(config, "runtime_config.wasm_config.ext_costs.storage_write_base")) == 64196736000);
    assert_int_equal(json_integer_value(at(config, "epoch_length")), 500);
    assert_string_equal(text_at(call(f, "gas_price", "[null]"), "gas_price"), "100000000");
    assert_string_equal(text_at(call(f, "EXPERIMENTAL_validators_ordered", "[null]"), "0.account_id"), "test.near");
    assert_true(json_is_array(call(f, "maintenance_windows", "{\"account_id\":\"test.near\"}")));
    assert_string_equal(text_at(call(f, "client_config", "[]"), "chain_id"), "devnet");
    assert_true(
        json_is_real(at(call(f, "EXPERIMENTAL_congestion_level", "{\"block_id\":0,\"shard_id\":0}"), "congestion_level")));
}

static void blocks_are_found_by_height_and_hash(void **state)
{
    struct fixture *f = *state;
    char params[128];
    must(chain_make_block(f->chain));
    const json_t *genesis = call(f, "block", "{\"block_id\":0}");
    assert_true(json_is_null(at(genesis, "header.prev_height")));
    snprintf(params, sizeof params, "[\"%s\"]", text_at(genesis, "header.hash"));
    assert_int_equal(json_integer_value(at(call(f, "block", params), "header.height")), 0);
    const json_t *chunk = at(call(f, "block", "[1]"), "chunks.0");
    assert_int_equal(json_integer_value(at(chunk, "height_included")), 1);
    snprintf(params, sizeof params, "{\"chunk_id\":\"%s\"}", text_at(chunk, "chunk_hash"));
    assert_int_equal(json_integer_value(at(call(f, "chunk", params), "header.height_created")), 1);
    assert_int_equal(json_integer_value(at(call(f, "chunk", "[[1,0]]"), "header.shard_id")), 0);
    assert_int_equal(json_integer_value(at(call(f, "block", "{\"sync_checkpoint\":\"genesis\"}"), "header.height")), 0);

    assert_cause(f, "block", "[99999999]", 200, "UNKNOWN_BLOCK");
    assert_cause(f, "block", "[\"11111111111111111111111111111111\"]", 200, "UNKNOWN_BLOCK");
    assert_cause(f, "chunk", "[\"11111111111111111111111111111111\"]", 200, "UNKNOWN_CHUNK");
    assert_cause(f, "chunk", "[[1,3]]", 200, "INVALID_SHARD_ID");
}

static void a_skipped_height_below_the_head_is_unprocessable(void **state)
{
    struct fixture *f = *state;
    char params[64];
    uint64_t height = head_of(f->chain).height + 5;
    call(f, "sandbox_fast_forward", "{\"delta_height\":20}");
    snprintf(params, sizeof params, "{\"block_id\":%llu}", (unsigned long long)height);
    assert_cause(f, "block", params, 422, "UNKNOWN_BLOCK");
    snprintf(params, sizeof params, "/v0/block/%llu", (unsigned long long)height);
    assert_int_equal(get(f, params), 200);
    assert_true(json_is_null(f->document));
}

#define QUERY(type, more) "{\"request_type\":\"" type "\",\"finality\":\"final\"," more "}"

static void accounts_and_keys_are_viewed(void **state)
{
    struct fixture *f = *state;
    char key[KEY_TEXT_MAX], params[KEY_TEXT_MAX + 256];
    struct public_key public_key = secret_key_public(&f->alice.key);
    public_key_text(&public_key, key);
    const json_t *r = call(f, "query", QUERY("view_account", "\"account_id\":\"bob.near\""));
    assert_string_equal(text_at(r, "amount"), "1000000000000000000000000000");
    assert_true(json_is_integer(at(r, "block_height")));
    snprintf(params, sizeof params, QUERY("view_access_key", "\"account_id\":\"alice.near\",\"public_key\":\"%s\""), key);
    assert_string_equal(text_at(call(f, "query", params), "permission"), "FullAccess");
    r = call(f, "query", QUERY("view_access_key_list", "\"account_id\":\"alice.near\""));
    assert_string_equal(text_at(r, "keys.0.public_key"), key);
    assert_string_equal(text_at(call(f, "query", "[\"account/bob.near\",\"\"]"), "locked"), "0");
    snprintf(params, sizeof params, "[\"access_key/alice.near/%s\",\"\"]", key);
    assert_string_equal(text_at(call(f, "query", params), "permission"), "FullAccess");

    r = call(f, "query",
             QUERY("view_access_key", "\"account_id\":\"alice.near\",\"public_key\":\"ed25519:"
                                      "11111111111111111111111111111111\""));
    assert_string_equal(text_at(r, "error"),
                        "access key ed25519:11111111111111111111111111111111 does not exist while viewing");
    r = call_status(f, "query", QUERY("view_account", "\"account_id\":\"nobody.near\""), 200);
    assert_string_equal(text_at(r, "cause.name"), "UNKNOWN_ACCOUNT");
    assert_string_equal(text_at(r, "cause.info.requested_account_id"), "nobody.near");
    assert_string_equal(text_at(r, "data"), "account nobody.near does not exist while viewing");
    assert_cause(f, "query", QUERY("view_code", "\"account_id\":\"alice.near\""), 200, "NO_CONTRACT_CODE");
    r = call(f, "query", QUERY("call_function", "\"account_id\":\"alice.near\",\"method_name\":\"m\",\"args_base64\":\"\""));
    assert_string_equal(text_at(r, "error"),
                        "wasm execution failed with error: CompilationError(CodeDoesNotExist { account_id: \"alice.near\" })");
    assert_cause(f, "query", "{\"request_type\":\"view_account\",\"block_id\":99999999,\"account_id\":\"alice.near\"}", 200,
                 "UNKNOWN_BLOCK");
    assert_int_equal(json_integer_value(at(f->document, "error.cause.info.block_reference.block_id")), 99999999);
}

static void a_transaction_is_answered_when_it_is_done(void **state)
{
    struct fixture *f = *state;
    struct action a = transfer_of(NEAR);
    char hash[HASH_TEXT_MAX], params[256];
    const char *tx = signed_base64(f, &f->alice, "bob.near", &a, 1);
    const json_t *r = call(f, "send_tx", params_of("{\"signed_tx_base64\":\"%s\",\"wait_until\":\"FINAL\"}", tx));
    assert_string_equal(text_at(r, "final_execution_status"), "FINAL");
    assert_string_equal(text_at(r, "status.SuccessValue"), "");
    assert_non_null(at(r, "status.SuccessValue"));
    assert_string_equal(text_at(r, "transaction.actions.0.Transfer.deposit"), "1000000000000000000000000");
    assert_string_equal(text_at(r, "transaction_outcome.outcome.status.SuccessReceiptId"), text_at(r, "receipts_outcome.0.id"));
    assert_true(json_is_null(at(r, "transaction_outcome.outcome.metadata.gas_profile")));
    assert_string_equal(text_at(r, "receipts_outcome.0.outcome.executor_id"), "bob.near");
    snprintf(hash, sizeof hash, "%s", text_at(r, "transaction.hash"));

    /* the very same again is a question, not a fault */
    r = call(f, "broadcast_tx_commit", params_of("[\"%s\"]", tx));
    assert_string_equal(text_at(r, "transaction.hash"), hash);
    snprintf(params, sizeof params, "[\"%s\",\"alice.near\"]", hash);
    assert_null(at(call(f, "tx", params), "receipts"));
    r = call(f, "EXPERIMENTAL_tx_status", params);
    assert_string_equal(text_at(r, "receipts.0.predecessor_id"), "alice.near");
    assert_string_equal(text_at(r, "receipts.0.receipt.Action.actions.0.Transfer.deposit"), "1000000000000000000000000");
    snprintf(params, sizeof params, "{\"receipt_id\":\"%s\"}", text_at(r, "receipts.0.receipt_id"));
    assert_string_equal(text_at(call(f, "EXPERIMENTAL_receipt", params), "receiver_id"), "bob.near");
    r = call(f, "EXPERIMENTAL_receipt_to_tx", params);
    assert_string_equal(text_at(r, "transaction_hash"), hash);
    assert_string_equal(text_at(r, "sender_account_id"), "alice.near");
    assert_cause(f, "EXPERIMENTAL_receipt", "{\"receipt_id\":\"11111111111111111111111111111111\"}", 200, "UNKNOWN_RECEIPT");
    assert_cause(f, "EXPERIMENTAL_receipt_to_tx", "{\"receipt_id\":\"11111111111111111111111111111111\"}", 200,
                 "UNKNOWN_RECEIPT");
    snprintf(params, sizeof params, "[\"%s\",\"carol.near\"]", hash); /* whoever is named as its sender */
    assert_string_equal(text_at(call(f, "tx", params), "transaction.signer_id"), "alice.near");
}

static void an_invalid_transaction_says_why_in_data(void **state)
{
    struct fixture *f = *state;
    struct action a = transfer_of(1);
    struct sender stale = {.id = "bob.near", .key = chain_genesis_key(f->chain, "bob.near"), .nonce = 0};
    struct sender stranger = {.id = "bob.near", .key = seed_key(9), .nonce = 1};
    call(f, "broadcast_tx_commit", params_of("[\"%s\"]", signed_base64(f, &stale, "alice.near", &a, 1)));
    stale.nonce--;
    a = transfer_of(2);
    const json_t *r = call_status(f, "send_tx", params_of("[\"%s\"]", signed_base64(f, &stale, "alice.near", &a, 1)), 200);
    assert_string_equal(text_at(r, "cause.name"), "INVALID_TRANSACTION");
    assert_true(json_is_object(at(r, "cause.info")));
    assert_int_equal(json_integer_value(at(r, "data.TxExecutionError.InvalidTxError.InvalidNonce.tx_nonce")), 1);
    r = call_status(f, "broadcast_tx_commit", params_of("[\"%s\"]", signed_base64(f, &stranger, "alice.near", &a, 1)), 200);
    assert_string_equal(text_at(r, "data.TxExecutionError.InvalidTxError.InvalidAccessKeyError.AccessKeyNotFound.account_id"),
                        "bob.near");
    /* broadcast_tx_async tells of nothing */
    r = call(f, "broadcast_tx_async", params_of("[\"%s\"]", signed_base64(f, &stranger, "alice.near", &a, 1)));
    assert_true(json_is_string(r));
}

static void an_unknown_transaction_times_out_unless_nothing_is_waited_for(void **state)
{
    struct fixture *f = *state;
    static const char named[] = "{\"tx_hash\":\"11111111111111111111111111111111\",\"sender_account_id\":\"bob.near\"%s}";
    assert_cause(f, "tx", params_of(named, ",\"wait_until\":\"NONE\""), 200, "UNKNOWN_TRANSACTION");
    assert_cause(f, "tx", params_of(named, ""), 408, "TIMEOUT_ERROR");
    assert_null(at(f->document, "error.cause.info"));
}

static void wait_until_none_answers_at_once(void **state)
{
    struct fixture *f = *state;
    struct action a = transfer_of(3);
    const char *tx = signed_base64(f, &f->alice, "bob.near", &a, 1);
    const json_t *r = call(f, "send_tx", params_of("{\"signed_tx_base64\":\"%s\",\"wait_until\":\"NONE\"}", tx));
    assert_string_equal(text_at(r, "final_execution_status"), "NONE");
    r = call(f, "tx", params_of("{\"signed_tx_base64\":\"%s\",\"wait_until\":\"EXECUTED\"}", tx));
    assert_non_null(at(r, "status.SuccessValue"));
}

static void state_is_patched_and_viewed(void **state)
{
    struct fixture *f = *state;
    static const char records[] =
        "{\"records\":["
        "{\"Account\":{\"account_id\":\"made.near\",\"account\":{\"amount\":\"5\",\"locked\":\"0\","
        "\"code_hash\":\"11111111111111111111111111111111\",\"storage_usage\":500}}},"
        "{\"AccessKey\":{\"account_id\":\"made.near\",\"public_key\":\"ed25519:11111111111111111111111111111111\","
        "\"access_key\":{\"nonce\":4,\"permission\":{\"FunctionCall\":{\"allowance\":\"9\",\"receiver_id\":\"c.near\","
        "\"method_names\":[\"m\"]}}}}},"
        "{\"Data\":{\"account_id\":\"made.near\",\"data_key\":\"YQ==\",\"value\":\"MQ==\"}},"
        "{\"Data\":{\"account_id\":\"made.near\",\"data_key\":\"YWI=\",\"value\":\"Mg==\"}}]}";
    call(f, "sandbox_patch_state", records);
    assert_string_equal(text_at(call(f, "query", QUERY("view_account", "\"account_id\":\"made.near\"")), "amount"), "5");
    const json_t *r = call(f, "query", QUERY("view_access_key_list", "\"account_id\":\"made.near\""));
    assert_string_equal(text_at(r, "keys.0.access_key.permission.FunctionCall.allowance"), "9");
    r = call(f, "query", QUERY("view_state", "\"account_id\":\"made.near\",\"prefix_base64\":\"\",\"include_proof\":true"));
    assert_int_equal(json_array_size(at(r, "values")), 2);
    assert_true(json_is_array(at(r, "proof")));
    r = call(f, "query", QUERY("view_state", "\"account_id\":\"made.near\",\"prefix_base64\":\"\",\"limit\":1"));
    assert_string_equal(text_at(r, "values.0.value"), "MQ==");
    assert_string_equal(text_at(r, "last_key"), "YQ==");
    r = call(f, "query",
             QUERY("view_state", "\"account_id\":\"made.near\",\"prefix_base64\":\"YQ==\",\"limit\":1,"
                                 "\"after_key_base64\":\"YQ==\""));
    assert_string_equal(text_at(r, "values.0.key"), "YWI=");
    assert_null(at(r, "last_key"));
}

/* A view shows a gas key that may only call as one object; records hold the protocol's pair. */
static void gas_keys_are_viewed(void **state)
{
    struct fixture *f = *state;
#define GAS_KEY "\"account_id\":\"gas.near\",\"public_key\":\"ed25519:11111111111111111111111111111111\""
    static const char records[] =
        "{\"records\":["
        "{\"Account\":{\"account_id\":\"gas.near\",\"account\":{\"amount\":\"5\",\"locked\":\"0\","
        "\"code_hash\":\"11111111111111111111111111111111\",\"storage_usage\":500}}},"
        "{\"AccessKey\":{" GAS_KEY ",\"access_key\":{\"nonce\":0,\"permission\":{\"GasKeyFunctionCall\":["
        "{\"balance\":\"70\",\"num_nonces\":2},{\"allowance\":null,\"receiver_id\":\"c.near\",\"method_names\":[]}]}}}},"
        "{\"GasKeyNonce\":{" GAS_KEY ",\"index\":0,\"nonce\":3}},"
        "{\"GasKeyNonce\":{" GAS_KEY ",\"index\":1,\"nonce\":9007199254740993}}]}";
    call(f, "sandbox_patch_state", records);
    const json_t *r = call(f, "query", QUERY("view_access_key", GAS_KEY));
    assert_string_equal(text_at(r, "permission.GasKeyFunctionCall.balance"), "70");
    assert_string_equal(text_at(r, "permission.GasKeyFunctionCall.receiver_id"), "c.near");
    r = call(f, "query", QUERY("view_access_key_list", "\"account_id\":\"gas.near\""));
    assert_int_equal(json_array_size(at(r, "keys")), 1);
    r = call(f, "EXPERIMENTAL_view_gas_key_nonces", "{\"finality\":\"final\"," GAS_KEY "}");
    assert_int_equal(json_array_size(at(r, "nonces")), 2);
    assert_non_null(strstr(buf_str(&f->answer.body), "[3,9007199254740993]"));
    r = call(f, "changes",
             "{\"finality\":\"final\",\"changes_type\":\"all_access_key_changes\",\"account_ids\":[\"gas.near\"]}");
    assert_int_equal(json_array_size(at(r, "changes")), 3);
    assert_string_equal(text_at(r, "changes.1.type"), "gas_key_nonce_update");
    assert_int_equal(json_integer_value(at(r, "changes.2.change.index")), 1);
    assert_cause(f, "query",
                 QUERY("view_gas_key_nonces", "\"account_id\":\"alice.near\",\"public_key\":\"ed25519:"
                                              "11111111111111111111111111111111\""),
                 200, "UNKNOWN_GAS_KEY");
    assert_cause(f, "query", QUERY("view_gas_key_nonces", "\"account_id\":\"alice.near\",\"public_key\":\"x\""), 400,
                 "PARSE_ERROR");
}

static void state_too_large_for_one_answer_must_be_paged(void **state)
{
    struct fixture *f = *state;
    AUTO(buf) struct buf value = {0}, text = {0}, params = {0};
    memset(buf_reserve(&value, 60000), 'x', 60000);
    value.len = 60000;
    base64_append(&text, buf_slice(&value));
    buf_append_fmt(&params, "{\"records\":[{\"Data\":{\"account_id\":\"bob.near\",\"data_key\":\"YQ==\",\"value\":\"%s\"}}]}",
                   buf_str(&text));
    call(f, "sandbox_patch_state", buf_str(&params));
    assert_cause(f, "query", QUERY("view_state", "\"account_id\":\"bob.near\",\"prefix_base64\":\"\""), 200,
                 "TOO_LARGE_CONTRACT_STATE");
}

static void the_stream_has_every_receipt_with_its_transaction(void **state)
{
    struct fixture *f = *state;
    struct action a = transfer_of(NEAR);
    char path[64], hash[HASH_TEXT_MAX];
    const json_t *r = call(f, "broadcast_tx_commit", params_of("[\"%s\"]", signed_base64(f, &f->alice, "alice.near", &a, 1)));
    snprintf(hash, sizeof hash, "%s", text_at(r, "transaction.hash"));
    struct hash block_hash;
    assert_true(hash_parse_text(slice_str(text_at(r, "transaction_outcome.block_hash")), &block_hash));
    struct chain_block block;
    must(chain_block_by_hash(f->chain, &block_hash, &block));
    snprintf(path, sizeof path, "/v0/block/%llu", (unsigned long long)block.height);
    assert_int_equal(get(f, path), 200);
    assert_string_equal(text_at(f->document, "shards.0.chunk.transactions.0.transaction.hash"), hash);
    assert_string_equal(text_at(f->document, "shards.0.receipt_execution_outcomes.0.tx_hash"), hash);
    assert_string_equal(text_at(f->document, "shards.0.receipt_execution_outcomes.0.receipt.receiver_id"), "alice.near");
    assert_non_null(at(f->document, "shards.0.receipt_execution_outcomes.0.execution_outcome.outcome.status.SuccessValue"));
    assert_int_equal(json_array_size(at(f->document, "shards.0.chunk.local_receipts")), 1);
    assert_int_equal(get(f, "/v0/first_block"), 200);
    assert_int_equal(json_integer_value(at(f->document, "block.header.height")), 0);
    assert_int_equal(get(f, "/v0/last_block/final"), 200);
    assert_true((uint64_t)json_integer_value(at(f->document, "block.header.height")) >= block.height);
}

static void the_stream_waits_for_the_next_block(void **state)
{
    struct fixture *f = *state;
    char path[64];
    for (int i = 0; i < 3; i++) {
        uint64_t next = head_of(f->chain).height + 1;
        snprintf(path, sizeof path, "/v0/block/%llu", (unsigned long long)next);
        assert_int_equal(get(f, path), 200);
        assert_int_equal(json_integer_value(at(f->document, "block.header.height")), next);
    }
    assert_int_equal(get(f, "/v0/block/99999999?wait_ms=0"), 404);
    assert_int_equal(get(f, "/v0/block/99999999?wait_ms=50"), 404);
    assert_int_equal(get(f, "/v0/block/x"), 400);
    assert_int_equal(get(f, "/v0/block/-1"), 400);
    assert_int_equal(get(f, "/v0/block/99999999999999999999999999"), 400);
    assert_int_equal(get(f, "/v0/block/1?wait_ms=99999999"), 400);
}

/* The same questions as methods of their own: what is a result with an `error` in query is a fault here. */
static void faults_of_strict_views_are_faults(void **state)
{
    struct fixture *f = *state;
    char key[KEY_TEXT_MAX], params[KEY_TEXT_MAX + 256];
    struct public_key public_key = secret_key_public(&f->alice.key);
    assert_string_equal(
        text_at(call(f, "EXPERIMENTAL_view_account", "{\"finality\":\"final\",\"account_id\":\"bob.near\"}"), "locked"), "0");
    snprintf(params, sizeof params, "{\"finality\":\"final\",\"account_id\":\"alice.near\",\"public_key\":\"%s\"}",
             public_key_text(&public_key, key));
    assert_string_equal(text_at(call(f, "EXPERIMENTAL_view_access_key", params), "permission"), "FullAccess");
    static const char none[] = "ed25519:11111111111111111111111111111111";
    snprintf(params, sizeof params, "{\"finality\":\"final\",\"account_id\":\"alice.near\",\"public_key\":\"%s\"}", none);
    assert_cause(f, "EXPERIMENTAL_view_access_key", params, 200, "UNKNOWN_ACCESS_KEY");
    assert_string_equal(text_at(f->document, "error.cause.info.public_key"), none);
    assert_cause(f, "EXPERIMENTAL_call_function",
                 "{\"finality\":\"final\",\"account_id\":\"alice.near\",\"method_name\":\"m\",\"args_base64\":\"\"}", 200,
                 "CONTRACT_EXECUTION_ERROR");
    assert_true(json_is_integer(at(f->document, "error.cause.info.block_height")));
    assert_cause(f, "EXPERIMENTAL_view_state", "{\"finality\":\"final\",\"account_id\":\"alice.near\"}", 400, "PARSE_ERROR");
    assert_cause(f, "EXPERIMENTAL_view_code", "{\"finality\":\"final\",\"account_id\":\"alice.near\"}", 200,
                 "NO_CONTRACT_CODE");
}

/* An access key's nonce may be any u64: all its digits come back. */
static void large_numbers_keep_their_digits(void **state)
{
    struct fixture *f = *state;
    struct public_key key = secret_key_public(&f->alice.key);
    struct action add = {.kind = ACTION_ADD_KEY, .add_key = {key, {.nonce = UINT64_MAX, .permission = PERMISSION_FULL_ACCESS}}};
    const char *body = params_of("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"send_tx\",\"params\":[\"%s\"]}",
                                 signed_base64(f, &f->alice, "alice.near", &add, 1));
    assert_int_equal(post(f, body), 200);
    assert_non_null(at(f->document, "result.status.Failure")); /* the key is there already */
    assert_non_null(strstr(buf_str(&f->answer.body), "\"nonce\":18446744073709551615"));
}

struct waiter {
    const struct rpc_server *server;
    const char *method, *path, *body;
    int status;
};

/* Views that burn all they may occupy their threads; everything else is answered, and blocks are made. */

static void *view_forever(void *arg)
{
    struct waiter *w = arg;
    char url[128];
    AUTO(http_client) struct http_client *http = NULL;
    AUTO(http_answer) struct http_answer answer = {0};
    must(http_client_new(&http));
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", rpc_server_port(w->server));
    const struct http_call call = {.method = "POST", .url = url, .body = slice_str(w->body), .timeout_ms = 120000};
    must(http_client_call(http, &call, &answer));
    w->status = strstr(buf_str(&answer.body), "HostError(GasLimitExceeded)") ? answer.status : -answer.status;
    return NULL;
}

static void long_views_stop_nobody(void **state)
{
    struct fixture *f = *state;
    struct action deploy = {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {slice_from(contract_wasm, sizeof contract_wasm)}};
    call(f, "send_tx", params_of("[\"%s\"]", signed_base64(f, &f->alice, "alice.near", &deploy, 1)));
    struct waiter views[4];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        views[i] = (struct waiter){.server = f->server,
                                   .body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"query\",\"params\":" QUERY(
                                       "call_function", "\"account_id\":\"alice.near\",\"method_name\":\"forever\","
                                                        "\"args_base64\":\"\"") "}"};
        pthread_create(&threads[i], NULL, view_forever, &views[i]);
    }
    usleep(20000);
    uint64_t start_ns = clock_monotonic_ns(&clock_system), height = head_of(f->chain).height;
    struct action a = transfer_of(11);
    for (int i = 0; i < 5; i++) {
        call(f, "status", "[]");
        call(f, "send_tx", params_of("[\"%s\"]", signed_base64(f, &f->alice, "bob.near", &a, 1)));
    }
    uint64_t took_ms = (clock_monotonic_ns(&clock_system) - start_ns) / NS_PER_MS;
    assert_true(head_of(f->chain).height > height);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(views[i].status, 200);
    }
    uint64_t all_ms = (clock_monotonic_ns(&clock_system) - start_ns) / NS_PER_MS;
    if (took_ms * 2 > all_ms)
        fail_msg("ten answers beside the views took %llu of their %llu ms", (unsigned long long)took_ms,
                 (unsigned long long)all_ms);
}

/* A server that stops while requests of both kinds wait: each gets an answer, nothing is left behind. */

static void *wait_in_vain(void *arg)
{
    struct waiter *w = arg;
    char url[128];
    AUTO(http_client) struct http_client *http = NULL;
    AUTO(http_answer) struct http_answer answer = {0};
    must(http_client_new(&http));
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", rpc_server_port(w->server), w->path);
    const struct http_call call = {.method = w->method, .url = url, .body = slice_str(w->body)};
    must(http_client_call(http, &call, &answer));
    w->status = answer.status;
    return NULL;
}

static void a_stop_answers_whoever_waits(void **state)
{
    (void)state;
    AUTO(chain) struct chain *chain = open_test_chain();
    struct rpc_server *server = NULL;
    must(rpc_server_start(&(struct rpc_server_config){.chain = chain, .loops = 2}, &server));
    struct waiter waiters[] = {
        {server, "GET", "/v0/block/9", NULL, 0},
        {server, "POST", "/",
         "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tx\",\"params\":[\"11111111111111111111111111111111\",\"bob.near\"]}", 0},
    };
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, wait_in_vain, &waiters[i]);
    usleep(100000);
    rpc_server_stop(server);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(waiters[i].status, 503);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(a_body_over_the_limit_is_refused),
        cmocka_unit_test(ids_come_back_as_they_were),
        cmocka_unit_test(parameters_are_checked),
        cmocka_unit_test(what_a_block_changed_can_be_asked_for),
        cmocka_unit_test(changes_of_accounts_and_keys),
        cmocka_unit_test(methods_without_an_answer_here_say_why),
        cmocka_unit_test(a_node_tells_of_itself),
        cmocka_unit_test(blocks_are_found_by_height_and_hash),
        cmocka_unit_test(a_skipped_height_below_the_head_is_unprocessable),
        cmocka_unit_test(accounts_and_keys_are_viewed),
        cmocka_unit_test(a_transaction_is_answered_when_it_is_done),
        cmocka_unit_test(an_invalid_transaction_says_why_in_data),
        cmocka_unit_test(an_unknown_transaction_times_out_unless_nothing_is_waited_for),
        cmocka_unit_test(wait_until_none_answers_at_once),
        cmocka_unit_test(state_is_patched_and_viewed),
        cmocka_unit_test(gas_keys_are_viewed),
        cmocka_unit_test(state_too_large_for_one_answer_must_be_paged),
        cmocka_unit_test(the_stream_has_every_receipt_with_its_transaction),
        cmocka_unit_test(the_stream_waits_for_the_next_block),
        cmocka_unit_test(faults_of_strict_views_are_faults),
        cmocka_unit_test(large_numbers_keep_their_digits),
        cmocka_unit_test(long_views_stop_nobody),
        cmocka_unit_test(a_stop_answers_whoever_waits),
    };
    return cmocka_run_group_tests_name("JSON-RPC", tests, set_up, tear_down);
}
