/* Control groups: on a host of files, where every refusal can be had, and on this machine where it gives this process a group. */
#include "engine/cgroup.h"
#include "engine/test_support.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* --- a host of files --------------------------------------------------------------------------------------------------------------- */

static const struct cgroup_limits some_limits = {.max_memory = 64 << 20, .max_processes = 9};

/* The kernel's files of a group. */
static const char *const group_files[] = {"cgroup.procs", "cgroup.kill", "memory.max", "memory.swap.max", "pids.max"};
static const char *missing_file; /* of new groups */
static int refusal;              /* of making one */

static char host_dir[64], root_path[80], self_path[80];

static int make(int dir, const char *name, mode_t mode)
{
    errno = refusal;
    if (refusal || mkdirat(dir, name, mode))
        return -1;
    int group = openat(dir, name, O_RDONLY | O_DIRECTORY);
    for (size_t i = 0; i < sizeof group_files / sizeof *group_files; i++) {
        if (!missing_file || strcmp(missing_file, group_files[i]) != 0)
            close(openat(group, group_files[i], O_WRONLY | O_CREAT, 0600));
    }
    close(group);
    return 0;
}

static int take_away(int dir, const char *name, int flags)
{
    int group = openat(dir, name, O_RDONLY | O_DIRECTORY);
    for (size_t i = 0; i < sizeof group_files / sizeof *group_files; i++)
        unlinkat(group, group_files[i], 0);
    close(group);
    return unlinkat(dir, name, flags);
}

static const struct cgroup_host host = {.root = root_path, .self = self_path, .make = make, .remove = take_away};

static void put(const char *path, const char *text)
{
    AUTO(buf) struct buf whole = {0};
    buf_append_fmt(&whole, "%s/%s", host_dir, path);
    assert_ok(fs_write_atomic(buf_str(&whole), slice_str(text), 0600));
}

static void assert_file(const char *path, const char *text)
{
    AUTO(buf) struct buf whole = {0}, bytes = {0};
    buf_append_fmt(&whole, "%s/%s", root_path, path);
    assert_ok(fs_read(buf_str(&whole), 1000, &bytes));
    assert_string_equal(buf_str(&bytes), text);
}

static bool is_there(const char *path)
{
    AUTO(buf) struct buf whole = {0};
    buf_append_fmt(&whole, "%s/%s", root_path, path);
    return fs_exists(buf_str(&whole));
}

static const char *own_number(void)
{
    static char text[24];
    snprintf(text, sizeof text, "%ld", (long)getpid());
    return text;
}

/* A host that gives this process the group /a.slice/worker. */
static int set_up(void **state)
{
    (void)state;
    char procs[32];
    AUTO(buf) struct buf path = {0};
    snprintf(host_dir, sizeof host_dir, "/tmp/outlayer-cgroup-XXXXXX");
    assert_non_null(mkdtemp(host_dir));
    snprintf(root_path, sizeof root_path, "%s/cgroup", host_dir);
    snprintf(self_path, sizeof self_path, "%s/self", host_dir);
    buf_append_fmt(&path, "%s/a.slice/worker", root_path);
    assert_ok(fs_make_dirs(buf_str(&path)));
    snprintf(procs, sizeof procs, "%s\n", own_number());
    put("self", "9:memory:/of/version/one\n0::/a.slice/worker\n");
    put("cgroup/cgroup.controllers", "cpu memory pids\n");
    put("cgroup/a.slice/worker/cgroup.controllers", "cpu memory pids\n");
    put("cgroup/a.slice/worker/cgroup.type", "domain\n");
    put("cgroup/a.slice/worker/cgroup.procs", procs);
    put("cgroup/a.slice/worker/cgroup.subtree_control", "");
    missing_file = NULL;
    refusal = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_ok(fs_remove_tree(host_dir));
    return 0;
}

static void a_group_of_its_own_is_divided_and_put_together_again(void **state)
{
    (void)state;
    struct cgroup_tree *tree = NULL;
    assert_ok(cgroup_tree_open(&host, &tree));
    assert_file("a.slice/worker/supervisor/cgroup.procs", own_number());
    assert_file("a.slice/worker/cgroup.subtree_control", "+memory +pids");
    cgroup_tree_close(tree);
    assert_file("a.slice/worker/cgroup.subtree_control", "-memory -pids");
    assert_false(is_there("a.slice/worker/supervisor"));
}

