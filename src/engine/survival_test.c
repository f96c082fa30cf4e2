/* What happens when the processes themselves are killed. */
#include "engine/cell.h"
#include "engine/test_support.h"
#include "engine/waiting.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct fixture f = {.no_waiting = true}; /* the tests count processes */

static int set_up(void **state)
{
    (void)state;
    AUTO(buf) struct buf wasm = {0};
    fixture_open(&f, bin_dir());
    read_guest("probe", &wasm);
    fixture_prepare(&f, buf_slice(&wasm));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_close(&f);
    return 0;
}

/* Waits until `parent` has `count` processes below it; the first is the zygote, the second its task. */
static void wait_for_descendants(pid_t parent, pid_t *pids, size_t count)
{
    for (int i = 0; i < 1000; i++) {
        if (find_descendants(parent, pids, 16) == count)
            return;
        usleep(10000);
    }
    fail_msg("no %zu processes", count);
}

static void assert_all_gone(const pid_t *pids, size_t count)
{
    for (int i = 0; i < 500; i++) {
        size_t alive = 0;
        for (size_t p = 0; p < count; p++)
            alive += is_running(pids[p]);
        if (alive == 0)
            return;
        usleep(10000);
    }
    fail_msg("a process outlived its engine");
}

/* Until there is a zygote and the cell of the last task has gone. */
static void wait_until_idle(void)
{
    pid_t pids[16];
    AUTO(buf) struct buf confinement = {0};
    assert_null(engine_confinement(f.engine, &confinement));
    wait_for_descendants(getpid(), pids, 1);
}

/* Kills the zygote (0) or its task (1) while the main thread runs a task. */
static void *kill_soon(void *which)
{
    pid_t pids[16];
    wait_for_descendants(getpid(), pids, 2);
    usleep(50000);
    kill(pids[*(int *)which], SIGKILL);
    return NULL;
}

static void a_killed_process_costs_one_task(void **state)
{
    (void)state;
    for (int which = 0; which < 2; which++) {
        AUTO(task_outcome) struct task_outcome killed = {0}, next = {0};
        pthread_t killer;
        struct task task = task_of(&f, "sleep 20000");
        wait_until_idle();
        pthread_create(&killer, NULL, kill_soon, &which);
        run_task(&f, &task, &killed);
        pthread_join(killer, NULL);
        assert_end(&killed, TASK_HOST_FAULT);
        assert_true(killed.time_ms < 10000);
        task = task_of(&f, "take 1");
        run_task(&f, &task, &next);
        assert_end(&next, TASK_COMPLETED);
    }
}

static void a_zygote_that_died_between_tasks_is_replaced_unseen(void **state)
{
    (void)state;
    pid_t pids[16];
    AUTO(task_outcome) struct task_outcome o = {0};
    struct task task = task_of(&f, "take 1");
    wait_until_idle();
    find_descendants(getpid(), pids, 16);
    kill(pids[0], SIGKILL);
    usleep(50000);
    run_task(&f, &task, &o);
    assert_end(&o, TASK_COMPLETED);
}

/* A line of a process's status, behind its name; empty when there is none. */
static void read_status(pid_t pid, const char *name, char value[64])
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *file = fopen(path, "re");
    value[0] = '\0';
    while (file && fgets(line, sizeof line, file)) {
        if (!strncmp(line, name, strlen(name)))
            snprintf(value, 64, "%.63s", line + strlen(name));
    }
    if (file)
        fclose(file);
}

static void *run_sleeper(void *outcome)
{
    struct task task = task_of(&f, "sleep 20000");
    run_task(&f, &task, outcome);
    return NULL;
}

/* Runs `check` on the zygote's and the cell's process while a task is under way. */
static void look_at_task(void (*check)(pid_t zygote, pid_t cell))
{
    pid_t pids[16];
    char filters[64] = "";
    AUTO(task_outcome) struct task_outcome o = {0};
    pthread_t runner;
    wait_until_idle();
    pthread_create(&runner, NULL, run_sleeper, &o);
    wait_for_descendants(getpid(), pids, 2);
    for (int i = 0; i < 500 && strcmp(filters, "\t2\n") != 0; i++) {
        read_status(pids[1], "Seccomp_filters:", filters);
        usleep(10000);
    }
    usleep(50000); /* the program is instantiated and asleep */
    check(pids[0], pids[1]);
    kill(pids[1], SIGKILL);
    pthread_join(runner, NULL);
}

static void assert_status(pid_t pid, const char *name, const char *expected)
{
    char value[64];
    read_status(pid, name, value);
    assert_string_equal(value, expected);
}

static bool own_network(pid_t pid)
{
    char path[64], ours[64] = "", theirs[64] = "";
    snprintf(path, sizeof path, "/proc/%ld/ns/net", (long)pid);
    bool read = readlink("/proc/self/ns/net", ours, 63) > 0 && readlink(path, theirs, 63) > 0;
    return read && strcmp(ours, theirs) != 0;
}

