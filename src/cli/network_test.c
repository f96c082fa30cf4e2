#include "base/fs.h"
#include "base/test.h"
#include "cli/network.h"
#include <stdio.h>
#include <stdlib.h>

static void gas_is_read_with_its_unit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t gas;
    } good[] = {{"100 Tgas", UINT64_C(100000000000000)}, {"3Ggas", UINT64_C(3000000000)}, {"7 gas", 7}, {"0 tgas", 0}};
    static const char *const bad[] = {"",       "100", "Tgas", "1.5 Tgas", "-1 gas", "100 NEAR", "99999999999999999999 Tgas",
                                      "1 T gas"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint64_t gas = 1;
        assert_ok(network_gas_parse(slice_str(good[i].text), &gas));
        assert_int_equal(gas, good[i].gas);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint64_t gas;
        AUTO(err) struct err *e = network_gas_parse(slice_str(bad[i]), &gas);
        if (!e || err_code(e) != ERR_INVALID)
            fail_msg("%s", bad[i]);
    }
}

static void a_network_names_its_node(void **state)
{
    (void)state;
    static const struct {
        struct network_options options;
        const char *network, *rpc;
    } cases[] = {
        {{.network = "testnet"}, "testnet", "https://rpc.testnet.near.org"},
        {{.network = "mainnet", .rpc = "https://near.example"}, "mainnet", "https://near.example"},
        {{.network = "http://127.0.0.1:3030"}, "custom", "http://127.0.0.1:3030"},
        {{.network = "devnet", .rpc = "http://127.0.0.1:1", .data = "/nonexistent"}, "devnet", "http://127.0.0.1:1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(network) struct network c = {0};
        assert_ok(network_open(&cases[i].options, &c));
        assert_string_equal(c.network, cases[i].network);
        assert_string_equal(c.rpc_url, cases[i].rpc);
    }
}

static void a_network_that_is_none_or_not_running_is_named(void **state)
{
    (void)state;
    struct network c = {0};
    assert_fails(network_open(&(struct network_options){.network = "betanet"}, &c), ERR_INVALID,
                 "unknown network `betanet`, expected devnet, testnet, mainnet or a node's http address");
    network_close(&c);
    assert_fails(network_open(&(struct network_options){.network = "testnet", .rpc = "near.example"}, &c), ERR_INVALID,
                 "--rpc is `near.example`, expected an http or https address");
    network_close(&c);
    assert_fails(network_open(&(struct network_options){.network = "devnet", .data = "/nonexistent"}, &c), ERR_NOT_FOUND,
                 "no devnet runs here (/nonexistent/endpoints.json is missing): start one with `outlayer up` or `outlayer "
                 "devnet start`, or name a node "
                 "with --rpc");
    network_close(&c);
}

static void the_devnets_endpoints_are_found(void **state)
{
    (void)state;
    char dir[] = "/tmp/outlayer-chain-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/endpoints.json", dir);
    assert_ok(fs_write_atomic(path, SLICE("{\"rpc\":\"http://127.0.0.1:5\",\"credentials\":\"/keys\"}"), 0600));
    AUTO(network) struct network c = {0};
    assert_ok(network_open(&(struct network_options){.network = "devnet", .data = dir}, &c));
    assert_string_equal(c.rpc_url, "http://127.0.0.1:5");
    assert_string_equal(c.credentials_dir, "/keys");
    assert_ok(fs_remove_tree(dir));
}

static void values_are_json_where_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *json;
    } cases[] = {{"", "null"}, {"{\"a\":1}", "{\"a\":1}"}, {"plain", "\"plain\""}, {"\xff", "\"\xef\xbf\xbd\""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(json) json_t *value = network_value(slice_str(cases[i].bytes));
        AUTO(buf) struct buf text = {0};
        json_doc_write(value, &text);
        assert_string_equal(buf_str(&text), cases[i].json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gas_is_read_with_its_unit),
        cmocka_unit_test(a_network_names_its_node),
        cmocka_unit_test(a_network_that_is_none_or_not_running_is_named),
        cmocka_unit_test(the_devnets_endpoints_are_found),
        cmocka_unit_test(values_are_json_where_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
