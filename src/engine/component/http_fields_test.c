/* wasi:http: fields, their syntax, their bounds and what they cost. */
#include "engine/component/test_http.h"

static void fields_keep_their_order_and_no_case(void **state)
{
    (void)state;
    start();
    uint64_t f = fields_new();
    append(f, "X-One", "1");
    append(f, "Y", "2");
    append(f, "x-oNE", "");
    assert_entries(f, "x-one=1\ny=2\nx-one=\n");
    CALL("[method]fields.get", N(f), S("X-ONE"));
    assert_int_equal(bench.results[0].list.len, 2);
    CALL("[method]fields.get", N(f), S("no such"));
    assert_int_equal(bench.results[0].list.len, 0);
    CALL("[method]fields.has", N(f), S("y"));
    assert_true(result(0));
    CALL("[method]fields.has", N(f), S("z"));
    assert_false(result(0));

    CALL("[method]fields.clone", N(f));
    uint64_t copy = result(0);
    const union shim_value values[] = {S("3"), S("4")};
    CALL("[method]fields.set", N(f), S("X-One"), L(values));
    assert_entries(f, "y=2\nx-one=3\nx-one=4\n");
    CALL("[method]fields.delete", N(f), S("Y"));
    CALL("[method]fields.delete", N(f), S("never-there"));
    assert_int_equal(result(0), OK);
    CALL("[method]fields.set", N(f), S("x-one"), ((union shim_value){.list = {NULL, 0}}));
    assert_entries(f, "");
    assert_entries(copy, "x-one=1\ny=2\nx-one=\n"); /* its own */
    append(copy, "z", "5");
}

static const struct {
    const char *name, *value;
    int error; /* -1: none */
} entries[] = {
    {"a", "", -1},
    {"!#$%&'*+-.^_`|~09azAZ", "x", -1},
    {"a", "tab\there, \"quotes\", \x80\xff", -1},
    {"a", "  spaces  ", -1},
    {"content-length", "5", -1},
    {"cookie", "a=b", -1},
    {"authorization", "Bearer x", -1},
    {"", "x", INVALID_SYNTAX},
    {"a b", "x", INVALID_SYNTAX},
    {"a:", "x", INVALID_SYNTAX},
    {":path", "x", INVALID_SYNTAX},
    {"a\n", "x", INVALID_SYNTAX},
    {"a\r", "x", INVALID_SYNTAX},
    {"\xc3\xa9", "x", INVALID_SYNTAX},
    {"a(", "x", INVALID_SYNTAX},
    {"a", "x\r\nhost: evil", INVALID_SYNTAX},
    {"a", "x\n", INVALID_SYNTAX},
    {"a", "\r", INVALID_SYNTAX},
    {"Host", "x", FORBIDDEN},
    {"connection", "close", FORBIDDEN},
    {"TRANSFER-ENCODING", "chunked", FORBIDDEN},
    {"keep-alive", "x", FORBIDDEN},
    {"proxy-connection", "x", FORBIDDEN},
    {"upgrade", "x", FORBIDDEN},
};

static void names_and_values_are_checked_whichever_way_they_come(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        const char *name = entries[i].name;
        const union shim_value value[] = {TEXT(entries[i].value)}, pair[] = {S("first"), S("1"), TEXT(name), *value};
        start();
        uint64_t f = fields_new();
        append(f, "b", "c");
        CALL("[method]fields.append", N(f), TEXT(name), *value);
        assert_header_error(entries[i].error, name, "append");
        CALL("[method]fields.set", N(f), TEXT(name), L(value));
        assert_header_error(entries[i].error, name, "set");
        CALL("[static]fields.from-list", ((union shim_value){.list = {pair, 2}}));
        assert_header_error(entries[i].error, name, "from-list");
        if (entries[i].error >= 0)
            assert_entries(f, "b=c\n");
        CALL("[method]fields.delete", N(f), TEXT(name));
        if (entries[i].error == FORBIDDEN)
            assert_header_error(FORBIDDEN, name, "delete");
    }
    start();
    CALL("[method]fields.append", N(fields_new()), S("a"), S("nul\0inside"));
    assert_header_error(INVALID_SYNTAX, "a", "append of a NUL");
    CALL("[method]fields.append", N(fields_new()), S("a\0"), S("x"));
    assert_header_error(INVALID_SYNTAX, "a NUL", "append");
    CALL("[static]fields.from-list", ((union shim_value){.list = {NULL, 0}}));
    assert_int_equal(result(0), OK);
    assert_entries(result(1), "");
}