/* What engine_confinement says is what the kernel says. */
static void check_confinement(pid_t zygote, pid_t cell)
{
    AUTO(buf) struct buf said = {0};
    const pid_t pids[] = {zygote, cell};
    assert_null(engine_confinement(f.engine, &said));
    assert_non_null(strstr(buf_str(&said), "system call filters"));
    assert_non_null(strstr(buf_str(&said), "no capabilities"));
    for (size_t i = 0; i < 2; i++) {
        assert_status(pids[i], "Seccomp:", "\t2\n");
        assert_status(pids[i], "NoNewPrivs:", "\t1\n");
        assert_status(pids[i], "CapEff:", "\t0000000000000000\n");
        assert_status(pids[i], "CapPrm:", "\t0000000000000000\n");
        assert_status(pids[i], "Threads:", "\t1\n");
        assert_int_not_equal(getsid(pids[i]), getsid(0));
        if (strstr(buf_str(&said), "user nobody"))
            assert_status(pids[i], "Uid:", "\t65534\t65534\t65534\t65534\n");
        if (strstr(buf_str(&said), "network namespace") && geteuid() == 0)
            assert_true(own_network(pids[i]));
    }
    assert_status(cell, "Seccomp_filters:", "\t2\n"); /* its own on top of the zygote's */
}

static void a_task_runs_in_the_sandbox(void **state)
{
    (void)state;
    look_at_task(check_confinement);
}

/* A secret that is in this process as a worker has its keys: on the heap, in a variable and in the environment. The last characters are
 * put behind it at run time, as the bytes of this program are no secret. */
static char secret[32] = "ed25519:this is a secre";

static bool has_secret(struct slice memory)
{
    return memory.len && memmem(memory.ptr, memory.len, secret, strlen(secret));
}

/* Reads all that is mapped in a process; -1 when this one may not. Returns how many mappings have the secret. */
static int count_secrets(pid_t pid)
{
    char path[64], line[512];
    int found = 0;
    snprintf(path, sizeof path, "/proc/%ld/maps", (long)pid);
    FILE *maps = fopen(path, "re");
    snprintf(path, sizeof path, "/proc/%ld/mem", (long)pid);
    AUTO(fd) int memory = open(path, O_RDONLY | O_CLOEXEC);
    while (maps && memory >= 0 && fgets(line, sizeof line, maps)) {
        unsigned long start = 0, end = 0;
        sscanf(line, "%lx-%lx r", &start, &end);
        AUTO(str) char *bytes = end - start > 64 << 20 ? NULL : mem_alloc(end - start);
        ssize_t got = bytes ? pread(memory, bytes, end - start, (off_t)start) : 0;
        found += has_secret(slice_from(bytes, got > 0 ? (size_t)got : 0));
    }
    if (maps)
        fclose(maps);
    return maps && memory >= 0 ? found : -1;
}

static void check_secrets(pid_t zygote, pid_t cell)
{
    assert_true(count_secrets(getpid()) > 0);
    if (geteuid() == 0) { /* others may not look at all */
        assert_int_equal(count_secrets(zygote), 0);
        assert_int_equal(count_secrets(cell), 0);
    } else {
        assert_int_equal(count_secrets(cell), -1);
    }
}

static void no_secret_of_the_worker_is_in_its_processes(void **state)
{
    (void)state;
    memcpy(secret + strlen(secret), "t!", sizeof "t!");
    setenv("OPERATOR_KEY", secret, 1);
    AUTO(str) char *on_heap = mem_copy_str(secret, strlen(secret));
    pid_t pids[16];
    wait_until_idle();
    find_descendants(getpid(), pids, 16);
    kill(pids[0], SIGKILL); /* the next one is started by a process that has it */
    assert_all_gone(pids, 1);
    look_at_task(check_secrets);
    unsetenv("OPERATOR_KEY");
}

/* kill -9 of the engine's process in the middle of a task. */
static void nothing_outlives_a_killed_engine(void **state)
{
    (void)state;
    pid_t pids[16];
    pid_t owner = fork();
    assert_true(owner >= 0);
    if (owner == 0) {
        struct engine_config config = {.program_dir = bin_dir(), .cache_dir = f.dir};
        struct engine *engine = NULL;
        struct task task = task_of(&f, "sleep 20000");
        struct task_outcome o = {0};
        if (!engine_open(&config, &engine))
            err_free(engine_run(engine, &task, &o));
        _exit(0);
    }
    const size_t count = 2 + WAITING_EACH; /* zygote, task, spare cells */
    wait_for_descendants(owner, pids, count);
    kill(owner, SIGKILL);
    waitpid(owner, NULL, 0);
    assert_all_gone(pids, count);
}

