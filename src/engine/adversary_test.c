/* Programs that wear on their host within the rules (tests/guests/adversary.c): the host holds, and bounds what they may take. */
#include "engine/test_support.h"

static struct fixture f;

static int set_up(void **state)
{
    (void)state;
    AUTO(buf) struct buf wasm = {0};
    fixture_open(&f, bin_dir());
    read_guest("adversary", &wasm);
    fixture_prepare(&f, buf_slice(&wasm));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_close(&f);
    return 0;
}

static void what_a_guest_asks_has_an_end(void **state)
{
    (void)state;
    static const struct {
        const char *input;
        enum task_end end;
        const char *output; /* its last bytes */
    } cases[] = {
        {"descriptors", TASK_COMPLETED, "held"},
        {"overlaps", TASK_COMPLETED, "held"},
        {"long lists", TASK_COMPLETED, "held"},
        {"subscriptions", TASK_COMPLETED, "held"},
        {"random", TASK_COMPLETED, "held"},
        {"not text", TASK_COMPLETED, "held"},
        {"endless calls", TASK_OUT_OF_INSTRUCTIONS, ""},
        {"flood", TASK_OUT_OF_INSTRUCTIONS, ""},
        {"sleep", TASK_DEADLINE, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(task_outcome) struct task_outcome o = {0};
        struct task task = task_of(&f, cases[i].input);
        task.limits.max_instructions = 100000000;
        task.limits.max_seconds = cases[i].end == TASK_DEADLINE ? 1 : 60;
        run_task(&f, &task, &o);
        if (o.end != cases[i].end || !slice_ends_with(buf_slice(&o.output), slice_str(cases[i].output)))
            fail_msg("%s: %s (%.*s), output ends in another way", cases[i].input, task_end_name(o.end), SLICE_FMT(o.message));
        assert_true(o.error_text.len <= 64 * 1024 && o.output.len <= task.limits.max_output_len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_a_guest_asks_has_an_end)};
    return cmocka_run_group_tests_name("adversaries", tests, set_up, tear_down);
}
