#include "cli/wasm.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/network.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/wasm_engine.h"
#include "codec/base64.h"
#include "codec/json_doc.h"
#include "worker/host/host.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: outlayer wasm run FILE [OPTIONS]\n"
    "       outlayer wasm inspect FILE [--json]\n"
    "       outlayer wasm compile FILE [--json]\n"
    "\n"
    "run      Runs a program as the worker does: compiled in one process, run in another, under limits, without files and\n"
    "         network. A program is a WASI preview 1 command (a module with _start) or a WASI 0.2 component (with "
    "wasi:cli/run).\n"
    "         Its standard output is written to standard output unchanged, how it ended to standard error.\n"
    "inspect  Shows what a program is: module or component, hash, imports, exports, memories, custom sections.\n"
    "compile  Compiles a program into the cache, so that its next run starts at once; checks all it imports.\n"
    "\n"
    "  --stdin FILE           run: the program's input; - is standard input (default: empty)\n"
    "  --env NAME=VALUE       run: an environment variable; may be repeated\n"
    "  --max-instructions N   run: default 100000000000 (the contract's limit is lower)\n"
    "  --max-memory-mb N      run: linear memory in MiB, default 512\n"
    "  --max-seconds N        run: wall clock, default 60\n"
    "  --allow-http HOST      run: let it call this host; may be repeated; '*' is every public host. Private addresses are\n"
    "                         never called, but this machine is where HOST is localhost, 127.0.0.1 or ::1, for tests\n"
    "  --rpc URL              run: let it ask this NEAR node (near:rpc), without sending transactions\n"
    "  --json                 print one JSON object instead; of a run with output, outcome and usage\n"
    "\n"
    "Exit status: 0 the program completed, was read or compiled; 1 it ended in another way or could not be; 2 wrong usage.\n"
    "\n"
    "  echo '6 * 7' | outlayer wasm run build/examples/javascript.wasm --stdin -\n"
    "  outlayer wasm run app.wasm --stdin request.json --env NEAR_SENDER_ID=alice.near --max-instructions 1000000000\n"
    "  outlayer wasm inspect app.wasm\n";

enum { INPUT_FILE_MAX = TASK_INPUT_MAX, LONG_TO_COMPILE = 1 << 20 };

struct options {
    const char *stdin_path;
    struct cli_list env, hosts;
    const char *rpc_url;
    struct task_limits limits;
    bool json;
};

struct run {
    struct buf wasm, input;
    struct task_env env[CLI_LIST_MAX];
    struct hash hash;
    uint64_t compile_ms;
    struct task_outcome outcome;
    json_t *egress; /* what it asked of the network; NULL: nothing ran */
};

static void auto_run(struct run *r)
{
    buf_free(&r->wasm);
    buf_free(&r->input);
    task_outcome_free(&r->outcome);
    json_decref(r->egress);
}

static struct err *read_input(const char *path, struct buf *out)
{
    if (!path)
        return NULL;
    return strcmp(path, "-") ? fs_read(path, INPUT_FILE_MAX, out)
                             : fs_read_fd(STDIN_FILENO, "standard input", INPUT_FILE_MAX, out);
}

static struct err *read_env(const struct cli_list *list, struct task_env *out)
{
    for (size_t i = 0; i < list->count; i++) {
        struct slice text = slice_str(list->items[i]);
        out[i].value = slice_cut(text, '=', &out[i].name);
        if (out[i].name.len == 0 || out[i].name.len == text.len)
            return err_new(ERR_INVALID, "--env `%s`: expected NAME=VALUE", list->items[i]);
    }
    return NULL;
}

/* Where compiled programs are kept between runs: the user's cache folder. */
static struct err *cache_dir(struct buf *out)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && *cache)
        buf_append_fmt(out, "%s/outlayer/engine", cache);
    else if (home && *home)
        buf_append_fmt(out, "%s/.cache/outlayer/engine", home);
    else
        return err_new(ERR_INVALID, "no place for compiled programs: set HOME or XDG_CACHE_HOME");
    return NULL;
}

struct err *wasm_engine_open(struct engine **out)
{
    AUTO(buf) struct buf cache = {0};
    TRY(cache_dir(&cache));
    struct engine_config config = {.cache_dir = buf_str(&cache)};
    return engine_open(&config, out);
}

