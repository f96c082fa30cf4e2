/* `outlayer quote` and `outlayer tcb` by their exit statuses, on the simulator's quotes. What they print goes to standard output. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/test.h"
#include "cli/quote.h"
#include "cli/tee.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "tee/simulator/simulator.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOW = 1767225600, ARGS_MAX = 16 };
#define AT "1767225600"

struct files {
    char folder[64];
    char quote[96], hex[96], base64[96], collateral[96], root[96];
};

static void write_file(const struct files *f, const char *name, struct slice bytes, char path[96])
{
    snprintf(path, 96, "%s/%s", f->folder, name);
    assert_ok(fs_write_atomic(path, bytes, 0600));
}

static struct files simulate_at(const char *defect, uint64_t now)
{
    struct files f = {.folder = "/tmp/outlayer-quote-XXXXXX"};
    struct simulator_config config = {.now = now};
    AUTO(simulator_output) struct simulator_output out = {0};
    AUTO(buf) struct buf hex = {0}, base64 = {0};
    assert_true(simulator_defect_find(defect, &config.defect));
    simulator_make(&config, &out);
    assert_non_null(mkdtemp(f.folder));
    for (size_t at = 0; at < out.quote.len; at += 30) { /* as xxd -p breaks its lines */
        hex_append(&hex, slice_first(slice_skip(buf_slice(&out.quote), at), 30));
        buf_append_str(&hex, "\n");
    }
    base64_append(&base64, buf_slice(&out.quote));
    buf_append_str(&base64, "\n");
    write_file(&f, "quote.bin", buf_slice(&out.quote), f.quote);
    write_file(&f, "quote.hex", buf_slice(&hex), f.hex);
    write_file(&f, "quote.base64", buf_slice(&base64), f.base64);
    write_file(&f, "collateral.json", buf_slice(&out.collateral), f.collateral);
    write_file(&f, "root.der", buf_slice(&out.root), f.root);
    return f;
}

static struct files simulate(const char *defect)
{
    return simulate_at(defect, NOW);
}

static void drop(const struct files *f)
{
    err_free(fs_remove_tree(f->folder));
}

/* The exit status of a command whose arguments end with NULL. */
static int status_of(int (*command)(int, char **), const char *const *args)
{
    char *argv[ARGS_MAX] = {(char *)"outlayer"};
    int argc = 1;
    for (; args[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)args[argc - 1];
    return command(argc, argv);
}

/* As status_of; *out gets what it printed. */
static int output_of(int (*command)(int, char **), const struct files *f, const char *const *args, struct buf *out)
{
    char path[96];
    snprintf(path, sizeof path, "%s/out", f->folder);
    fflush(stdout);
    int kept = dup(STDOUT_FILENO), to = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(kept >= 0 && to >= 0 && dup2(to, STDOUT_FILENO) == STDOUT_FILENO);
    int status = status_of(command, args);
    fflush(stdout);
    assert_int_equal(dup2(kept, STDOUT_FILENO), STDOUT_FILENO);
    close(kept);
    close(to);
    buf_clear(out);
    assert_ok(fs_read(path, 1 << 20, out));
    return status;
}

#define QUOTE(...) status_of(cli_quote, (const char *const[]){__VA_ARGS__, NULL})
#define TEE(...)   status_of(cli_tee, (const char *const[]){__VA_ARGS__, NULL})
#define TCB(...)   status_of(cli_tcb, (const char *const[]){__VA_ARGS__, NULL})
#define FILES(f)   "--quote", (f).quote, "--collateral", (f).collateral, "--at", AT

static void a_good_quote_is_accepted_under_its_root_only(void **state)
{
    (void)state;
    struct files f = simulate("none");
    assert_int_equal(QUOTE("verify", FILES(f), "--root", f.root), 0);
    assert_int_equal(QUOTE("verify", FILES(f), "--root", f.root, "--json"), 0);
    assert_int_equal(QUOTE("verify", "--quote", f.hex, "--collateral", f.collateral, "--at", AT, "--root", f.root), 0);
    assert_int_equal(QUOTE("verify", FILES(f)), 1); /* it is nobody's under Intel's */
    assert_int_equal(QUOTE("verify", "--quote", f.quote, "--collateral", f.collateral, "--root", f.root),
                     1); /* and of its time */
    drop(&f);
}

static void the_status_must_be_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *defect, *allow;
        int status;
    } cases[] = {
        {"tcb-out-of-date", "UpToDate", 1},
        {"tcb-out-of-date", "UpToDate,OutOfDate", 0},
        {"tcb-out-of-date", "any", 0},
        {"tcb-advisories", "UpToDate", 0},
        {"tcb-revoked", "any", 1},
        {"tcb-revoked", "Revoked", 1},
        {"debug", "any", 1},
        {"none", "Splendid", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct files f = simulate(cases[i].defect);
        if (QUOTE("verify", FILES(f), "--root", f.root, "--allow", cases[i].allow) != cases[i].status)
            fail_msg("%s with --allow %s", cases[i].defect, cases[i].allow);
        drop(&f);
    }
    struct files f = simulate("tcb-advisories");
    assert_int_equal(QUOTE("verify", FILES(f), "--root", f.root), 1); /* UpToDate, but with an advisory */
    drop(&f);
}

