/* A task's process that says anything at all costs one task, never the engine: tests/engine/liar_zygote.c plays the guest that
 * has broken out. */
#include "engine/test_modules.h"
#include "engine/test_support.h"

static struct fixture f;

static int set_up(void **state)
{
    (void)state;
    AUTO(buf) struct buf dir = {0};
    buf_append_fmt(&dir, "%s/../liar", bin_dir());
    fixture_open(&f, buf_str(&dir));
    fixture_prepare(&f, MODULE_EXIT_ZERO);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_close(&f);
    return 0;
}

static void every_lie_costs_one_task(void **state)
{
    (void)state;
    static const struct {
        const char *lie;
        enum task_end end;
        const char *says;
    } cases[] = {
        {"nothing", TASK_HOST_FAULT, "died before it reported an outcome"},
        {"crash", TASK_HOST_FAULT, "died before it reported an outcome"},
        {"unknown kind", TASK_DENIED, "sent a frame of unknown kind 77"},
        {"huge frame", TASK_DENIED, "sent a frame of 4294967295 bytes"},
        {"short outcome", TASK_DENIED, "sent an outcome of 4 bytes"},
        {"half an outcome", TASK_HOST_FAULT, "died before it reported an outcome"},
        {"unknown end", TASK_DENIED, "sent an outcome of unknown kind 99"},
        {"exit without code", TASK_DENIED, "sent an outcome guest_exit with exit code 0"},
        {"too many instructions", TASK_DENIED, "sent more instructions"},
        {"two outcomes", TASK_DENIED, "bytes after the outcome"},
        {"sandboxed: open", TASK_DENIED, "made a system call that no program can make"},
        {"sandboxed: socket", TASK_DENIED, "made a system call that no program can make"},
        {"sandboxed: fork", TASK_DENIED, "made a system call that no program can make"},
        {"sandboxed: execute", TASK_DENIED, "made a system call that no program can make"},
        {"sandboxed: signal", TASK_DENIED, "made a system call that no program can make"},
        {"sandboxed: new code", TASK_DENIED, "made a system call that no program can make"},
        {"sandboxed: other descriptor", TASK_DENIED, "made a system call that no program can make"},
        {"unknown call", TASK_DENIED, "sent a call of unknown kind 4242"},
        {"replayed call", TASK_DENIED, "sent call 1 where 2 comes next"},
        {"two calls at once", TASK_DENIED, "bytes after a call that has no answer yet"},
        {"huge call", TASK_DENIED, "sent a frame of 16777216 bytes"},
        {"call that lies about a length", TASK_DENIED, "block: value 1 is cut off"},
        {"flood", TASK_DENIED, "sent more output than the limit"},
        {"complain for ever", TASK_DEADLINE, "timed out"},
        {"trickle", TASK_DEADLINE, "timed out"},
        {"hang", TASK_DEADLINE, "timed out"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(task_outcome) struct task_outcome o = {0}, honest = {0};
        struct task task = task_of(&f, cases[i].lie);
        task.limits.max_seconds = 1;
        run_task(&f, &task, &o);
        assert_end(&o, cases[i].end);
        if (!strstr(buf_str(&o.message), cases[i].says))
            fail_msg("%s: `%s` does not say `%s`", cases[i].lie, buf_str(&o.message), cases[i].says);
        assert_true(o.output.len <= task.limits.max_output_len);
        assert_true(o.error_text.len <= 64 * 1024);
        task = task_of(&f, "honest");
        run_task(&f, &task, &honest);
        assert_end(&honest, TASK_COMPLETED);
    }
}

static void what_the_sandbox_allows_goes_on(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome plain = {0}, memory = {0};
    struct task task = task_of(&f, "sandboxed");
    run_task(&f, &task, &plain);
    assert_end(&plain, TASK_COMPLETED);
    task = task_of(&f, "sandboxed: memory");
    run_task(&f, &task, &memory);
    assert_end(&memory, TASK_COMPLETED);
}

static void a_process_that_does_not_read_ends_at_the_deadline(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    AUTO(str) char *input = mem_calloc(1, 10 << 20);
    struct task task = task_of(&f, "");
    task.input = slice_from(input, 10 << 20);
    task.limits.max_seconds = 1;
    run_task(&f, &task, &o);
    assert_end(&o, TASK_DEADLINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_lie_costs_one_task),
        cmocka_unit_test(what_the_sandbox_allows_goes_on),
        cmocka_unit_test(a_process_that_does_not_read_ends_at_the_deadline),
    };
    return cmocka_run_group_tests_name("lying processes", tests, set_up, tear_down);
}
