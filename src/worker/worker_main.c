/* outlayer-worker: follows the chain, runs programs, answers. docs/worker.md is its manual. */
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "near/credentials.h"
#include "worker/admission.h"
#include "worker/job.h"
#include "worker/monitor.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum {
    HEARTBEAT_SECONDS = 15,
    RECOVER_EVERY_MS = 30 * 1000,
    RECOVER_ROUNDS = 5,
    RECOVER_PAUSE_MS = 2000,
    READY_CHECK_MS = 10,
    POLL_PAUSE_FIRST_MS = 250,
    POLL_PAUSE_LONGEST_MS = 5000,
    NODE_PAUSE_MS = 2000,
};

struct job_thread {
    struct worker *worker;
    struct job_context context;
    struct coordinator_client *polls; /* apart from the context's, so that a poll can be broken off and a report not */
    struct rpc_client *rpc;
    _Atomic uint64_t current_job;
    pthread_t thread;
    bool running;
};

struct worker {
    struct worker_settings settings;
    struct stop stop;
    struct journal *journal;
    struct identity identity;
    struct coordinator_session *session; /* NULL: no key to open one with */
    struct attester attester;
    pthread_t attester_thread;
    bool attester_running;
    struct signer *signer;
    struct admission admission;
    struct coordinator_client *coordinator; /* of the main thread: heartbeats */
    struct cgroup_tree *groups;             /* NULL: the host offers none */
    struct job_thread *jobs;
    struct monitor monitor;
    struct rpc_client *monitor_rpc;
    _Atomic uint64_t height;
    _Atomic bool past_cleared; /* job threads may claim */
    pthread_t monitor_thread;
    bool monitor_running;
};

static const char *in_data_dir(const struct worker *w, struct arena *arena, const char *name)
{
    return arena_fmt(arena, "%s/%s", w->settings.data_dir, name);
}

/* With its own key, which the chain knows as a worker's; else with the operator's. */
static struct err *open_signer(struct worker *w)
{
    AUTO(credentials) struct credentials own = {0};
    AUTO(credentials) struct credentials init = {0};
    const struct worker_settings *s = &w->settings;
    if (*s->init_account_credentials) { /* a file that does not read ends the start, not a registration some day */
        TRY_DOING(credentials_read_file(s->init_account_credentials, &init), "reading INIT_ACCOUNT_CREDENTIALS");
        identity_key(&w->identity, &own.key);
        w->session = coordinator_session_new(&own.key);
    } else {
        TRY_DOING(credentials_read_file(s->operator_credentials, &own), "reading OPERATOR_CREDENTIALS");
    }
    TRY(account_id_parse(slice_str(s->operator_account_id), &own.account_id));
    w->admission.key = secret_key_public(&own.key);
    return signer_new(&(struct signer_config){.rpc = {.url = s->near_rpc_url}, .account_id = &own.account_id, .key = &own.key},
                      &w->signer);
}

static struct err *open_admission(struct worker *w)
{
    w->admission.settings = &w->settings;
    w->admission.identity = &w->identity;
    w->admission.signer = w->signer;
    w->admission.session = w->session;
    w->admission.stop = &w->stop;
    admission_init(&w->admission);
    return admission_enter(&w->admission) ? NULL : err_new(ERR_UNAVAILABLE, "ended while the worker was not admitted");
}

/* A client of the coordinator; only a registered key opens sessions. */
static struct err *open_coordinator(struct worker *w, struct coordinator_client **out)
{
    TRY(coordinator_client_new(w->settings.api_base_url, w->settings.api_auth_token, out));
    coordinator_client_use(*out, w->session);
    return NULL;
}

static struct err *open_attester(struct worker *w)
{
    w->attester =
        (struct attester){.settings = &w->settings, .identity = &w->identity, .journal = w->journal, .stop = &w->stop};
    attester_init(&w->attester);
    return open_coordinator(w, &w->attester.coordinator);
}

static struct err *open_delivery(struct worker *w, struct rpc_client **rpc, struct delivery *out)
{
    const struct rpc_config config = {.url = w->settings.near_rpc_url};
    TRY(rpc_client_new(&config, rpc));
    *out = (struct delivery){
        .signer = w->signer, .rpc = *rpc, .contract_id = w->settings.contract_id, .stop = &w->stop, .admission = &w->admission};
    return NULL;
}

