#include "cli/demo.h"
#include "base/fs.h"
#include "base/mem.h"
#include "cli/asker.h"
#include "cli/demo_money.h"
#include "cli/demo_observe.h"
#include "cli/options.h"
#include "cli/publish.h"
#include "cli/stack.h"
#include "cli/tamper.h"
#include "cli/verify.h"
#include "near/amount.h"
#include "net/http_server.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static const char help[] = "usage: outlayer demo [--keep]\n\n"
                           "Starts a development chain, a coordinator and a worker in a temporary directory, lets a contract "
                           "ask a JavaScript program a\n"
                           "question, then three hostile ones, prints what happened and leaves nothing behind.\n\n"
                           "  --keep   leave the directory with its logs and say where it is\n\n"
                           "example:\n"
                           "  outlayer demo\n";

enum { PROGRAM_MAX = 64 * 1024 * 1024, VERIFY_WAIT_S = 20 };

static const char *const accounts[] = {ASKER_USER_ID, ASKER_ID, STACK_CONTRACT_ID, STACK_OPERATOR_ID, STACK_ROOT_ID, NULL};

struct limits {
    uint64_t max_instructions, max_memory_mb, max_execution_seconds;
};

struct question {
    const char *title, *script;
    struct limits limits;
    bool tampered;       /* the address serves other bytes than the hash names */
    const char *outcome; /* what the worker must have reported to the coordinator */
    const char *answer;  /* what the asker must have stored, as JSON text */
    const char *error;   /* what the contract's error must contain; NULL: none */
};

static const struct question questions[] = {
    {.title = "what are the first ten primes, and their sum?",
     .script = "const primes = [];\n"
               "for (let n = 2; primes.length < 10; n++)\n"
               "    if (primes.every(p => n % p)) primes.push(n);\n"
               "JSON.stringify({primes, sum: primes.reduce((a, b) => a + b)})",
     .limits = {1000000000, 64, 10},
     .outcome = "completed",
     .answer = "\"{\\\"primes\\\":[2,3,5,7,11,13,17,19,23,29],\\\"sum\\\":129}\\n\""},
    {.title = "an endless loop",
     .script = "for (;;);",
     .limits = {2000000000, 64, 10},
     .outcome = "out_of_instructions",
     .answer = "null",
     .error = "fuel"},
    {.title = "a memory hog",
     .script = "const hoard = []; for (;;) hoard.push(new Uint8Array(1 << 20).fill(1));",
     .limits = {20000000000, 32, 30},
     .outcome = "out_of_memory",
     .answer = "null",
     .error = "memory"},
    {.title = "code whose bytes do not match its hash",
     .script = "1 + 1",
     .limits = {1000000000, 64, 10},
     .tampered = true,
     .outcome = "hash_mismatch",
     .answer = "null",
     .error = "hash"},
};

enum { QUESTION_COUNT = sizeof questions / sizeof *questions };

struct answered {
    struct observation seen;
    const char *outcome; /* the coordinator's word */
    char tx_hash[HASH_TEXT_MAX];
    const char *answer; /* JSON text of what the asker holds */
};

struct demo {
    struct arena arena;
    struct stack stack;
    const char *data_dir;
    const char *step;
    struct buf program; /* the JavaScript interpreter */
    char program_hash[HASH_HEX_MAX], tampered_hash[HASH_HEX_MAX];
    struct http_server *web; /* where the hostile program's address points */
    struct rpc_client *rpc;
    struct signer *user;
    struct money before, after;
    struct answered answered[QUESTION_COUNT];
};

static void say_step(const char *step, void *context)
{
    struct demo *d = context;
    d->step = step;
    fprintf(stderr, "  %s\n", step);
}

static struct err *start_stack(struct demo *d)
{
    TRY(stack_start(d->data_dir, say_step, d, &d->stack));
    return rpc_client_new(&(struct rpc_config){.url = d->stack.rpc_url}, &d->rpc);
}