struct err *wasm_engine_prepare(struct engine *engine, const char *path, struct slice wasm, struct hash *hash,
                                uint64_t *compile_ms)
{
    *hash = hash_sha256(wasm);
    if (wasm.len >= LONG_TO_COMPILE && !engine_has(engine, hash))
        fprintf(stderr, "outlayer: compiling %s (%zu KiB), at most two minutes\n", path, wasm.len >> 10);
    return engine_prepare(engine, wasm, hash, compile_ms);
}

/* What the options let a program ask of the outside. */
struct outside {
    struct host_config config;
    struct host_identity identity;
    const char *hosts[CLI_LIST_MAX];
    char names[CLI_LIST_MAX][URL_HOST_MAX + 1];
};

static bool is_this_machine(const char *host)
{
    return !strcmp(host, "localhost") || !strcmp(host, "127.0.0.1") || !strcmp(host, "::1");
}

/* A name or an address, and nothing else of a URL. */
static struct err *read_host(const char *text, char out[URL_HOST_MAX + 1])
{
    AUTO(buf) struct buf whole = {0};
    struct url url;
    buf_append_fmt(&whole, strchr(text, ':') ? "http://[%s]" : "http://%s", text);
    AUTO(err) struct err *e = url_parse(buf_slice(&whole), &url);
    if (e || url.target.len || !egress_host_normalise(slice_str(url.host), out))
        return err_new(ERR_INVALID, "--allow-http `%s`: expected the name or the address of a host, or *", text);
    return NULL;
}

static struct err *read_outside(const struct options *options, struct outside *out)
{
    TRY(network_check_rpc(options->rpc_url));
    out->config = (struct host_config){.rpc_url = options->rpc_url, .http = options->hosts.count != 0};
    out->identity = (struct host_identity){.only_listed_hosts = true, .hosts = out->hosts};
    for (size_t i = 0; i < options->hosts.count; i++) {
        if (!strcmp(options->hosts.items[i], "*"))
            out->identity.only_listed_hosts = false;
        else
            TRY(read_host(options->hosts.items[i], out->names[i]));
        out->hosts[out->identity.host_count++] = out->names[i];
        if (is_this_machine(out->names[i]))
            out->config.reach = EGRESS_LOOPBACK;
    }
    if (out->config.reach == EGRESS_LOOPBACK)
        fputs("outlayer: the program may call servers on this machine\n", stderr);
    return NULL;
}

static struct err *run_with_outside(struct engine *engine, struct task *task, const struct outside *outside, struct run *run)
{
    AUTO(http_client) struct http_client *http = NULL;
    AUTO(host_run) struct host_run host = {0};
    TRY(http_client_new(&http));
    host_run_open(&host, &outside->config, &outside->identity, http);
    task->host = &host.table;
    struct err *e = engine_run(engine, task, &run->outcome);
    run->egress = json_incref(host.egress);
    return e;
}

/* Compiles and runs. A program that is none is an outcome here, as for the caller of a contract. */
static struct err *prepare_and_run(struct engine *engine, const char *path, const struct options *options,
                                   const struct outside *outside, struct run *run)
{
    struct err *e = wasm_engine_prepare(engine, path, buf_slice(&run->wasm), &run->hash, &run->compile_ms);
    if (e && err_code(e) == ERR_INVALID) {
        run->outcome.end = TASK_INVALID_PROGRAM;
        buf_append_str(&run->outcome.message, err_text(e));
        err_free(e);
        return NULL;
    }
    TRY_DOING(e, "compiling");
    struct task task = {.code_hash = run->hash,
                        .input = buf_slice(&run->input),
                        .env = run->env,
                        .env_count = options->env.count,
                        .limits = options->limits};
    return run_with_outside(engine, &task, outside, run);
}

static struct err *run_program(const char *path, const struct options *options, struct run *run)
{
    struct engine *engine = NULL;
    struct outside outside = {0};
    TRY(read_env(&options->env, run->env));
    TRY(read_outside(options, &outside));
    TRY(fs_read(path, CLI_WASM_MAX, &run->wasm));
    TRY(read_input(options->stdin_path, &run->input));
    TRY(wasm_engine_open(&engine));
    struct err *e = prepare_and_run(engine, path, options, &outside, run);
    engine_close(engine);
    return e;
}