/* Says what holds strangers' programs on this machine; a worker that cannot run any does not start. */
static struct err *log_confinement(struct engine *engine)
{
    AUTO(buf) struct buf confinement = {0};
    TRY_DOING(engine_confinement(engine, &confinement), "starting the engine");
    log_info("programs are confined", LOG_STR("by", buf_str(&confinement)));
    return NULL;
}

/* They are a bound behind others: a host without them is no reason not to start. */
static void open_groups(struct worker *w)
{
    AUTO(err) struct err *e = cgroup_tree_open(&cgroup_host_system, &w->groups);
    if (e)
        log_info("programs are bounded without control groups: this host offers none", LOG_ERR(e));
}

static struct err *open_job_thread(struct worker *w, struct job_thread *t, struct arena *arena)
{
    struct engine_config engine = {.cache_dir = in_data_dir(w, arena, "programs"),
                                   .max_cache_len = w->settings.program_cache_mb << 20,
                                   .groups = w->groups,
                                   .max_memory_mb = w->settings.max_memory_mb_cap};
    engine.program_dir = *w->settings.program_dir ? w->settings.program_dir : NULL;
    t->worker = w;
    t->context = (struct job_context){.settings = &w->settings,
                                      .journal = w->journal,
                                      .outside = job_outside(&w->settings),
                                      .attester = identity_attests(&w->identity) ? &w->attester : NULL,
                                      .current_job = &t->current_job};
    TRY(open_coordinator(w, &t->context.coordinator));
    TRY(open_coordinator(w, &t->polls));
    TRY(http_client_new(&t->context.downloads));
    TRY(engine_open(&engine, &t->context.engine));
    return open_delivery(w, &t->rpc, &t->context.delivery);
}

static struct err *open_monitor(struct worker *w)
{
    const struct block_follower_config stream = {.url = w->settings.neardata_api_url, .timeout_ms = 40 * 1000};
    struct monitor *m = &w->monitor;
    *m = (struct monitor){.settings = &w->settings, .journal = w->journal, .height = &w->height};
    if (w->settings.disable_event_monitor)
        return NULL;
    TRY(coordinator_client_new(w->settings.api_base_url, w->settings.api_auth_token, &m->coordinator));
    TRY(block_follower_new(&stream, &m->follower));
    TRY(open_delivery(w, &w->monitor_rpc, &m->delivery));
    return err_doing(monitor_start(m), "starting to follow the chain");
}

/* Which chain this is, the node says: nothing is guessed from names. A node that is not there yet is waited for. */
static struct err *ask_network(struct worker *w, struct arena *arena)
{
    AUTO(rpc_client) struct rpc_client *rpc = NULL;
    AUTO(buf) struct buf chain_id = {0};
    TRY(rpc_client_new(&(struct rpc_config){.url = w->settings.near_rpc_url}, &rpc));
    for (;;) {
        struct err *e = rpc_chain_id(rpc, &chain_id);
        if (!e)
            return worker_settings_settle(&w->settings, buf_slice(&chain_id), arena);
        if (err_code(e) != ERR_UNAVAILABLE || stop_wanted(&w->stop))
            return err_doing(e, "asking the node of NEAR_RPC_URL which chain it serves");
        log_warn("the node of NEAR_RPC_URL does not answer yet, waiting", LOG_ERR(e));
        err_free(e);
        stop_rest(&w->stop, NODE_PAUSE_MS);
    }
}

static struct err *open_all(struct worker *w, struct arena *arena)
{
    TRY(ask_network(w, arena));
    TRY(fs_make_dirs(w->settings.data_dir));
    TRY(fs_make_dirs(in_data_dir(w, arena, "programs")));
    TRY(journal_open(in_data_dir(w, arena, "journal.db"), &w->journal));
    TRY(identity_open(&w->settings, &w->identity));
    TRY(open_signer(w));
    TRY(open_admission(w));
    TRY(open_coordinator(w, &w->coordinator));
    TRY(open_attester(w));
    open_groups(w);
    w->jobs = mem_calloc(w->settings.job_threads, sizeof *w->jobs);
    for (size_t i = 0; i < w->settings.job_threads; i++)
        TRY(open_job_thread(w, &w->jobs[i], arena));
    TRY(log_confinement(w->jobs[0].context.engine));
    return open_monitor(w);
}

