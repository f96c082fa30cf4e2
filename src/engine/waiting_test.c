/* Cells that wait: nobody can tell from an outcome that there was one. */
#include "engine/test_modules.h"
#include "engine/test_support.h"
#include "engine/waiting.h"
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* For the programs in demand, and spare ones. */
enum { CELLS_MAX = (WAITING_PROGRAMS + 1) * WAITING_EACH };

static struct fixture waits, plain = {.no_waiting = true};

static int set_up(void **state)
{
    (void)state;
    AUTO(buf) struct buf wasm = {0};
    fixture_open(&waits, bin_dir());
    fixture_open(&plain, bin_dir());
    read_guest("probe", &wasm);
    fixture_prepare(&waits, buf_slice(&wasm));
    fixture_prepare(&plain, buf_slice(&wasm));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_close(&waits);
    fixture_close(&plain);
    return 0;
}

static void assert_same(const struct task_outcome *a, const struct task_outcome *b)
{
    assert_end(a, b->end);
    assert_int_equal(a->exit_code, b->exit_code);
    assert_int_equal(a->instructions, b->instructions);
    assert_int_equal(a->peak_memory, b->peak_memory);
    assert_true(slice_eq(buf_slice(&a->output), buf_slice(&b->output)));
    assert_true(slice_eq(buf_slice(&a->message), buf_slice(&b->message)));
}

/* The first run is in a spare cell, the third in one that has waited for the program, and none can be told from one in a new cell. */
static void assert_same_in_any_cell(const struct task *task)
{
    AUTO(task_outcome) struct task_outcome fresh = {0};
    run_task(&plain, task, &fresh);
    for (int i = 0; i < 3; i++) {
        AUTO(task_outcome) struct task_outcome waited = {0};
        run_task(&waits, task, &waited);
        assert_same(&waited, &fresh);
    }
}

/* From the second run on there are cells for it. */
static void bring_into_demand(const struct task *task)
{
    for (int i = 0; i < 2; i++) {
        AUTO(task_outcome) struct task_outcome o = {0};
        run_task(&waits, task, &o);
    }
}

static void an_outcome_does_not_tell_whether_the_cell_waited(void **state)
{
    (void)state;
    static const struct {
        const char *input;
        uint64_t max_instructions, max_memory_mb;
    } cases[] = {
        {"take 1", 2000000000, 64}, {"exit 3", 2000000000, 64}, {"hog 64", 2000000000, 8}, {"unreachable", 2000000000, 64},
        {"loop", 5000000, 64},      {"take 1", 0, 64},          {"take 1", 1, 64},         {"take 1", 1000, 64},
        {"take 1", 2000000000, 0},  {"write 3000", 2000000, 1}, {"files", 2000000, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct task task = task_of(&waits, cases[i].input);
        task.limits.max_instructions = cases[i].max_instructions;
        task.limits.max_memory_mb = cases[i].max_memory_mb;
        assert_same_in_any_cell(&task);
    }
}

static void nor_does_it_for_a_program_that_is_odd_to_instantiate(void **state)
{
    (void)state;
    const struct slice modules[] = {MODULE_LOOPING_START_SECTION, MODULE_LARGE_MINIMUM, MODULE_TWO_MEMORIES,
                                    MODULE_DATA_OUT_OF_BOUNDS,    MODULE_LARGE_TABLE,   MODULE_EXIT_ZERO};
    struct hash probe = waits.hash;
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        fixture_prepare(&waits, modules[i]);
        fixture_prepare(&plain, modules[i]);
        struct task task = task_of(&waits, "");
        task.limits.max_instructions = 1000000;
        assert_same_in_any_cell(&task);
    }
    waits.hash = plain.hash = probe;
}

/* The cells there are: what stands below a process below this one. */
static size_t find_cells(pid_t *cells)
{
    pid_t pids[64];
    size_t count = find_descendants(getpid(), pids, 64), found = 0;
    for (size_t i = 0; i < count; i++) {
        char text[24];
        snprintf(text, sizeof text, "%ld", (long)pids[i]);
        if (parent_of(text) != getpid())
            cells[found++] = pids[i];
    }
    return found;
}

