/* Options anywhere, values in either form, and every way to get them wrong. */
#include "base/test.h"
#include "cli/options.h"

struct sample {
    bool json;
    const char *path;
    uint64_t seconds;
    struct cli_list env;
};

static struct err *read_sample(struct sample *out, int *argc, char **argv)
{
    const struct cli_option options[] = {{"--json", CLI_FLAG, &out->json},
                                         {"--path", CLI_STR, &out->path},
                                         {"--seconds", CLI_U64, &out->seconds},
                                         {"--env", CLI_LIST, &out->env},
                                         {0}};
    return cli_options_read(options, argc, argv);
}

static void options_may_stand_anywhere(void **state)
{
    (void)state;
    char *argv[] = {"run", "--json", "file", "--path=a=b", "--env", "A=1", "--env=B=2", "--seconds", "5", "--", "--json", NULL};
    int argc = 11;
    struct sample s = {0};
    assert_ok(read_sample(&s, &argc, argv));
    assert_true(s.json);
    assert_string_equal(s.path, "a=b");
    assert_int_equal(s.seconds, 5);
    assert_int_equal(s.env.count, 2);
    assert_string_equal(s.env.items[1], "B=2");
    assert_int_equal(argc, 3);
    assert_string_equal(argv[1], "file");
    assert_string_equal(argv[2], "--json");
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *args[2], *says;
    } bad[] = {
        {{"--nope"}, "unknown option `--nope`; --help lists what there is"},
        {{"--path"}, "--path needs a value"},
        {{"--json=1"}, "--json takes no value"},
        {{"--seconds", "-1"}, "--seconds takes a whole number, not `-1`"},
        {{"--seconds", "99999999999999999999"}, "--seconds takes a whole number, not `99999999999999999999`"},
        {{"--jso"}, "unknown option `--jso`; --help lists what there is"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *argv[] = {"run", (char *)bad[i].args[0], (char *)bad[i].args[1], NULL};
        int argc = bad[i].args[1] ? 3 : 2;
        struct sample s = {0};
        assert_fails(read_sample(&s, &argc, argv), ERR_INVALID, bad[i].says);
    }
}

static void help_is_asked_for_anywhere_before_the_dashes(void **state)
{
    (void)state;
    static const struct {
        const char *args[3];
        int argc;
        bool wants;
    } cases[] = {
        {{"help"}, 2, true},
        {{"--help"}, 2, true},
        {{"verify", "-h"}, 3, true},
        {{"verify", "--json", "--help"}, 4, true},
        {{0}, 1, false},
        {{"verify", "help"}, 3, false},
        {{"run", "--", "--help"}, 4, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *argv[] = {"x", (char *)cases[i].args[0], (char *)cases[i].args[1], (char *)cases[i].args[2], NULL};
        if (cli_wants_help(cases[i].argc, argv) != cases[i].wants)
            fail_msg("case %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_may_stand_anywhere),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(help_is_asked_for_anywhere_before_the_dashes),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