static void close_all(struct worker *w)
{
    for (size_t i = 0; w->jobs && i < w->settings.job_threads; i++) {
        engine_close(w->jobs[i].context.engine);
        http_client_free(w->jobs[i].context.downloads);
        coordinator_client_free(w->jobs[i].context.coordinator);
        coordinator_client_free(w->jobs[i].polls);
        rpc_client_free(w->jobs[i].rpc);
    }
    cgroup_tree_close(w->groups);
    mem_free(w->jobs);
    block_follower_free(w->monitor.follower);
    coordinator_client_free(w->monitor.coordinator);
    rpc_client_free(w->monitor_rpc);
    coordinator_client_free(w->coordinator);
    coordinator_client_free(w->attester.coordinator);
    coordinator_session_free(w->session);
    signer_free(w->signer);
    identity_close(&w->identity);
    journal_close(w->journal);
}

/* Everything the journal has left over. False: an entry cannot be finished now. */
static bool recover(struct job_thread *t)
{
    for (bool found = true; found && !stop_wanted(&t->worker->stop);) {
        struct err *e = job_recover(&t->context, &found);
        if (!e)
            continue;
        log_error("a job of the journal cannot be finished yet", LOG_ERR(e));
        err_free(e);
        return false;
    }
    return true;
}

/* Names every job of the journal: those under way, and those whose answers are kept. */
static struct err *beat(struct worker *w, struct coordinator_client *coordinator, bool first)
{
    AUTO(json) json_t *kept = NULL;
    TRY(journal_jobs(w->journal, &kept));
    struct heartbeat h = {
        .worker_id = w->settings.worker_id, .just_started = first, .kept_jobs = kept, .block_height = atomic_load(&w->height)};
    for (size_t i = 0; i < w->settings.job_threads && !h.task_id; i++)
        h.task_id = atomic_load(&w->jobs[i].current_job);
    h.busy = h.task_id != 0;
    return coordinator_heartbeat(coordinator, &h);
}

/* The first heartbeat, until the coordinator has taken or refused it. */
static struct err *tell_of_start(struct job_thread *t)
{
    struct stop *stop = &t->worker->stop;
    for (;;) {
        struct err *e = beat(t->worker, t->context.coordinator, true);
        bool again = e && (err_code(e) == ERR_UNAVAILABLE || err_code(e) == ERR_LIMIT || err_code(e) == ERR_DENIED);
        if (!again || stop_rest(stop, RECOVER_PAUSE_MS))
            return e;
        log_warn("the coordinator does not take the first heartbeat, trying again", LOG_ERR(e));
        err_free(e);
    }
}

/* Before new work: what a former process left is answered, then the coordinator is told that whatever else that process had
 * claimed is lost; what could not be answered yet stays this worker's. It must come before any claim of this process, which would
 * be taken for lost too. */
static void clear_past(struct job_thread *t)
{
    struct stop *stop = &t->worker->stop;
    bool clean = false;
    for (int round = 0; round < RECOVER_ROUNDS && !clean && !stop_wanted(stop); round++) {
        clean = recover(t);
        if (!clean)
            stop_rest(stop, RECOVER_PAUSE_MS);
    }
    if (stop_wanted(stop))
        return;
    struct err *e = tell_of_start(t);
    if (e)
        log_error("the coordinator does not know that this worker has started", LOG_ERR(e));
    err_free(e);
    atomic_store(&t->worker->past_cleared, true);
}

/* Waits until the worker is admitted, then delivers what it could not deliver before. False: the end is wanted. */
static bool be_admitted(struct job_thread *t)
{
    struct admission *admission = &t->worker->admission;
    do {
        if (!admission_enter(admission))
            return false;
        if (admission_take_left_over(admission)) {
            attester_tell_again(&t->worker->attester);
            recover(t);
        }
    } while (!admission_is_admitted(admission));
    return true;
}

