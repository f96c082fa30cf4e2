#include "cli/devnet.h"
#include "base/fs.h"
#include "base/mem.h"
#include "cli/account.h"
#include "cli/network.h"
#include "cli/print.h"
#include "cli/service.h"
#include "cli/stack.h"
#include "devnet/rpc/records.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

enum { CHECK_EVERY_MS = 200, STOP_GRACE_MS = 10000, FAST_FORWARD_MAX = 10000000 };

static const char help[] =
    "The development chain by itself: a NEAR chain in one process, for contracts and clients.\n"
    "\n"
    "Usage:\n"
    "  outlayer devnet start              run it in the foreground, until Ctrl-C; a later start goes on where it stopped\n"
    "  outlayer devnet reset              remove the chain, and what was built on it in the same directory\n"
    "  outlayer devnet account NAME       make NAME.test.near with money; its key is kept in ~/.near-credentials\n"
    "  outlayer devnet fast-forward N     jump N blocks ahead\n"
    "  outlayer devnet export             print accounts, keys, contracts and data as a genesis file\n"
    "\n"
    "Options:\n"
    "  --data DIR         what is kept (default: $XDG_STATE_HOME/outlayer/devnet, else ~/.local/state/outlayer/devnet)\n"
    "  --listen ADDRESS   (start) default 127.0.0.1:3030; port 0 is any free one\n"
    "  --tick-ms N        (start) milliseconds between blocks without work, default 1000\n"
    "  --genesis FILE     (start) records that a new chain starts from, as `export` prints them\n"
    "  --yes              (reset) do not ask\n"
    "  --balance AMOUNT   (account) default '100 NEAR'\n"
    "  --out FILE         (export) write there\n"
    "  --json             print one JSON object\n"
    "\n"
    "Examples:\n"
    "  outlayer devnet start --tick-ms 200\n"
    "  outlayer devnet account carol --balance '5 NEAR' --json\n"
    "  outlayer devnet export --out state.json && outlayer devnet start --data /tmp/copy --genesis state.json\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage.\n";

struct request {
    struct arena arena;
    const char *data, *listen, *genesis, *balance, *out;
    uint64_t tick_ms;
    bool yes, json;
    const char *argument; /* what follows the verb */
    uint64_t blocks;      /* fast-forward */
    int status;           /* of a verb that has told of its failure */
};

static const char *in_data(struct request *r, const char *name)
{
    return arena_fmt(&r->arena, "%s/%s", r->data, name);
}

/* Takes the document. */
static void print_json(json_t *document)
{
    cli_print_json(document);
    json_decref(document);
}

/* ---- start ---- */

static struct err *full_path(struct request *r, const char **path)
{
    char full[4096];
    if (!realpath(*path, full))
        return err_errno(errno == ENOENT ? ERR_NOT_FOUND : ERR_UNAVAILABLE, errno, "finding %s", *path);
    *path = arena_str(&r->arena, slice_str(full));
    return NULL;
}

static struct err *make_folders(struct request *r)
{
    TRY(fs_make_dirs(r->data));
    TRY(full_path(r, &r->data));
    TRY(fs_make_dirs(in_data(r, "log")));
    return fs_make_dirs(in_data(r, "credentials"));
}

static json_t *endpoints_of(struct request *r, const struct service *devnet)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:s}", "network", STACK_NETWORK, "rpc", service_said(devnet, "rpc"), "stream",
                     service_said(devnet, "stream"), "credentials", in_data(r, "credentials"), "data", r->data);
}

/* Where the other commands look for them. */
static struct err *write_endpoints(struct request *r, const json_t *endpoints)
{
    AUTO(buf) struct buf text = {0};
    json_doc_write(endpoints, &text);
    buf_append_byte(&text, '\n');
    return fs_write_atomic(in_data(r, "endpoints.json"), buf_slice(&text), 0600);
}

static void say_endpoints(const json_t *endpoints)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)endpoints, name, value) printf("%-12s %s\n", name, json_string_value(value));
    puts("Ctrl-C ends it");
    fflush(stdout);
}

static struct err *serve(struct request *r, struct service *devnet, const sigset_t *ending)
{
    const struct timespec pause = {.tv_nsec = CHECK_EVERY_MS * 1000000L};
    json_t *endpoints = endpoints_of(r, devnet);
    struct err *e = write_endpoints(r, endpoints);
    if (!e && !r->json)
        say_endpoints(endpoints);
    if (!e && r->json)
        print_json(json_incref(endpoints));
    json_decref(endpoints);
    while (!e && sigtimedwait(ending, NULL, &pause) < 0) {
        AUTO(buf) struct buf words = {0};
        if (!service_has_ended(devnet))
            continue;
        service_last_words(devnet, &words);
        e = err_new(ERR_UNAVAILABLE, "the chain has ended; its log %s says: %s", devnet->log_path, buf_str(&words));
    }
    return e;
}

