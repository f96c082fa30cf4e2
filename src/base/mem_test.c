/* Running out of memory ends the process with a line that says how much was asked for (base/mem.h). */
#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/test.h"
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void ask_the_allocator(void)
{
    volatile size_t len = SIZE_MAX / 2;
    mem_free(mem_alloc(len));
}

static void ask_a_buffer(void)
{
    AUTO(buf) struct buf b = {0};
    buf_append_byte(&b, 1);
    buf_reserve(&b, SIZE_MAX);
}

static void ask_an_arena(void)
{
    AUTO(arena) struct arena a = {0};
    arena_alloc(&a, SIZE_MAX - 3);
}

static void ask_an_arena_for_an_array(void)
{
    AUTO(arena) struct arena a = {0};
    ARENA_ARRAY(&a, uint64_t, SIZE_MAX / 4);
}

/* Runs `ask` in a child; true when the child was ended by abort, or by the sanitizer in its place. */
static bool ends_the_process(void (*ask)(void))
{
    pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO);
        ask();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) || (WIFEXITED(status) && WEXITSTATUS(status) != 0);
}

static void test_what_cannot_be_had_ends_the_process(void **state)
{
    (void)state;
    assert_true(ends_the_process(ask_the_allocator));
    assert_true(ends_the_process(ask_a_buffer));
    assert_true(ends_the_process(ask_an_arena));
    assert_true(ends_the_process(ask_an_arena_for_an_array));
}

static void test_nothing_is_something_to_free(void **state)
{
    (void)state;
    AUTO(str) char *none = mem_alloc(0);
    AUTO(str) char *zeroed = mem_calloc(0, 8);
    AUTO(str) char *copy = mem_copy_str("abcdef", 3);
    AUTO(str) char *empty = mem_copy_str(NULL, 0);
    assert_non_null(none);
    assert_non_null(zeroed);
    assert_string_equal(copy, "abc");
    assert_string_equal(empty, "");
    mem_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_cannot_be_had_ends_the_process),
        cmocka_unit_test(test_nothing_is_something_to_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