static void a_group_has_its_limits_and_takes_processes(void **state)
{
    (void)state;
    struct cgroup_tree *tree = NULL;
    struct cgroup first = {0}, second = {0};
    assert_ok(cgroup_tree_open(&host, &tree));
    assert_ok(cgroup_new(tree, "cells", &some_limits, &first));
    assert_ok(cgroup_new(tree, "compilers", &some_limits, &second));
    assert_file("a.slice/worker/cells-1/memory.max", "67108864");
    assert_file("a.slice/worker/cells-1/memory.swap.max", "0");
    assert_file("a.slice/worker/cells-1/pids.max", "9");
    assert_ok(cgroup_add(&second, 4711));
    assert_file("a.slice/worker/compilers-2/cgroup.procs", "4711");
    cgroup_free(&first);
    cgroup_free(&second);
    assert_false(is_there("a.slice/worker/cells-1"));
    assert_false(is_there("a.slice/worker/compilers-2"));
    cgroup_tree_close(tree);
}

static void a_kernel_without_swap_is_fine_and_one_without_a_limit_is_not(void **state)
{
    (void)state;
    struct cgroup_tree *tree = NULL;
    struct cgroup group = {0};
    assert_ok(cgroup_tree_open(&host, &tree));
    missing_file = "memory.swap.max";
    assert_ok(cgroup_new(tree, "cells", &some_limits, &group));
    cgroup_free(&group);
    missing_file = "pids.max";
    assert_fails(cgroup_new(tree, "cells", &some_limits, &group), ERR_UNAVAILABLE,
                 "writing `9` to pids.max: No such file or directory");
    assert_null(group.tree);
    assert_false(is_there("a.slice/worker/cells-2"));
    cgroup_tree_close(tree);
}

static void what_a_crash_has_left_is_used_again(void **state)
{
    (void)state;
    struct cgroup_tree *tree = NULL;
    struct cgroup group = {0};
    AUTO(buf) struct buf path = {0};
    buf_append_fmt(&path, "%s/a.slice/worker", root_path);
    AUTO(fd) int worker = open(buf_str(&path), O_RDONLY | O_DIRECTORY);
    assert_int_equal(make(worker, "supervisor", 0755), 0);
    assert_int_equal(make(worker, "cells-1", 0755), 0);
    assert_ok(cgroup_tree_open(&host, &tree));
    assert_ok(cgroup_new(tree, "cells", &some_limits, &group));
    assert_file("a.slice/worker/cells-1/pids.max", "9");
    cgroup_free(&group);
    cgroup_tree_close(tree);
    assert_false(is_there("a.slice/worker/cells-1"));
    assert_false(is_there("a.slice/worker/supervisor"));
}

#define WORKER "cgroup/a.slice/worker/"