/* Answers every path with the interpreter's bytes. */
static void serve_program(struct http_exchange *x, void *context)
{
    struct demo *d = context;
    http_reply(x, 200, "application/wasm", buf_slice(&d->program));
}

/* The program goes into the coordinator's store under its hash. The tampered one stays on a web server of the demonstration, whose
 * bytes are the interpreter's while the question names the hash of bytes that differ in one bit. */
static struct err *publish_program(struct demo *d)
{
    static const struct http_route routes[] = {{HTTP_GET, "/{name}", serve_program}};
    say_step("publishing the JavaScript interpreter", d);
    const char *path = arena_fmt(&d->arena, "%s/javascript.wasm", d->stack.examples_dir);
    TRY_DOING(fs_read(path, PROGRAM_MAX, &d->program), "reading the interpreter (`make build` makes it)");
    struct hash hash = hash_sha256(buf_slice(&d->program));
    hash_hex(&hash, d->program_hash);
    TRY(publish_wasm(d->stack.coordinator_url, d->stack.worker_token, &hash, buf_slice(&d->program)));

    d->program.ptr[d->program.len - 1] ^= 1;
    hash = hash_sha256(buf_slice(&d->program));
    hash_hex(&hash, d->tampered_hash);
    d->program.ptr[d->program.len - 1] ^= 1;
    const struct http_server_config config = {
        .address = "127.0.0.1", .loops = 1, .routes = routes, .route_count = 1, .context = d};
    return http_server_start(&config, &d->web);
}

static struct err *check_answer(const struct question *q, const struct answered *a)
{
    if (strcmp(a->answer, q->answer) != 0)
        return err_new(ERR_BUG, "the asker holds %s, expected %s", a->answer, q->answer);
    if (a->seen.success != !q->error)
        return err_new(ERR_BUG, "the contract settled it as %s", a->seen.success ? "a success" : a->seen.error);
    if (q->error && !strcasestr(a->seen.error ? a->seen.error : "", q->error))
        return err_new(ERR_BUG, "the error `%s` does not speak of %s", a->seen.error ? a->seen.error : "", q->error);
    if (strcmp(a->outcome, q->outcome) != 0)
        return err_new(ERR_BUG, "the coordinator has it as %s, expected %s", a->outcome, q->outcome);
    return NULL;
}

static struct err *ask(struct demo *d, size_t index)
{
    const struct question *q = &questions[index];
    struct answered *a = &d->answered[index];
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    struct rpc_block before, after;
    char url[96];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/javascript.wasm", http_server_port(d->web));
    const struct asker_question question = {
        .code_url = url,
        .code_hash = q->tampered ? d->tampered_hash : d->program_hash,
        .script = q->script,
        .max_instructions = q->limits.max_instructions,
        .max_memory_mb = q->limits.max_memory_mb,
        .max_execution_seconds = q->limits.max_execution_seconds,
    };
    say_step(arena_fmt(&d->arena, "asking: %s", q->title), d);
    TRY(rpc_final_block(d->rpc, &before));
    TRY(asker_ask(d->user, &question, TX_LEVEL_FINAL, &outcome));
    hash_text(&outcome.hash, a->tx_hash);
    TRY(rpc_final_block(d->rpc, &after));
    TRY(observe_question(d->stack.stream_url, STACK_CONTRACT_ID, before.height + 1, after.height, &d->arena, &a->seen));
    TRY(observe_outcome(d->stack.coordinator_url, a->seen.request_id, &d->arena, &a->outcome));
    TRY(asker_answer(d->rpc, index, &d->arena, &a->answer));
    return check_answer(q, a);
}

/* The resolving transaction's own gas refund may still be under way when the answer is there. */
static struct err *wait_for_quiet(struct demo *d)
{
    struct rpc_block a, b;
    TRY(rpc_final_block(d->rpc, &a));
    do {
        usleep(50000);
        b = a;
        TRY(rpc_final_block(d->rpc, &a));
    } while (a.height != b.height);
    return NULL;
}