/* The compiler dies with its engine too. */
static void a_compiler_does_not_outlive_its_engine(void **state)
{
    (void)state;
    pid_t pids[16];
    char path[100];
    AUTO(buf) struct buf wasm = {0};
    read_guest("probe", &wasm);
    snprintf(path, sizeof path, "%s/other", f.dir);
    pid_t owner = fork();
    assert_true(owner >= 0);
    if (owner == 0) {
        struct engine_config config = {.program_dir = bin_dir(), .cache_dir = path};
        struct engine *engine = NULL;
        struct hash hash;
        uint64_t compile_ms = 0;
        if (!engine_open(&config, &engine))
            err_free(engine_prepare(engine, buf_slice(&wasm), &hash, &compile_ms));
        _exit(0);
    }
    wait_for_descendants(owner, pids, 2); /* the zygote and the compiler */
    kill(owner, SIGKILL);
    waitpid(owner, NULL, 0);
    assert_all_gone(pids, 2);
}

/* The compiler is killed from outside: that is a limit, and the next one works. */
static void *kill_compiler_soon(void *arg)
{
    pid_t pids[16];
    (void)arg;
    for (;;) {
        if (find_descendants(getpid(), pids, 16) == 2) {
            kill(pids[1], SIGKILL);
            return NULL;
        }
        usleep(200);
    }
}

static void a_killed_compiler_costs_one_preparation(void **state)
{
    (void)state;
    AUTO(buf) struct buf wasm = {0};
    struct hash hash;
    uint64_t compile_ms = 0;
    pthread_t killer;
    read_guest("probe", &wasm);
    buf_append(&wasm, SLICE("\0\x05\x04name")); /* a custom section: another program */
    pthread_create(&killer, NULL, kill_compiler_soon, NULL);
    AUTO(err) struct err *e = engine_prepare(f.engine, buf_slice(&wasm), &hash, &compile_ms);
    pthread_join(killer, NULL);
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_LIMIT);
    assert_null(engine_prepare(f.engine, buf_slice(&wasm), &hash, &compile_ms));
}

/* The engine's end of the control socket, and a test that plays the zygote. */
static void answers_that_make_no_sense_end_the_zygote(void **state)
{
    (void)state;
    static const struct zygote_reply replies[] = {
        {.magic = 0, .status = ZYGOTE_DONE}, {.magic = WIRE_MAGIC, .status = 0}, {.magic = WIRE_MAGIC, .status = 99}};
    const struct hash code = {{0}};
    for (size_t i = 0; i < sizeof replies / sizeof *replies + 2; i++) {
        int ends[2];
        enum zygote_status status;
        AUTO(buf) struct buf text = {0};
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
        struct zygote z = {.pid = 1, .control = ends[0]};
        assert_true(zygote_alive(&z));
        if (i < sizeof replies / sizeof *replies)
            assert_null(wire_send(ends[1], &replies[i], sizeof *replies, ends[1]));
        else if (i == sizeof replies / sizeof *replies)
            assert_null(wire_send(ends[1], "short", 5, -1));
        else
            close(ends[1]);
        assert_false(zygote_alive(&z)); /* it spoke without being asked */
        AUTO(err) struct err *e = zygote_ask(&z, ZYGOTE_LOAD, &code, -1, &status, &text);
        assert_non_null(e);
        close(ends[0]);
        if (i <= sizeof replies / sizeof *replies)
            close(ends[1]);
    }
}

/* The engine's end of a cell's socket, and a test that plays the cell. */
static void a_cell_that_does_not_say_its_name_is_none(void **state)
{
    (void)state;
    static const struct {
        struct zygote_reply word;
        size_t len;
        enum err_code code;
    } cases[] = {
        {{.magic = 0, .status = ZYGOTE_DONE}, sizeof(struct zygote_reply), ERR_INVALID},
        {{.magic = WIRE_MAGIC, .status = 0}, sizeof(struct zygote_reply), ERR_INVALID},
        {{.magic = WIRE_MAGIC, .status = 99}, sizeof(struct zygote_reply), ERR_INVALID},
        {{.magic = WIRE_MAGIC, .status = ZYGOTE_DONE}, 8, ERR_INVALID},
        {{.magic = WIRE_MAGIC, .status = ZYGOTE_DONE}, 0, ERR_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int ends[2];
        enum zygote_status status;
        AUTO(buf) struct buf text = {0};
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        struct cell cell = {.socket = ends[0], .process = -1};
        if (cases[i].len)
            assert_null(wire_send(ends[1], &cases[i].word, cases[i].len, -1));
        close(ends[1]);
        AUTO(err) struct err *e = cell_meet(&cell, &status, &text);
        assert_non_null(e);
        assert_int_equal(err_code(e), cases[i].code);
        cell_close(&cell);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_process_costs_one_task),
        cmocka_unit_test(a_zygote_that_died_between_tasks_is_replaced_unseen),
        cmocka_unit_test(a_task_runs_in_the_sandbox),
        cmocka_unit_test(no_secret_of_the_worker_is_in_its_processes),
        cmocka_unit_test(nothing_outlives_a_killed_engine),
        cmocka_unit_test(a_compiler_does_not_outlive_its_engine),
        cmocka_unit_test(a_killed_compiler_costs_one_preparation),
        cmocka_unit_test(answers_that_make_no_sense_end_the_zygote),
        cmocka_unit_test(a_cell_that_does_not_say_its_name_is_none),
    };
    return cmocka_run_group_tests_name("survival", tests, set_up, tear_down);
}
