#include "base/fs.h"
#include "base/test.h"
#include "worker/journal.h"
#include <stdio.h>
#include <stdlib.h>

static char dir[64], path[96];

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/outlayer-journal-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/journal.db", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    err_free(fs_remove_tree(dir));
    return 0;
}

static void the_cursor_outlives_the_process(void **state)
{
    (void)state;
    struct journal *j = NULL;
    uint64_t height = 0;
    bool known = true;
    assert_ok(journal_open(path, &j));
    assert_ok(journal_cursor(j, &height, &known));
    assert_false(known);
    assert_ok(journal_set_cursor(j, 17));
    assert_ok(journal_set_cursor(j, 18));
    journal_close(j);
    assert_ok(journal_open(path, &j));
    assert_ok(journal_cursor(j, &height, &known));
    assert_true(known);
    assert_int_equal(height, 18);
    journal_close(j);
}

static void an_entry_is_held_by_one(void **state)
{
    (void)state;
    AUTO(journal) struct journal *j = NULL;
    AUTO(arena) struct arena arena = {0};
    struct journal_entry entry;
    uint64_t id = 0;
    bool found = true;
    assert_ok(journal_open(path, &j));
    assert_ok(journal_claim(j, 5, 41, SLICE("ab"), SLICE(""), &id));
    assert_ok(journal_take(j, &arena, &entry, &found));
    assert_false(found);
    assert_ok(journal_release(j, id));
    assert_ok(journal_take(j, &arena, &entry, &found));
    assert_true(found);
    assert_int_equal(entry.state, JOURNAL_CLAIMED);
    assert_int_equal(entry.job_id, 5);
    assert_int_equal(entry.request_id, 41);
    assert_true(slice_eq_str(entry.data_id, "ab"));
    assert_ok(journal_take(j, &arena, &entry, &found));
    assert_false(found);
    assert_ok(journal_remove(j, id));
    assert_fails(journal_remove(j, id), ERR_BUG, "worker's journal: entry 1 does not exist");
}

static void a_restart_frees_what_a_dead_process_held_in_its_state(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct journal *j = NULL;
    struct journal_entry entry;
    uint64_t first = 0, second = 0, third = 0;
    bool found = false;
    assert_ok(journal_open(path, &j));
    assert_ok(journal_claim(j, 1, 41, SLICE("aa"), SLICE(""), &first));
    assert_ok(journal_claim(j, 2, 42, SLICE("bb"), SLICE(""), &second));
    assert_ok(journal_claim(j, 3, 43, SLICE("cc"), SLICE(""), &third));
    assert_ok(journal_set_executed(j, second, SLICE("{\"d\":2}"), SLICE("{\"c\":2}"), NULL));
    assert_ok(journal_set_executed(j, third, SLICE("{\"d\":3}"), SLICE("{\"c\":3}"), NULL));
    assert_ok(journal_set_delivered(j, third, SLICE("{\"c\":33}")));
    journal_close(j);

    static const struct {
        enum journal_state state;
        const char *delivery, *completion;
    } want[] = {{JOURNAL_CLAIMED, "", ""},
                {JOURNAL_EXECUTED, "{\"d\":2}", "{\"c\":2}"},
                {JOURNAL_DELIVERED, "{\"d\":3}", "{\"c\":33}"}};
    AUTO(json) json_t *jobs = NULL;
    assert_ok(journal_open(path, &j));
    assert_ok(journal_jobs(j, &jobs));
    assert_int_equal(json_array_size(jobs), 3);
    assert_int_equal(json_integer_value(json_array_get(jobs, 2)), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_ok(journal_take(j, &arena, &entry, &found));
        assert_true(found);
        assert_int_equal(entry.state, want[i].state);
        assert_true(slice_eq_str(entry.delivery, want[i].delivery));
        assert_true(slice_eq_str(entry.completion, want[i].completion));
    }
    assert_ok(journal_take(j, &arena, &entry, &found));
    assert_false(found);
    journal_close(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_cursor_outlives_the_process, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(an_entry_is_held_by_one, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_restart_frees_what_a_dead_process_held_in_its_state, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