static void fields_of_a_request_are_read_only(void **state)
{
    (void)state;
    const union shim_value value[] = {S("2")};
    start();
    uint64_t f = fields_new();
    append(f, "a", "1");
    uint64_t request = request_of(f);
    CALL("[method]outgoing-request.headers", N(request));
    uint64_t view = result(0);
    CALL("[method]fields.append", N(view), S("a"), S("2"));
    assert_header_error(IMMUTABLE, "a", "append");
    CALL("[method]fields.set", N(view), S("a"), L(value));
    assert_header_error(IMMUTABLE, "a", "set");
    CALL("[method]fields.delete", N(view), S("a"));
    assert_header_error(IMMUTABLE, "a", "delete");
    assert_entries(view, "a=1\n");
    CALL("[method]fields.clone", N(view)); /* a clone is its own */
    append(result(0), "b", "2");
    assert_true(bench_drop(KIND_OUTGOING_REQUEST, request)); /* and a view outlives what it was of */
    assert_entries(view, "a=1\n");
    assert_faults(bench_no_resource, "[constructor]outgoing-request", N(f)); /* the request has taken them */
}

static void fields_are_bounded(void **state)
{
    (void)state;
    static char value[4096];
    memset(value, 'v', sizeof value);
    start();
    uint64_t f = fields_new();
    for (size_t i = 0; i < HTTP_FIELDS_MAX / (1 + sizeof value + HTTP_FIELD_OVERHEAD); i++)
        CALL("[method]fields.append", N(f), S("a"), ((union shim_value){.list = {value, sizeof value}}));
    assert_faults("256 KiB", "[method]fields.append", N(f), S("a"), ((union shim_value){.list = {value, sizeof value}}));
    start();
    f = fields_new();
    for (size_t i = 0; i < HTTP_FIELDS_MAX / (1 + HTTP_FIELD_OVERHEAD); i++)
        append(f, "a", ""); /* small ones count too */
    assert_faults("256 KiB", "[method]fields.append", N(f), S("a"), S(""));
}

/* All that a guest's resources keep: bounded together, and given back when they are dropped. */
static void what_resources_keep_is_bounded(void **state)
{
    (void)state;
    static char value[200000];
    memset(value, 'v', sizeof value);
    start();
    uint64_t f = fields_new(), copies = COMPONENT_HELD_MAX / (1 + sizeof value + HTTP_FIELD_OVERHEAD) - 1;
    CALL("[method]fields.append", N(f), S("a"), ((union shim_value){.list = {value, sizeof value}}));
    for (size_t i = 0; i < copies; i++)
        CALL("[method]fields.clone", N(f));
    for (size_t i = 0; i < 10; i++) { /* one goes, one comes */
        assert_true(bench_drop(KIND_FIELDS, result(0)));
        CALL("[method]fields.clone", N(f));
    }
    assert_faults("64 MiB", "[method]fields.clone", N(f));
    assert_true(bench.guest.held <= COMPONENT_HELD_MAX);
}

static void looking_through_fields_is_paid_for(void **state)
{
    (void)state;
    static const char *const functions[] = {"[method]fields.get",    "[method]fields.has",     "[method]fields.set",
                                            "[method]fields.delete", "[method]fields.entries", "[method]fields.clone"};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        start();
        uint64_t f = fields_new();
        append(f, "name", "value");
        uint64_t before = bench_fuel();
        CALL(functions[i], N(f), S("x"));
        assert_int_equal(before - bench_fuel(), 4 + 5 + HTTP_FIELD_OVERHEAD);
        bench_set_fuel(10);
        assert_false(TRY_CALL(functions[i], N(f), S("x")));
        assert_int_equal(bench.p1.stop, P1_OUT_OF_FUEL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_keep_their_order_and_no_case),
        cmocka_unit_test(names_and_values_are_checked_whichever_way_they_come),
        cmocka_unit_test(fields_of_a_request_are_read_only),
        cmocka_unit_test(fields_are_bounded),
        cmocka_unit_test(what_resources_keep_is_bounded),
        cmocka_unit_test(looking_through_fields_is_paid_for),
    };
    return cmocka_run_group_tests_name("wasi:http fields", tests, bench_open, close_all);
}
