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

static void set_executed(struct journal *j, uint64_t id, const char *delivery, const char *completion,
                         const struct journal_attestation *attestation)
{
    const struct journal_entry answer = {
        .id = id, .facts = SLICE("{\"f\":1}"), .delivery = slice_str(delivery), .completion = slice_str(completion)};
    assert_ok(journal_set_executed(j, &answer, attestation));
}

/* How many wait to be quoted, and the body of the first. */
static size_t waiting(struct journal *j, struct arena *arena, struct slice *body)
{
    struct journal_attestation *list = ARENA_ARRAY(arena, struct journal_attestation, JOURNAL_BATCH_MAX);
    size_t count = 0;
    assert_ok(journal_attestations(j, false, arena, list, &count));
    *body = count ? list[0].body : SLICE("");
    return count;
}

static struct journal_attestation unsigned_attestation(uint64_t job_id, const char *body)
{
    return (struct journal_attestation){.job_id = job_id, .body = slice_str(body), .record = SLICE(""), .signature = SLICE("")};
}

static void what_attests_an_answer_waits_for_it_to_be_delivered(void **state)
{
    (void)state;
    AUTO(journal) struct journal *j = NULL;
    AUTO(arena) struct arena arena = {0};
    const struct journal_attestation first = unsigned_attestation(5, "{\"a\":1}"),
                                     compile = unsigned_attestation(9, "{\"a\":9}");
    struct slice body;
    uint64_t id = 0;
    assert_ok(journal_open(path, &j));
    assert_ok(journal_claim(j, 5, 41, SLICE("ab"), SLICE(""), &id));
    set_executed(j, id, "{}", "{}", &first);
    assert_int_equal(waiting(j, &arena, &body), 0);
    assert_ok(journal_attest(j, &compile)); /* there is nothing to deliver */
    assert_int_equal(waiting(j, &arena, &body), 1);
    assert_true(slice_eq_str(body, "{\"a\":9}"));
    assert_ok(journal_set_delivered(j, id, SLICE("{}")));
    assert_int_equal(waiting(j, &arena, &body), 2);
    assert_ok(journal_remove(j, id));
    assert_int_equal(waiting(j, &arena, &body), 2);
}

static void another_answer_takes_the_place_of_one_that_is_not_delivered(void **state)
{
    (void)state;
    AUTO(journal) struct journal *j = NULL;
    AUTO(arena) struct arena arena = {0};
    const struct journal_attestation first = unsigned_attestation(5, "{\"a\":1}"),
                                     second = unsigned_attestation(5, "{\"a\":2}");
    struct journal_entry entry;
    struct slice body;
    uint64_t id = 0;
    bool found = false;
    assert_ok(journal_open(path, &j));
    assert_ok(journal_claim(j, 5, 41, SLICE("ab"), SLICE(""), &id));
    set_executed(j, id, "{\"d\":1}", "{\"c\":1}", &first);
    set_executed(j, id, "{\"d\":2}", "{\"c\":2}", &second);
    assert_ok(journal_release(j, id));
    assert_ok(journal_take(j, &arena, &entry, &found));
    assert_true(found && slice_eq_str(entry.delivery, "{\"d\":2}") && slice_eq_str(entry.facts, "{\"f\":1}"));
    assert_ok(journal_set_delivered(j, id, SLICE("{}")));
    assert_int_equal(waiting(j, &arena, &body), 1);
    assert_true(slice_eq_str(body, "{\"a\":2}"));
    const struct journal_entry late = {.id = id, .delivery = SLICE("{}"), .completion = SLICE("{}")};
    assert_fails(journal_set_executed(j, &late, NULL), ERR_BUG, "worker's journal: entry 1 does not wait for an answer");
    assert_int_equal(waiting(j, &arena, &body), 1);
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
    set_executed(j, second, "{\"d\":2}", "{\"c\":2}", NULL);
    set_executed(j, third, "{\"d\":3}", "{\"c\":3}", NULL);
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
        cmocka_unit_test_setup_teardown(what_attests_an_answer_waits_for_it_to_be_delivered, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(another_answer_takes_the_place_of_one_that_is_not_delivered, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_restart_frees_what_a_dead_process_held_in_its_state, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
