#include "base/test.h"
#include "worker/manifest.h"
#include <string.h>

static void read(const char *text, const char *owner, const char *network, struct arena *arena, struct manifest *out)
{
    manifest_read(slice_str(text), slice_str(owner), network, arena, out);
}

static void the_hosts_of_a_manifest_are_all_there_are(void **state)
{
    (void)state;
    static const struct {
        const char *text, *owner, *network;
        bool only_listed;
        const char *hosts; /* joined by spaces */
    } cases[] = {
        {"", "alice.near", "mainnet", false, ""},
        {"not JSON", "alice.near", "mainnet", false, ""},
        {"[]", "alice.near", "mainnet", false, ""},
        {"{}", "alice.near", "mainnet", false, ""},
        {"{\"network\":[\"A.example.\",\" b.example \"]}", "", "devnet", true, "a.example b.example "},
        {"{\"network\":[\"a.example\"],\"capabilities\":{\"network\":[\"c.example\"]}}", "", "devnet", true, "c.example "},
        {"{\"network\":[\"a.example\"],\"capabilities\":{\"network\":[]}}", "", "devnet", true, ""},
        {"{\"capabilities\":{}}", "", "devnet", false, ""},
        {"{\"network\":null}", "", "devnet", false, ""},
        {"{\"network\":\"a.example\"}", "", "devnet", true, ""},
        {"{\"network\":[1,null,\"a.example\",\"\"]}", "", "devnet", true, "a.example "},
        {"{\"connector_id\":\"weather\"}", "", "devnet", true, ""},
        {"{\"connector_id\":\" \"}", "", "devnet", false, ""},
        {"{}", "connectors.outlayer.near", "mainnet", true, ""},
        {"{}", "connectors.outlayer.near", "testnet", false, ""},
        {"{}", "connectors.outlayer.testnet", "testnet", true, ""},
        {"{\"network\":[\"a.example\"]}", "connectors.outlayer.near", "mainnet", true, "a.example "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(manifest) struct manifest m = {0};
        AUTO(buf) struct buf hosts = {0};
        read(cases[i].text, cases[i].owner, cases[i].network, &arena, &m);
        for (size_t h = 0; h < m.host_count; h++)
            buf_append_fmt(&hosts, "%s ", m.hosts[h]);
        if (m.only_listed != cases[i].only_listed || strcmp(buf_str(&hosts), cases[i].hosts) != 0)
            fail_msg("%s: %d `%s`", cases[i].text, m.only_listed, buf_str(&hosts));
    }
}

static void a_manifest_over_its_size_is_none(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    AUTO(manifest) struct manifest m = {0}, fits = {0};
    AUTO(buf) struct buf text = {0};
    buf_append_str(&text, "{\"network\":[]}");
    while (text.len < MANIFEST_MAX)
        buf_append_byte(&text, ' ');
    manifest_read(buf_slice(&text), (struct slice){0}, "devnet", &arena, &fits);
    assert_true(fits.only_listed);
    buf_append_byte(&text, ' ');
    manifest_read(buf_slice(&text), (struct slice){0}, "devnet", &arena, &m);
    assert_false(m.only_listed);
}

static void limits_are_passed_on(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    AUTO(manifest) struct manifest m = {0};
    AUTO(buf) struct buf text = {0};
    read("{\"limits\":[{\"operation\":\"send\",\"window\":\"day\",\"max_count\":50},{\"applies\":\"owner\",\"max_count\":\"x\"}"
         "]}",
         "", "devnet", &arena, &m);
    json_doc_write(m.limits, &text);
    assert_string_equal(buf_str(&text),
                        "[{\"operation\":\"send\",\"period\":\"day\",\"max_count\":50,\"applies\":\"everyone\"},"
                        "{\"operation\":\"\",\"period\":\"\",\"max_count\":null,\"applies\":\"owner\"}]");
}

static void a_call_of_a_connector_names_its_operation(void **state)
{
    (void)state;
    static const char not_an_object[] =
        "This is a connector call and its input is not a JSON object naming \"operation\". Nothing was executed.";
    static const char no_operation[] =
        "This is a connector call and its input does not name \"operation\" as a non-empty string "
        "at the top level. Nothing was executed.";
    static const struct {
        const char *owner, *network, *input, *says;
    } cases[] = {
        {"connectors.outlayer.near", "mainnet", "{\"operation\":\"send\"}", NULL},
        {"connectors.outlayer.testnet", "testnet", " {\"a\":[1],\"operation\":\"send\"}\n", NULL},
        {"connectors.outlayer.near", "mainnet", "", not_an_object},
        {"connectors.outlayer.near", "mainnet", "send", not_an_object},
        {"connectors.outlayer.near", "mainnet", "[{\"operation\":\"send\"}]", not_an_object},
        {"connectors.outlayer.near", "mainnet", "{\"operation\":\"send\"", not_an_object},
        {"connectors.outlayer.near", "mainnet", "{}", no_operation},
        {"connectors.outlayer.near", "mainnet", "{\"operation\":\"\"}", no_operation},
        {"connectors.outlayer.near", "mainnet", "{\"operation\":\" \\t\"}", no_operation},
        {"connectors.outlayer.near", "mainnet", "{\"operation\":7}", no_operation},
        {"connectors.outlayer.near", "mainnet", "{\"Operation\":\"send\"}", no_operation},
        {"connectors.outlayer.near", "mainnet", "{\"call\":{\"operation\":\"send\"}}", no_operation},
        {"connectors.outlayer.near", "testnet", "", NULL},
        {"connectors.outlayer.testnet", "devnet", "", NULL},
        {"alice.near", "mainnet", "", NULL},
        {"", "mainnet", "", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(err) struct err *e = manifest_check_input(slice_str(cases[i].owner), cases[i].network, slice_str(cases[i].input));
        if (!e != !cases[i].says || (e && (err_code(e) != ERR_INVALID || strcmp(err_text(e), cases[i].says) != 0)))
            fail_msg("%s of %s: %s", cases[i].input, cases[i].owner, e ? err_text(e) : "is taken");
    }
    AUTO(err) struct err *none = manifest_check_input((struct slice){0}, "mainnet", (struct slice){0});
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hosts_of_a_manifest_are_all_there_are),
        cmocka_unit_test(a_manifest_over_its_size_is_none),
        cmocka_unit_test(limits_are_passed_on),
        cmocka_unit_test(a_call_of_a_connector_names_its_operation),
    };
    return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