static void what_is_not_given_is_left_as_it_was(void **state)
{
    static const struct {
        const char *file, *text; /* instead of the one that is there; NULL: none */
        int refusal;
        const char *says;
    } cases[] = {
        {"cgroup/cgroup.controllers", NULL, 0, "there is no cgroup v2 at "},
        {"self", "9:memory:/of/version/one\n", 0, "names no group of cgroup v2 that can be reached from here"},
        {"self", "0::/../outside\n", 0, "names no group of cgroup v2 that can be reached from here"},
        {"self", "", 0, "names no group of cgroup v2 that can be reached from here"},
        {"self", "0::/nowhere\n", 0, "/nowhere: No such file or directory"},
        {WORKER "cgroup.type", NULL, 0, "this process is in the machine's root group or in one of threads"},
        {WORKER "cgroup.type", "threaded\n", 0, "this process is in the machine's root group or in one of threads"},
        {WORKER "cgroup.controllers", "cpu memory\n", 0, "the controller pids is not delegated to this process's group"},
        {WORKER "cgroup.controllers", "", 0, "the controller memory is not delegated to this process's group"},
        {WORKER "cgroup.controllers", "memoryx pids\n", 0, "the controller memory is not delegated"},
        {WORKER "cgroup.procs", "1\n", 0, "this process shares its group with others"},
        {WORKER "cgroup.procs", "0\n", 0, "this process shares its group with others"},
        {WORKER "cgroup.procs", "x", 0, "this process shares its group with others"},
        {WORKER "cgroup.subtree_control", NULL, 0, "writing `+memory +pids` to cgroup.subtree_control: No such file"},
        {NULL, NULL, EROFS, "making the group supervisor: Read-only file system"},
        {NULL, NULL, EACCES, "making the group supervisor: Permission denied"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cgroup_tree *tree = NULL;
        set_up(state);
        if (cases[i].text)
            put(cases[i].file, cases[i].text);
        AUTO(buf) struct buf gone = {0};
        buf_append_fmt(&gone, "%s/%s", host_dir, cases[i].file && !cases[i].text ? cases[i].file : "nothing");
        unlink(buf_str(&gone));
        refusal = cases[i].refusal;
        AUTO(err) struct err *e = cgroup_tree_open(&host, &tree);
        if (!e || !strstr(err_text(e), cases[i].says))
            fail_msg("%zu: %s", i, e ? err_text(e) : "divided");
        assert_false(is_there("a.slice/worker/supervisor"));
        tear_down(state);
    }
}

/* --- this machine ------------------------------------------------------------------------------------------------------------------ */

/* False, with a word: this machine gives this process no group to divide. */
static bool open_real(struct cgroup_tree **tree)
{
    AUTO(err) struct err *e = cgroup_tree_open(&cgroup_host_system, tree);
    if (e)
        print_message("skipped: %s\n", err_text(e));
    return !e;
}

/* How a child ends that waits until it is in the group. */
static int end_in_group(const struct cgroup *group, int (*run)(void))
{
    int gate[2], status = 0;
    char go = 0;
    assert_int_equal(pipe(gate), 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(read(gate[0], &go, 1) == 1 ? run() : 99);
    assert_ok(cgroup_add(group, pid));
    assert_int_equal(write(gate[1], &go, 1), 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(gate[0]);
    close(gate[1]);
    return status;
}

static int take_memory(void)
{
    size_t len = 256 << 20;
    volatile char *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < len; i += 4096)
        at[i] = 1;
    return 0;
}

static int fork_without_end(void)
{
    for (int i = 0; i < 100; i++) {
        pid_t pid = fork();
        if (pid < 0)
            return errno == EAGAIN ? i : 98;
        if (pid == 0) {
            pause();
            _exit(0);
        }
    }
    return 97;
}

static void the_kernel_holds_a_group_to_its_limits(void **state)
{
    (void)state;
    struct cgroup_tree *tree = NULL;
    struct cgroup group = {0};
    if (!open_real(&tree))
        skip();
    assert_ok(cgroup_new(tree, "cells", &some_limits, &group));
    int status = end_in_group(&group, take_memory);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    status = end_in_group(&group, fork_without_end);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 8); /* beside itself */
    cgroup_free(&group);                      /* with eight processes in it that nobody waits for */
    cgroup_tree_close(tree);
}

enum { GROUP_LINES_MAX = 4096 };

static void read_group(pid_t pid, char lines[GROUP_LINES_MAX])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/cgroup", (long)pid);
    FILE *file = fopen(path, "re");
    lines[file ? fread(lines, 1, GROUP_LINES_MAX - 1, file) : 0] = '\0';
    if (file)
        fclose(file);
}

static void an_engine_has_its_processes_in_groups_and_leaves_none(void **state)
{
    (void)state;
    struct cgroup_tree *tree = NULL;
    char before[GROUP_LINES_MAX], lines[GROUP_LINES_MAX];
    pid_t zygote = 0;
    read_group(getpid(), before);
    if (!open_real(&tree))
        skip();
    struct fixture f = {.groups = tree};
    AUTO(buf) struct buf wasm = {0}, said = {0};
    fixture_open(&f, bin_dir());
    read_guest("probe", &wasm);
    fixture_prepare(&f, buf_slice(&wasm));
    assert_ok(engine_confinement(f.engine, &said));
    assert_non_null(strstr(buf_str(&said), ", control groups"));
    assert_int_equal(find_descendants(getpid(), &zygote, 1), 1);
    read_group(zygote, lines);
    assert_non_null(strstr(lines, "/cells-1\n"));
    for (int i = 0; i < 4; i++) { /* the later ones in cells that waited */
        AUTO(task_outcome) struct task_outcome o = {0};
        struct task task = task_of(&f, "take 1");
        run_task(&f, &task, &o);
        assert_end(&o, TASK_COMPLETED);
    }
    fixture_close(&f);
    cgroup_tree_close(tree);
    read_group(getpid(), lines);
    assert_string_equal(lines, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_group_of_its_own_is_divided_and_put_together_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_group_has_its_limits_and_takes_processes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_kernel_without_swap_is_fine_and_one_without_a_limit_is_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_crash_has_left_is_used_again, set_up, tear_down),
        cmocka_unit_test(what_is_not_given_is_left_as_it_was),
        cmocka_unit_test(the_kernel_holds_a_group_to_its_limits),
        cmocka_unit_test(an_engine_has_its_processes_in_groups_and_leaves_none),
    };
    return cmocka_run_group_tests_name("control groups", tests, NULL, NULL);
}