static void print_json(const struct run *run)
{
    const struct task_outcome *o = &run->outcome;
    char hex[HASH_HEX_MAX];
    AUTO(buf) struct buf clean = {0};
    AUTO(json) json_t *object = json_object();
    json_doc_clean_utf8(buf_slice(&o->output), &clean);
    json_object_set_new(object, "outcome", json_string(task_end_name(o->end)));
    json_object_set_new(object, "output", json_doc_string(buf_slice(&o->output)));
    if (!slice_eq(buf_slice(&clean), buf_slice(&o->output))) { /* only bytes that are no text need the second form */
        AUTO(buf) struct buf exact = {0};
        base64_append(&exact, buf_slice(&o->output));
        json_object_set_new(object, "output_base64", json_doc_string(buf_slice(&exact)));
    }
    json_object_set_new(object, "error_text", json_doc_string(buf_slice(&o->error_text)));
    json_object_set_new(object, "message", json_doc_string(buf_slice(&o->message)));
    json_object_set_new(object, "exit_code", json_integer(o->exit_code));
    json_object_set_new(object, "instructions", json_integer((json_int_t)o->instructions));
    json_object_set_new(object, "instructions_at_least", json_boolean(o->at_least));
    json_object_set_new(object, "peak_memory_bytes", json_integer((json_int_t)o->peak_memory));
    json_object_set_new(object, "host_calls", json_integer((json_int_t)o->host_calls));
    if (json_array_size(run->egress))
        json_object_set(object, "egress", run->egress);
    json_object_set_new(object, "time_ns", json_integer((json_int_t)o->time_ns));
    json_object_set_new(object, "compile_ms", json_integer((json_int_t)run->compile_ms));
    json_object_set_new(object, "code_hash", json_string(hash_hex(&run->hash, hex)));
    cli_print_json(object);
}

static void write_to(FILE *to, struct slice bytes)
{
    if (bytes.len)
        fwrite(bytes.ptr, 1, bytes.len, to);
}

static void print_outcome(const struct run *run)
{
    const struct task_outcome *o = &run->outcome;
    write_to(stdout, buf_slice(&o->output));
    fflush(stdout);
    if (o->end != TASK_GUEST_EXIT) /* its message is its error text */
        write_to(stderr, buf_slice(&o->error_text));
    if (o->end != TASK_COMPLETED)
        fprintf(stderr, "%.*s\n", SLICE_FMT(o->message));
    fprintf(stderr, "%s: %" PRIu64 " instructions, %" PRIu64 " KiB memory, %" PRIu64 ".%03" PRIu64 " ms", task_end_name(o->end),
            o->instructions, o->peak_memory >> 10, o->time_ns / 1000000, o->time_ns / 1000 % 1000);
    if (run->compile_ms)
        fprintf(stderr, ", compiled in %" PRIu64 " ms", run->compile_ms);
    fputc('\n', stderr);
}

int wasm_run(int argc, char **argv)
{
    struct options o = {.limits = {.max_instructions = 100000000000, .max_memory_mb = 512, .max_seconds = 60}};
    const struct cli_option options[] = {{"--stdin", CLI_STR, &o.stdin_path},
                                         {"--env", CLI_LIST, &o.env},
                                         {"--max-instructions", CLI_U64, &o.limits.max_instructions},
                                         {"--max-memory-mb", CLI_U64, &o.limits.max_memory_mb},
                                         {"--max-seconds", CLI_U64, &o.limits.max_seconds},
                                         {"--allow-http", CLI_LIST, &o.hosts},
                                         {"--rpc", CLI_STR, &o.rpc_url},
                                         {"--json", CLI_FLAG, &o.json},
                                         {0}};
    AUTO(run) struct run run = {0};
    struct err *e = cli_options_read(options, &argc, argv);
    if (!e && argc != 2)
        e = err_new(ERR_INVALID, "`outlayer wasm run` takes one file, see `outlayer wasm --help`");
    if (e)
        return cli_exit(e);
    e = run_program(argv[1], &o, &run);
    if (e)
        return cli_exit(e);
    if (o.json)
        print_json(&run);
    else
        print_outcome(&run);
    return run.outcome.end == TASK_COMPLETED ? 0 : 1;
}

int cli_wasm(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } verbs[] = {{"run", wasm_run}, {"inspect", wasm_inspect}, {"compile", wasm_compile}};
    if (cli_wants_help(argc, argv) || (argc > 1 && cli_wants_help(argc - 1, argv + 1))) {
        fputs(usage, stdout);
        return 0;
    }
    log_start("outlayer", LOG_WARN); /* what a program asks of the network is in its outcome */
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++)
        if (!strcmp(argv[1], verbs[i].name))
            return verbs[i].run(argc - 1, argv + 1);
    fputs(usage, stderr);
    return 2;
}
