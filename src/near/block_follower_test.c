#include "base/test.h"
#include "near/block_follower.h"
#include "net/http_server.h"
#include <stdio.h>
#include <string.h>

/* What the source answers for the height 10, and for the newest block. */
static struct {
    int status;
    const char *block;
    int head_status;
    const char *head;
} source;

static struct http_server *server;
static struct block_follower *follower;

#define HEADER(h) "\"block\":{\"header\":{\"height\":" h ",\"hash\":\"H\",\"timestamp\":5}}"
#define BLOCK(h)  "{" HEADER(h) ",\"shards\":[]}"

static void answer_block(struct http_exchange *x, void *context)
{
    (void)context;
    assert_true(slice_eq_str(http_request_segment(x, "height"), "10"));
    http_reply(x, source.status, NULL, slice_str(source.block));
}

static void answer_head(struct http_exchange *x, void *context)
{
    (void)context;
    http_reply(x, source.head_status, NULL, slice_str(source.head));
}

static int start(void **state)
{
    (void)state;
    static const struct http_route routes[] = {
        {HTTP_GET, "/v0/block/{height}", answer_block},
        {HTTP_GET, "/v0/last_block/final", answer_head},
    };
    const struct http_server_config config = {.address = "127.0.0.1", .loops = 1, .routes = routes, .route_count = 2};
    static const char *const forms[] = {"http://127.0.0.1:%u", "http://127.0.0.1:%u/v0/block",
                                        "http://127.0.0.1:%u/v0/block/{block_id}"};
    static unsigned form;
    char url[96];
    assert_ok(http_server_start(&config, &server));
    snprintf(url, sizeof url, forms[form++ % 3], http_server_port(server)); /* all three ways to write the address */
    return block_follower_new(&(struct block_follower_config){.url = url, .timeout_ms = 2000}, &follower) ? -1 : 0;
}

static int stop(void **state)
{
    (void)state;
    block_follower_free(follower);
    http_server_stop(server, 100);
    return 0;
}

static void fetch(enum follow_result want)
{
    AUTO(block) struct block block = {0};
    enum follow_result result;
    assert_ok(block_follower_fetch(follower, 10, &block, &result));
    assert_int_equal(result, want);
}

static void a_height_is_a_block_a_gap_or_yet_to_come(void **state)
{
    (void)state;
    source.status = 200, source.block = BLOCK("10");
    fetch(FOLLOW_BLOCK);
    source.status = 404, source.block = "";
    fetch(FOLLOW_NOT_YET);
    source.status = 200, source.block = "null", source.head_status = 200, source.head = BLOCK("11");
    fetch(FOLLOW_SKIPPED);
    source.head = BLOCK("9");
    fetch(FOLLOW_NOT_YET);
    source.block = "{" HEADER("10") "}", source.head = BLOCK("11");
    fetch(FOLLOW_SKIPPED);
    source.head_status = 404; /* a source that does not tell: null means skipped */
    fetch(FOLLOW_SKIPPED);
}

static void the_newest_height_is_known(void **state)
{
    (void)state;
    uint64_t height = 0;
    source.head_status = 200, source.head = BLOCK("77");
    assert_ok(block_follower_head(follower, &height));
    assert_int_equal(height, 77);
    source.head_status = 302;
    assert_fails(block_follower_head(follower, &height), ERR_NOT_FOUND, "the block source does not tell its newest block");
}

static void a_wrong_answer_is_an_error_and_never_a_block(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum err_code code;
    } cases[] = {
        {200, BLOCK("11"), ERR_INVALID},
        {200, "{" HEADER("\"10\"") ",\"shards\":[]}", ERR_INVALID},
        {200, "{" HEADER("10") ",\"shards\":{}}", ERR_INVALID},
        {200, "[1]", ERR_INVALID},
        {200, "<html>", ERR_INVALID},
        {500, "", ERR_UNAVAILABLE},
        {302, "", ERR_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(block) struct block block = {0};
        enum follow_result result;
        source.status = cases[i].status;
        source.block = cases[i].body;
        AUTO(err) struct err *e = block_follower_fetch(follower, 10, &block, &result);
        if (!e || err_code(e) != cases[i].code)
            fail_msg("case %zu: %s", i, e ? err_text(e) : "taken");
    }
}

static void receipts_are_read_with_what_is_known_of_them(void **state)
{
    (void)state;
    AUTO(block) struct block block = {0};
    json_t *document = NULL;
    struct slice line;
    assert_ok(json_doc_parse(
        SLICE("{" HEADER(
            "10") ",\"shards\":[{},{\"receipt_execution_outcomes\":[7,"
                  "{\"tx_hash\":\"T\",\"receipt\":{\"receiver_id\":\"c\",\"receipt_id\":\"R\",\"predecessor_id\":\"p\","
                  "\"receipt\":{\"Action\":{\"signer_id\":\"s\",\"signer_public_key\":\"k\"}}},"
                  "\"execution_outcome\":{\"outcome\":{\"logs\":[\"a\",\"b\"],\"gas_burnt\":9,\"status\":{\"SuccessValue\":"
                  "\"\"}}}},"
                  "{\"execution_outcome\":{\"id\":\"Q\",\"outcome\":{\"executor_id\":\"d\",\"logs\":[1],\"status\":{"
                  "\"Failure\":{}}}}}"
                  "]}]}"),
        &document));
    assert_ok(block_read(document, &block));
    assert_int_equal(block.receipt_count, 3);
    assert_false(block.receipts[0].succeeded);
    assert_false(block_receipt_log(&block.receipts[0], 0, &line));
    assert_true(block.receipts[1].succeeded);
    assert_true(slice_eq_str(block.receipts[1].executor_id, "c"));
    assert_true(slice_eq_str(block.receipts[1].tx_hash, "T"));
    assert_true(slice_eq_str(block.receipts[1].signer_public_key, "k"));
    assert_int_equal(block.receipts[1].gas_burnt, 9);
    assert_true(block_receipt_log(&block.receipts[1], 1, &line));
    assert_true(slice_eq_str(line, "b"));
    assert_false(block_receipt_log(&block.receipts[1], 2, &line));
    assert_false(block.receipts[2].succeeded);
    assert_true(slice_eq_str(block.receipts[2].executor_id, "d"));
    assert_true(slice_eq_str(block.receipts[2].receipt_id, "Q"));
    assert_true(block_receipt_log(&block.receipts[2], 0, &line)); /* no text: an empty line */
    assert_int_equal(line.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_height_is_a_block_a_gap_or_yet_to_come, start, stop),
        cmocka_unit_test_setup_teardown(the_newest_height_is_known, start, stop),
        cmocka_unit_test_setup_teardown(a_wrong_answer_is_an_error_and_never_a_block, start, stop),
        cmocka_unit_test(receipts_are_read_with_what_is_known_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