static struct err *run_steps(struct demo *d)
{
    TRY(start_stack(d));
    say_step("deploying the asker", d);
    TRY(asker_deploy(&d->stack, &d->user));
    TRY(publish_program(d));
    TRY(wait_for_quiet(d));
    TRY(money_read(d->rpc, accounts, &d->before));
    for (size_t i = 0; i < QUESTION_COUNT; i++)
        TRY(ask(d, i));
    say_step("adding up the money", d);
    TRY(wait_for_quiet(d));
    return money_read(d->rpc, accounts, &d->after);
}

static void print_gas(const char *name, const struct observed_receipt *r)
{
    printf("    %-9s %2llu.%03llu TGas  block %-5llu transaction %s\n", name, (unsigned long long)(r->gas / TERA_GAS),
           (unsigned long long)(r->gas / (TERA_GAS / 1000) % 1000), (unsigned long long)r->height, r->tx_hash);
}

static void print_question(const struct demo *d, size_t i)
{
    const struct question *q = &questions[i];
    const struct answered *a = &d->answered[i];
    char charged[AMOUNT_TEXT_MAX], refunded[AMOUNT_TEXT_MAX];
    printf("\n%zu. %s\n", i + 1, q->title);
    printf("    request   %llu, code sha256 %s\n", (unsigned long long)a->seen.request_id,
           q->tampered ? d->tampered_hash : d->program_hash);
    printf("    outcome   %s%s%s\n", a->outcome, a->seen.error ? ": " : "", a->seen.error ? a->seen.error : "");
    printf("    used      %llu instructions, %llu ms\n", (unsigned long long)a->seen.instructions,
           (unsigned long long)a->seen.time_ms);
    print_gas("request", &a->seen.request);
    print_gas("resolve", &a->seen.resolve);
    print_gas("callback", &a->seen.callback);
    printf("    money     %s charged, %s refunded\n", amount_text(a->seen.charged, charged),
           amount_text(a->seen.refunded, refunded));
    printf("    answer    %s\n", a->answer);
}

/* The same evidence with one other bit in its record must fail. */
static struct err *show_tampered(const struct verify_gathered *g)
{
    printf("\nThe same with one bit of the record flipped, in its\n");
    for (int field = 0; field < TAMPER_FIELDS; field++) {
        AUTO(json) json_t *other = tamper_attestation(g->attestation, (enum tamper_field)field);
        AUTO(verify_report) struct verify_report report = {0};
        struct verify_evidence evidence = g->evidence;
        evidence.attestation = other;
        verify_run(&evidence, &report);
        printf("  %-8s", tamper_field_name((enum tamper_field)field));
        verify_print_verdict(&report);
        if (!other || verify_report_verdict(&report) != VERIFY_FAIL)
            return err_new(ERR_BUG, "a record with another %s does not fail", tamper_field_name((enum tamper_field)field));
    }
    return NULL;
}

/* As `outlayer verify tx` does, in this process. The first is shown step by step. */
static struct err *verify_answer(const struct demo *d, size_t i)
{
    const struct verify_sources sources = {.network = STACK_NETWORK,
                                           .api_url = d->stack.coordinator_url,
                                           .rpc_url = d->stack.rpc_url,
                                           .contract_id = STACK_CONTRACT_ID,
                                           .register_id = STACK_OPERATOR_ID,
                                           .root_path = d->stack.simulator_root_path,
                                           .wait_s = VERIFY_WAIT_S};
    AUTO(verify_gathered) struct verify_gathered gathered = {0};
    AUTO(verify_report) struct verify_report report = {0};
    TRY_DOING(verify_gather(&sources, VERIFY_TX, d->answered[i].tx_hash, &gathered), "verifying transaction %s",
              d->answered[i].tx_hash);
    verify_run(&gathered.evidence, &report);
    printf("\n$ outlayer verify tx %s%s\n", d->answered[i].tx_hash, i ? " --short" : "");
    if (i)
        verify_print_verdict(&report);
    else
        verify_print(&report);
    if (verify_report_verdict(&report) != VERIFY_PASS)
        return err_new(ERR_BUG, "question %zu is not proven", i + 1);
    return i ? NULL : show_tampered(&gathered);
}