static void block_ending_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
    sigprocmask(SIG_BLOCK, set, NULL);
}

static const char *program_dir(struct arena *arena)
{
    char exe[4096];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);
    while (len > 0 && exe[len - 1] != '/')
        len--;
    return arena_str(arena, slice_from(exe, len > 0 ? (size_t)len - 1 : 0));
}

static struct err *run_start(struct request *r)
{
    struct service devnet = {0};
    sigset_t ending;
    TRY(make_folders(r));
    if (r->genesis)
        TRY_DOING(full_path(r, &r->genesis), "--genesis");
    const struct service_setting settings[] = {
        {"LISTEN", r->listen ? r->listen : "127.0.0.1:3030"},
        {"DATA_DIR", in_data(r, "devnet")},
        {"CREDENTIALS_DIR", in_data(r, "credentials")},
        {"CHAIN_ID", STACK_NETWORK},
        {"TICK_MS", arena_fmt(&r->arena, "%" PRIu64, r->tick_ms ? r->tick_ms : 1000)},
        {"GENESIS_FILE", r->genesis ? r->genesis : ""},
        {0},
    };
    block_ending_signals(&ending);
    struct err *e = service_start("devnet", program_dir(&r->arena), in_data(r, "log"), settings, &devnet);
    if (!e)
        e = serve(r, &devnet, &ending);
    service_stop(&devnet, STOP_GRACE_MS);
    service_free(&devnet);
    return e;
}

/* ---- reset ---- */

/* All that refers to the chain. A service that went on with the old chain's positions would wait for blocks that never come. */
static const char *const kept[] = {"devnet", "coordinator", "worker", "credentials", "endpoints.json"};

static struct err *check_not_running(struct request *r)
{
    AUTO(fd) int fd = open(in_data(r, "devnet/lock"), O_RDWR | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB))
        return err_new(ERR_CONFLICT, "the chain in %s is running: end it first", r->data);
    return NULL;
}

