/* Native code of an attacker's choice in a real cell (tests/engine/escape.c): every way out is closed, and costs one task. The same in a
 * real compiler (escape_compiler.c): it costs one program. */
#include "../../tests/engine/escape_attacks.h"
#include "engine/process.h"
#include "engine/test_modules.h"
#include "engine/test_support.h"

static struct fixture f = {.no_waiting = true};

static int set_up(void **state)
{
    (void)state;
    AUTO(buf) struct buf dir = {0};
    buf_append_fmt(&dir, "%s/../escape", bin_dir());
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

static pid_t zygote_pid(void)
{
    pid_t pids[16] = {0};
    assert_true(find_descendants(getpid(), pids, 16) >= 1);
    return pids[0];
}

/* The next task, in the same zygote, is as good as any. */
static void assert_unharmed(pid_t zygote)
{
    AUTO(task_outcome) struct task_outcome o = {0};
    struct task task = task_of(&f, "");
    run_task(&f, &task, &o);
    assert_end(&o, TASK_COMPLETED);
    assert_int_equal(zygote_pid(), zygote);
}

static void assert_denied(const char *attack)
{
    AUTO(task_outcome) struct task_outcome o = {0};
    struct task task = task_of(&f, attack);
    run_task(&f, &task, &o);
    if (o.end != TASK_DENIED)
        fail_msg("%s: %s (%.*s)", attack, task_end_name(o.end), SLICE_FMT(o.message));
    assert_string_equal(buf_str(&o.message), "WASM execution failed: the task's process made a system call that no program can "
                                             "make, and was killed");
    assert_int_equal(o.instructions, task.limits.max_instructions);
}

static void every_system_call_but_the_few_is_a_kill_that_is_told_as_such(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    struct task task = task_of(&f, "");
    run_task(&f, &task, &o);
    pid_t zygote = zygote_pid();
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        assert_denied(attacks[i].name);
        assert_unharmed(zygote);
    }
    assert_denied(ATTACK_32_BIT);
    assert_unharmed(zygote);
}

static void what_the_filter_lets_through_leads_nowhere(void **state)
{
    (void)state;
    static const char *const attacks_within[] = {"descriptors", "secrets",
#ifndef PROCESS_SANITIZED
                                                 "raise its own memory limit", "memory without end"
#endif
    };
    for (size_t i = 0; i < sizeof attacks_within / sizeof *attacks_within; i++) {
        AUTO(task_outcome) struct task_outcome o = {0};
        struct task task = task_of(&f, attacks_within[i]);
        run_task(&f, &task, &o);
        assert_end(&o, TASK_COMPLETED);
        if (strcmp(buf_str(&o.output), "nowhere") != 0)
            fail_msg("%s leads somewhere", attacks_within[i]);
    }
}

/* A sanitizer's own handler opens files to report, which is what it is killed for. */
static void a_crash_is_no_escape(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    struct task task = task_of(&f, "crash");
    run_task(&f, &task, &o);
#ifdef PROCESS_SANITIZED
    assert_end(&o, TASK_DENIED);
#else
    assert_end(&o, TASK_HOST_FAULT);
    assert_non_null(strstr(buf_str(&o.message), "died before it reported an outcome (signal 11)"));
#endif
    assert_unharmed(zygote_pid());
}

/* An empty module with a custom section that names the attack. */
static void attacking_module(const char *name, struct buf *out)
{
    static const char section[] = "attack";
    const size_t section_len = sizeof section - 1;
    buf_append(out, SLICE("\0asm\x01\0\0\0"));
    buf_append_byte(out, 0);
    buf_append_byte(out, (uint8_t)(1 + section_len + strlen(name)));
    buf_append_byte(out, (uint8_t)section_len);
    buf_append_str(out, section);
    buf_append_str(out, name);
}

static void assert_not_compiled(const char *name, enum err_code code, const char *says)
{
    AUTO(buf) struct buf wasm = {0};
    struct hash hash;
    uint64_t compile_ms = 0;
    attacking_module(name, &wasm);
    AUTO(err) struct err *e = engine_prepare(f.engine, buf_slice(&wasm), &hash, &compile_ms);
    if (!e || err_code(e) != code || !strstr(err_text(e), says))
        fail_msg("%s: %s", name, e ? err_text(e) : "compiled");
}

static void every_system_call_of_a_compiler_but_the_few_costs_its_program(void **state)
{
    (void)state;
    static const char killed[] = "the compiler made a system call that compiling does not need, and was killed";
    static const char goes_on[] = "exports no function `_start`"; /* what is wrong with the program itself */
    assert_not_compiled("no attack", ERR_INVALID, goes_on);
    assert_not_compiled("openat", ERR_INVALID, goes_on); /* fails, without a kill */
    assert_not_compiled(ATTACK_32_BIT, ERR_LIMIT, killed);
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        if (attacks[i].number != SYS_openat)
            assert_not_compiled(attacks[i].name, ERR_LIMIT, killed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_system_call_but_the_few_is_a_kill_that_is_told_as_such),
        cmocka_unit_test(what_the_filter_lets_through_leads_nowhere),
        cmocka_unit_test(a_crash_is_no_escape),
        cmocka_unit_test(every_system_call_of_a_compiler_but_the_few_costs_its_program),
    };
    return cmocka_run_group_tests_name("escapes", tests, set_up, tear_down);
}