/* One poll and what it gives. A request that comes while the worker is not admitted waits; whether it is still to be had then, the claim tells. */
static struct err *poll_and_run(struct job_thread *t)
{
    AUTO(json) json_t *request = NULL;
    TRY(coordinator_poll(t->polls, t->worker->settings.poll_timeout_seconds, &request));
    return request && be_admitted(t) ? job_run(&t->context, request) : NULL;
}

/* The first thread looks into the journal now and then. */
static void recover_now_and_then(struct job_thread *t, uint64_t *recovered_ns)
{
    uint64_t now = clock_monotonic_ns(&clock_system);
    if (t != t->worker->jobs || now - *recovered_ns <= RECOVER_EVERY_MS * NS_PER_MS)
        return;
    recover(t);
    *recovered_ns = now;
}

/* The first thread clears the past, the others wait for it. */
static void get_ready(struct job_thread *t)
{
    if (t == t->worker->jobs)
        clear_past(t);
    while (!atomic_load(&t->worker->past_cleared) && !stop_rest(&t->worker->stop, READY_CHECK_MS))
        ;
}

static void *job_thread_run(void *context)
{
    struct job_thread *t = context;
    struct stop *stop = &t->worker->stop;
    uint64_t pause = POLL_PAUSE_FIRST_MS;
    get_ready(t);
    uint64_t recovered_ns = clock_monotonic_ns(&clock_system);
    while (!stop_wanted(stop) && be_admitted(t)) {
        recover_now_and_then(t, &recovered_ns);
        struct err *e = poll_and_run(t);
        if (!e) {
            pause = POLL_PAUSE_FIRST_MS;
            continue;
        }
        if (!stop_wanted(stop))
            log_error("no work done, trying again", LOG_ERR(e));
        err_free(e);
        stop_rest(stop, pause);
        pause = pause * 2 < POLL_PAUSE_LONGEST_MS ? pause * 2 : POLL_PAUSE_LONGEST_MS;
    }
    return NULL;
}

static void *monitor_thread_run(void *context)
{
    monitor_run(context);
    return NULL;
}

static void *attester_thread_run(void *context)
{
    attester_run(context);
    return NULL;
}

static struct err *start_attester(struct worker *w)
{
    int fault =
        identity_attests(&w->identity) ? pthread_create(&w->attester_thread, NULL, attester_thread_run, &w->attester) : 0;
    w->attester_running = identity_attests(&w->identity) && !fault;
    return fault ? err_errno(ERR_UNAVAILABLE, fault, "starting the attester") : NULL;
}

static struct err *start_threads(struct worker *w)
{
    TRY(start_attester(w));
    for (size_t i = 0; i < w->settings.job_threads; i++) {
        int fault = pthread_create(&w->jobs[i].thread, NULL, job_thread_run, &w->jobs[i]);
        if (fault)
            return err_errno(ERR_UNAVAILABLE, fault, "starting a job thread");
        w->jobs[i].running = true;
    }
    if (w->settings.disable_event_monitor)
        return NULL;
    int fault = pthread_create(&w->monitor_thread, NULL, monitor_thread_run, &w->monitor);
    w->monitor_running = !fault;
    return fault ? err_errno(ERR_UNAVAILABLE, fault, "starting the chain monitor") : NULL;
}

/* Polls and block requests end at once; jobs under way are finished. */
static void stop_threads(struct worker *w)
{
    stop_want(&w->stop);
    if (w->monitor_running) {
        block_follower_interrupt(w->monitor.follower);
        pthread_join(w->monitor_thread, NULL);
    }
    for (size_t i = 0; i < w->settings.job_threads; i++) {
        if (w->jobs[i].running)
            coordinator_client_interrupt(w->jobs[i].polls);
    }
    for (size_t i = 0; i < w->settings.job_threads; i++) {
        if (w->jobs[i].running)
            pthread_join(w->jobs[i].thread, NULL);
    }
    if (w->attester_running) {
        attester_wake(&w->attester);
        pthread_join(w->attester_thread, NULL);
    }
}