static struct err *ask(const struct request *r)
{
    char answer[8] = "";
    if (r->yes)
        return NULL;
    if (!isatty(STDIN_FILENO))
        return err_new(ERR_INVALID, "this removes the chain in %s: say --yes", r->data);
    fprintf(stderr, "Remove the chain in %s and all that was built on it? [y/N] ", r->data);
    if (fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
        return NULL;
    return err_new(ERR_DENIED, "nothing is removed");
}

static struct err *run_reset(struct request *r)
{
    if (!fs_exists(in_data(r, "devnet/chain.db")))
        return err_new(ERR_NOT_FOUND, "there is no chain in %s; name its directory with --data", r->data);
    TRY(check_not_running(r));
    TRY(ask(r));
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        TRY(fs_remove_tree(in_data(r, kept[i])));
    if (r->json)
        print_json(json_pack("{s:s,s:b}", "data", r->data, "removed", true));
    else
        printf("the chain in %s is removed\n", r->data);
    return NULL;
}

/* ---- account ---- */

static struct err *run_account(struct request *r)
{
    bool whole = strchr(r->argument, '.') != NULL;
    const char *id = whole ? r->argument : arena_fmt(&r->arena, "%s." STACK_ROOT_ID, r->argument);
    struct account_id checked;
    TRY(account_id_parse(slice_str(id), &checked));
    if (!r->balance)
        r->balance = "100 NEAR";
    char *argv[] = {(char *)"account",
                    (char *)"create",
                    (char *)id,
                    (char *)"--network",
                    (char *)STACK_NETWORK,
                    (char *)"--as",
                    (char *)STACK_ROOT_ID,
                    (char *)"--balance",
                    (char *)r->balance,
                    (char *)"--data",
                    (char *)r->data,
                    r->json ? (char *)"--json" : NULL,
                    NULL};
    r->status = cli_account(r->json ? 12 : 11, argv); /* it says what went wrong */
    if (!r->status && !r->json)
        printf("account   %s\nkey       ~/.near-credentials/%s/%s.json\n", id, STACK_NETWORK, id);
    return NULL;
}

/* ---- fast-forward ---- */

static struct err *run_fast_forward(struct request *r)
{
    AUTO(network) struct network network = {0};
    AUTO(rpc_client) struct rpc_client *rpc = NULL;
    AUTO(json) json_t *result = NULL;
    struct rpc_block head;
    TRY(network_open(&(struct network_options){.network = STACK_NETWORK, .data = r->data}, &network));
    TRY(network_rpc(&network, &rpc));
    TRY(rpc_call(rpc, "sandbox_fast_forward", json_pack("{s:I}", "delta_height", (json_int_t)r->blocks), &result));
    TRY(rpc_final_block(rpc, &head));
    if (r->json)
        print_json(json_pack("{s:o}", "height", json_doc_number(head.height)));
    else
        printf("the chain is at block %" PRIu64 "\n", head.height);
    return NULL;
}

/* ---- export ---- */

static struct err *export_to(struct chain *chain, struct request *r, uint64_t *count)
{
    if (!r->out)
        return genesis_write(chain, stdout, count);
    FILE *to = fopen(r->out, "we");
    if (!to)
        return err_errno(ERR_UNAVAILABLE, errno, "opening %s", r->out);
    struct err *e = genesis_write(chain, to, count);
    if (fclose(to) && !e)
        e = err_errno(ERR_UNAVAILABLE, errno, "writing %s", r->out);
    return e;
}

/* Reads the chain's file, running or not. */
static struct err *run_export(struct request *r)
{
    AUTO(chain) struct chain *chain = NULL;
    uint64_t count = 0;
    const struct chain_config config = {.path = in_data(r, "devnet/chain.db"), .chain_id = STACK_NETWORK};
    if (!fs_exists(config.path))
        return err_new(ERR_NOT_FOUND,
                       "there is no chain in %s: start one with `outlayer devnet start`, or name its directory with --data",
                       r->data);
    TRY(chain_open(&config, &chain));
    TRY(export_to(chain, r, &count));
    if (r->out && r->json)
        print_json(json_pack("{s:s,s:o}", "file", r->out, "records", json_doc_number(count)));
    else if (r->out)
        printf("%" PRIu64 " records are in %s\n", count, r->out);
    return NULL;
}

/* ---- The command ---- */

static const struct verb {
    const char *name, *argument; /* NULL: takes none */
    struct err *(*run)(struct request *r);
} verbs[] = {
    {"start", NULL, run_start},       {"reset", NULL, run_reset},
    {"account", "NAME", run_account}, {"fast-forward", "N", run_fast_forward},
    {"export", NULL, run_export},
};

static const struct verb *verb_of(const char *name)
{
    for (size_t i = 0; name && i < sizeof verbs / sizeof *verbs; i++) {
        if (!strcmp(name, verbs[i].name))
            return &verbs[i];
    }
    return NULL;
}

static struct err *read_blocks(struct request *r)
{
    u128 blocks;
    if (!u128_parse(slice_str(r->argument), &blocks) || blocks < 1 || blocks > FAST_FORWARD_MAX)
        return err_new(ERR_INVALID, "`%s` is no number of blocks, expected 1 to %d", r->argument, FAST_FORWARD_MAX);
    r->blocks = (uint64_t)blocks;
    return NULL;
}

static struct err *read_request(int argc, char **argv, struct request *r, const struct verb **verb)
{
    const struct cli_option options[] = {
        {"--data", CLI_STR, &r->data},       {"--listen", CLI_STR, &r->listen},   {"--tick-ms", CLI_U64, &r->tick_ms},
        {"--genesis", CLI_STR, &r->genesis}, {"--balance", CLI_STR, &r->balance}, {"--out", CLI_STR, &r->out},
        {"--yes", CLI_FLAG, &r->yes},        {"--json", CLI_FLAG, &r->json},      {0}};
    TRY(cli_options_read(options, &argc, argv));
    *verb = verb_of(argc > 1 ? argv[1] : NULL);
    if (!*verb)
        return err_new(ERR_INVALID, "say what to do: start, reset, account, fast-forward or export (`outlayer devnet --help`)");
    bool wants = (*verb)->argument != NULL;
    if (argc != 2 + wants)
        return err_new(ERR_INVALID, "usage: outlayer devnet %s%s%s (`outlayer devnet --help`)", argv[1], wants ? " " : "",
                       wants ? (*verb)->argument : "");
    r->argument = wants ? argv[2] : NULL;
    r->data = r->data ? r->data : network_data_dir(&r->arena);
    return (*verb)->run == run_fast_forward ? read_blocks(r) : NULL;
}

int cli_devnet(int argc, char **argv)
{
    struct request r = {0};
    const struct verb *verb = NULL;
    if (cli_wants_help(argc, argv)) {
        fputs(help, stdout);
        return 0;
    }
    struct err *e = read_request(argc, argv, &r, &verb);
    int status = cli_exit(e ? e : verb->run(&r));
    arena_free(&r.arena);
    return status ? status : r.status;
}