static size_t wait_for_cells(pid_t *cells, size_t count)
{
    size_t found = 0;
    for (int i = 0; i < 500 && (found = find_cells(cells)) != count; i++)
        usleep(10000);
    return found;
}

/* "seccomp filter entered, asleep": what has been set in motion before there is a task. */
static void assert_confined_and_asleep(pid_t pid)
{
    char path[64], line[256];
    bool filtered = false, asleep = false;
    for (int i = 0; i < 500 && !(filtered && asleep); i++) {
        snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
        FILE *file = fopen(path, "re");
        while (file && fgets(line, sizeof line, file)) {
            filtered |= !strcmp(line, "Seccomp:\t2\n");
            asleep |= !strncmp(line, "State:\tS", 8);
        }
        if (file)
            fclose(file);
        usleep(1000);
    }
    assert_true(filtered && asleep);
}

static void programs_in_demand_have_cells_that_wait_confined(void **state)
{
    (void)state;
    pid_t cells[64];
    const struct slice modules[] = {MODULE_EXIT_ZERO, MODULE_NO_MEMORY, MODULE_POLL_NOTHING, MODULE_LOOPING_START_SECTION,
                                    MODULE_UNKNOWN_CLOCK};
    struct hash probe = waits.hash;
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        fixture_prepare(&waits, modules[i]);
        struct task task = task_of(&waits, "");
        task.limits.max_instructions = 100000;
        bring_into_demand(&task);
    }
    waits.hash = probe;
    assert_int_equal(wait_for_cells(cells, CELLS_MAX), CELLS_MAX);
    for (size_t i = 0; i < CELLS_MAX; i++)
        assert_confined_and_asleep(cells[i]);
}

static void a_cell_that_was_killed_while_it_waited_costs_nothing(void **state)
{
    (void)state;
    pid_t cells[64];
    AUTO(task_outcome) struct task_outcome next = {0};
    struct task task = task_of(&waits, "take 1");
    bring_into_demand(&task);
    size_t count = wait_for_cells(cells, CELLS_MAX);
    for (size_t i = 0; i < count; i++)
        kill(cells[i], SIGKILL);
    wait_for_cells(cells, 0);
    run_task(&waits, &task, &next);
    assert_end(&next, TASK_COMPLETED);
}

/* More programs than the zygote keeps: the first one is not there any more, and a spare cell says so. */
static void a_spare_cell_without_the_program_costs_nothing(void **state)
{
    (void)state;
    struct hash probe = waits.hash;
    for (int i = 0; i < ZYGOTE_PROGRAMS_MAX; i++) {
        AUTO(buf) struct buf module = {0};
        const uint8_t custom[] = {0, 2, 1, (uint8_t)i};
        buf_append(&module, MODULE_EXIT_ZERO);
        buf_append(&module, slice_from(custom, sizeof custom));
        fixture_prepare(&waits, buf_slice(&module));
    }
    waits.hash = probe;
    struct task task = task_of(&waits, "take 1");
    assert_same_in_any_cell(&task);
}

static struct hash code_of(uint8_t number)
{
    return (struct hash){{number}};
}