static struct err *print_report(const struct demo *d)
{
    printf("\nOutLayer: a contract asks, a program answers, the contract's callback gets the answer\n");
    for (size_t i = 0; i < QUESTION_COUNT; i++)
        print_question(d, i);
    printf("\nmoney\n");
    TRY(money_print(&d->before, &d->after));
    for (size_t i = 0; i < QUESTION_COUNT; i++)
        TRY(verify_answer(d, i));
    printf("\nTDX is simulated: this proves the way from record to root, and nothing to anybody who does not trust this "
           "stack's own root.\n");
    return NULL;
}

static void tell_failure(struct demo *d, struct err *e)
{
    AUTO(buf) struct buf words = {0};
    fprintf(stderr, "failed while %s: %s\n", d->step, err_text(e));
    for (int i = STACK_SERVICE_COUNT - 1; i >= 0 && words.len == 0; i--) {
        service_last_words(&d->stack.services[i], &words);
        if (words.len)
            fprintf(stderr, "the %s's log says: %s\n", d->stack.services[i].name, buf_str(&words));
    }
}

static void end_demo(struct demo *d)
{
    http_server_stop(d->web, 100);
    signer_free(d->user);
    rpc_client_free(d->rpc);
    stack_stop(&d->stack);
    buf_free(&d->program);
    arena_free(&d->arena);
}

static int run_demo(const char *data_dir)
{
    struct demo d = {.data_dir = data_dir, .step = "starting"};
    struct err *e = run_steps(&d);
    if (!e)
        e = print_report(&d);
    int status = e ? 1 : 0;
    if (e)
        tell_failure(&d, e);
    err_free(e);
    end_demo(&d);
    return status;
}

/* Runs the demonstration in a child and waits until it and every process it started are gone, however they end; then nothing
 * writes into the directory any more and it can be removed. Ctrl-C reaches the child. */
static int run_and_clear_up(char *data_dir, bool keep)
{
    int status = 0, ended;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t child = fork();
    if (child < 0) {
        perror("error: starting the demonstration");
        return 1;
    }
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        exit(run_demo(data_dir));
    }
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    for (pid_t pid; (pid = wait(&ended)) > 0 || errno == EINTR;) {
        if (pid == child)
            status = ended;
    }
    if (keep)
        fprintf(stderr, "kept: %s\n", data_dir);
    else
        err_free(fs_remove_tree(data_dir));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int demo_in_temporary_dir(bool keep)
{
    const char *tmp = getenv("TMPDIR");
    AUTO(buf) struct buf path = {0};
    buf_append_fmt(&path, "%s/outlayer-demo-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    buf_str(&path);
    if (!mkdtemp((char *)path.ptr)) {
        perror("error: making a temporary directory");
        return 1;
    }
    return run_and_clear_up((char *)path.ptr, keep);
}

int cli_demo(int argc, char **argv)
{
    bool keep = false;
    const struct cli_option options[] = {{"--keep", CLI_FLAG, &keep}, {0}};
    if (cli_wants_help(argc, argv)) {
        fputs(help, stdout);
        return 0;
    }
    struct err *e = cli_options_read(options, &argc, argv);
    if (!e && argc > 1)
        e = err_new(ERR_INVALID, "unexpected argument `%s`; `outlayer demo --help` explains", argv[1]);
    return e ? cli_exit(e) : demo_in_temporary_dir(keep);
}