static void say_ready(struct worker *w)
{
    const char *quotes = w->identity.quotes ? quote_source_name(w->identity.quotes) : "none";
    char key_text[KEY_TEXT_MAX] = "";
    struct public_key key = identity_public_key(&w->identity);
    if (w->identity.quotes)
        public_key_text(&key, key_text);
    AUTO(json) json_t *ready = json_pack("{s:b,s:s,s:s,s:s,s:s,s:s}", "ready", 1, "worker_id", w->settings.worker_id,
                                         "contract_id", w->settings.contract_id, "operator_id", w->settings.operator_account_id,
                                         "quotes", quotes, "worker_key", key_text);
    AUTO(buf) struct buf line = {0};
    json_doc_write(ready, &line);
    puts(buf_str(&line));
    fflush(stdout);
}

static void wait_for_end(struct worker *w)
{
    while (!stop_rest(&w->stop, HEARTBEAT_SECONDS * 1000)) {
        struct err *e = atomic_load(&w->past_cleared) ? beat(w, w->coordinator, false) : NULL;
        if (e)
            log_debug("the coordinator does not take the heartbeat", LOG_ERR(e));
        err_free(e);
    }
    log_info("ending: jobs under way are finished");
}

/* The signals that end the worker, at whatever it is. */
struct signal_thread {
    sigset_t signals;
    struct stop *stop;
    pthread_t thread;
};

static void *signal_thread_run(void *context)
{
    const struct signal_thread *t = context;
    int which;
    sigwait(&t->signals, &which);
    stop_want(t->stop);
    return NULL;
}

/* Before any other thread, so that only this one sees them. */
static struct err *signal_thread_start(struct signal_thread *t, struct stop *stop)
{
    t->stop = stop;
    sigemptyset(&t->signals);
    sigaddset(&t->signals, SIGTERM);
    sigaddset(&t->signals, SIGINT);
    sigaddset(&t->signals, SIGUSR1); /* of signal_thread_stop */
    pthread_sigmask(SIG_BLOCK, &t->signals, NULL);
    int fault = pthread_create(&t->thread, NULL, signal_thread_run, t);
    return fault ? err_errno(ERR_UNAVAILABLE, fault, "starting the thread of signals") : NULL;
}

static void signal_thread_stop(struct signal_thread *t)
{
    pthread_kill(t->thread, SIGUSR1);
    pthread_join(t->thread, NULL);
}

static struct err *work(struct worker *w, struct arena *arena)
{
    enum log_level level;
    TRY(log_level_parse(slice_str(w->settings.log_level), &level));
    log_start("worker", level);
    struct err *e = open_all(w, arena);
    if (e && stop_wanted(&w->stop)) {
        log_info("ended before it worked", LOG_ERR(e));
        err_free(e);
        return NULL;
    }
    TRY(e);
    const uint64_t next_block = w->monitor.next; /* the monitor's own from here on */
    e = start_threads(w);
    if (!e) {
        if (w->settings.allow_local_egress)
            log_warn("programs may call servers on this machine: ALLOW_LOCAL_EGRESS is set");
        log_info("ready", LOG_STR("worker_id", w->settings.worker_id), LOG_U64("next_block", next_block));
        say_ready(w);
        wait_for_end(w);
    }
    stop_threads(w);
    return e;
}

static struct err *run(struct worker *w, struct arena *arena)
{
    struct signal_thread signals;
    TRY(signal_thread_start(&signals, &w->stop));
    struct err *e = work(w, arena);
    signal_thread_stop(&signals);
    return e;
}

int main(int argc, char **argv)
{
    AUTO(arena) struct arena arena = {0};
    struct worker w = {0};
    if (argc > 1 && !strcmp(argv[1], "--help")) {
        printf("outlayer-worker: runs programs that contracts ask for. Settings, from the environment or as options:\n");
        worker_settings_print_help();
        return 0;
    }
    log_start("worker", LOG_INFO);
    stop_init(&w.stop);
    struct err *e = worker_settings_load(argc, argv, &arena, &w.settings);
    int status = e ? 2 : 0;
    if (!e)
        e = run(&w, &arena);
    close_all(&w);
    if (e) {
        log_error("cannot work", LOG_ERR(e));
        status = status ? status : 1;
    }
    err_free(e);
    return status;
}