/* True when the other end was closed; the test holds what a zygote would get. */
static bool is_closed(int socket)
{
    uint8_t byte;
    return recv(socket, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

static int take_order(int control, enum zygote_op op, struct hash *code)
{
    struct zygote_request request;
    int fd = -1;
    assert_null(wire_recv(control, &request, sizeof request, &fd, 1000));
    assert_int_equal(request.op, op);
    *code = request.code;
    return fd;
}

static void cells_are_ordered_on_demand_and_dropped_with_their_program(void **state)
{
    (void)state;
    int ends[2], sockets[WAITING_EACH];
    struct hash one = code_of(1), ordered;
    struct waiting w = {0};
    struct cell cell = CELL_NONE;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    struct zygote z = {.pid = 1, .control = ends[0]};

    waiting_refill(&w, &z, &one); /* never ran */
    waiting_note(&w, &one);
    waiting_refill(&w, &z, &one); /* ran once */
    assert_false(waiting_take(&w, &one, &cell));
    waiting_note(&w, &one);
    waiting_refill(&w, &z, &one);
    waiting_refill(&w, &z, &one);
    for (size_t i = 0; i < WAITING_EACH; i++) {
        sockets[i] = take_order(ends[1], ZYGOTE_CELL, &ordered);
        assert_true(hash_eq(&ordered, &one));
    }
    assert_true(zygote_alive(&(struct zygote){.pid = 1, .control = ends[1]})); /* no third */

    assert_true(waiting_take(&w, &one, &cell)); /* the first that was ordered */
    cell_close(&cell);
    assert_true(is_closed(sockets[0]));
    assert_false(is_closed(sockets[1]));
    for (int other = 2; other <= WAITING_PROGRAMS; other++) {
        struct hash code = code_of((uint8_t)other);
        waiting_note(&w, &code);
    }
    assert_false(is_closed(sockets[1]));
    struct hash last = code_of(99);
    waiting_note(&w, &last);
    assert_true(is_closed(sockets[1]));

    waiting_note(&w, &one);
    waiting_note(&w, &one);
    waiting_refill(&w, &z, &one);
    for (size_t i = 0; i < WAITING_EACH; i++) {
        close(sockets[i]);
        sockets[i] = take_order(ends[1], ZYGOTE_CELL, &ordered);
    }
    waiting_drop(&w, &last);
    assert_false(is_closed(sockets[0]));
    close(sockets[0]);
    assert_true(waiting_take(&w, &one, &cell)); /* passes over the one that has ended */
    cell_close(&cell);
    waiting_drop(&w, &one);
    assert_false(waiting_take(&w, &one, &cell));
    close(ends[0]);
    close(ends[1]);
    close(sockets[1]);
}

static void a_spare_cell_is_told_its_program(void **state)
{
    (void)state;
    int ends[2], sockets[WAITING_EACH];
    struct hash one = code_of(1), nothing = code_of(0), read;
    struct waiting w = {0};
    struct cell cell = CELL_NONE;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    struct zygote z = {.pid = 1, .control = ends[0]};

    waiting_refill_spare(&w, &z);
    waiting_refill_spare(&w, &z);
    for (size_t i = 0; i < WAITING_EACH; i++) {
        sockets[i] = take_order(ends[1], ZYGOTE_SPARE_CELL, &read);
        assert_true(hash_eq(&read, &nothing));
    }
    assert_true(zygote_alive(&(struct zygote){.pid = 1, .control = ends[1]})); /* no third */
    assert_true(waiting_take(&w, &one, &cell));
    assert_int_equal(recv(sockets[0], &read, sizeof read, 0), sizeof read);
    assert_true(hash_eq(&read, &one));
    cell_close(&cell);
    close(sockets[0]);

    waiting_drop_spare(&w);
    assert_true(is_closed(sockets[1]));
    assert_false(waiting_take(&w, &one, &cell));
    waiting_refill_spare(&w, &z);
    close(sockets[1]);
    for (size_t i = 0; i < WAITING_EACH; i++)
        sockets[i] = take_order(ends[1], ZYGOTE_SPARE_CELL, &read);
    waiting_drop(&w, &one);
    assert_true(is_closed(sockets[0]));
    close(sockets[0]);
    close(sockets[1]);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_outcome_does_not_tell_whether_the_cell_waited),
        cmocka_unit_test(nor_does_it_for_a_program_that_is_odd_to_instantiate),
        cmocka_unit_test(programs_in_demand_have_cells_that_wait_confined),
        cmocka_unit_test(a_cell_that_was_killed_while_it_waited_costs_nothing),
        cmocka_unit_test(a_spare_cell_without_the_program_costs_nothing),
        cmocka_unit_test(a_spare_cell_is_told_its_program),
        cmocka_unit_test(cells_are_ordered_on_demand_and_dropped_with_their_program),
    };
    return cmocka_run_group_tests_name("waiting cells", tests, set_up, tear_down);
}