static void any_quote_that_is_one_can_be_inspected(void **state)
{
    (void)state;
    struct files f = simulate("quote-signature"), none = simulate("not-a-quote");
    assert_int_equal(QUOTE("inspect", "--quote", f.quote), 0);
    assert_int_equal(QUOTE("inspect", "--quote", f.hex, "--json"), 0);
    assert_int_equal(QUOTE("inspect", "--quote", f.base64), 0);
    assert_int_equal(QUOTE("inspect", "--quote", none.quote), 1);
    drop(&f);
    drop(&none);
}

static void wrong_usage_is_told(void **state)
{
    (void)state;
    assert_int_equal(QUOTE("verify"), 2);
    assert_int_equal(QUOTE("inspect"), 2);
    assert_int_equal(QUOTE("frobnicate"), 2);
    assert_int_equal(QUOTE("verify", "--nonsense"), 2);
    assert_int_equal(TCB("forecast"), 2);
    assert_int_equal(TEE("simulate"), 2);
    assert_int_equal(TEE("simulate", "--out", "/tmp/outlayer-quote-never", "--at", "1"), 2); /* its certificates start later */
    assert_int_equal(TEE("simulate", "--out", "/tmp/outlayer-quote-never", "--at", "18446744073709551615"), 2);
    assert_false(fs_exists("/tmp/outlayer-quote-never"));
}

static void a_time_of_zero_is_one(void **state)
{
    (void)state;
    struct files f = simulate_at("none", clock_wall_ns(&clock_system) / NS_PER_SEC);
    assert_int_equal(QUOTE("verify", "--quote", f.quote, "--collateral", f.collateral, "--root", f.root), 0);
    assert_int_equal(QUOTE("verify", "--quote", f.quote, "--collateral", f.collateral, "--root", f.root, "--at", "0"), 1);
    drop(&f);
}

static void a_forecast_finds_who_falls_behind(void **state)
{
    (void)state;
    struct files now = simulate("none"), next = simulate("tcb-sgx-high");
    assert_int_equal(TCB("forecast", FILES(now), "--next", now.collateral, "--root", now.root), 0);
    assert_int_equal(TCB("forecast", FILES(now), "--next", next.collateral, "--root", now.root), 1);
    assert_int_equal(TCB("forecast", FILES(now), "--next", next.collateral, "--root", now.root, "--json"), 1);
    drop(&now);
    drop(&next);
}

static void what_is_short_is_known_when_the_collateral_of_today_has_expired(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    struct files old = simulate("none"), next = simulate_at("tcb-sgx-high", NOW + 60 * 86400);
    const char *const args[] = {"forecast",      "--quote", old.quote, "--collateral", old.collateral, "--next",
                                next.collateral, "--root",  old.root,  "--at",         "1772409600",   NULL};
    assert_int_equal(output_of(cli_tcb, &old, args, &out), 1);
    assert_non_null(strstr(buf_str(&out), "today  TCBInfo expired"));
    assert_non_null(strstr(buf_str(&out), "short  SGX component"));
    drop(&old);
    drop(&next);
}

static void a_refusal_names_a_remedy(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    struct files f = simulate("none"), old = simulate("tcb-out-of-date");
    const struct {
        const char *quote, *collateral, *root, *at, *says;
    } cases[] = {
        {f.quote, f.collateral, f.root, "1777777777", "remedy       fetch newer collateral"},
        {f.quote, f.collateral, f.root, "1666666666", "remedy       ask about a later time with --at"},
        {f.quote, f.root, f.root, AT, "remedy       give --collateral a JSON object"},
        {f.root, f.collateral, f.root, AT, "remedy       give --quote the whole quote"},
        {f.quote, f.collateral, f.quote, AT, "remedy       give --root one certificate"},
        {old.quote, old.collateral, f.root, AT, "remedy       accept this status with --allow"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const args[] = {"verify", "--quote",     cases[i].quote, "--collateral", cases[i].collateral,
                                    "--root", cases[i].root, "--at",         cases[i].at,    NULL};
        assert_int_equal(output_of(cli_quote, &f, args, &out), 1);
        if (!strstr(buf_str(&out), cases[i].says))
            fail_msg("case %zu: %s", i, buf_str(&out));
    }
    drop(&f);
    drop(&old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_quote_is_accepted_under_its_root_only),
        cmocka_unit_test(the_status_must_be_allowed),
        cmocka_unit_test(any_quote_that_is_one_can_be_inspected),
        cmocka_unit_test(wrong_usage_is_told),
        cmocka_unit_test(a_time_of_zero_is_one),
        cmocka_unit_test(a_forecast_finds_who_falls_behind),
        cmocka_unit_test(what_is_short_is_known_when_the_collateral_of_today_has_expired),
        cmocka_unit_test(a_refusal_names_a_remedy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
