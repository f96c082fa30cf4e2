/* For the tests of this folder: a program (tests/guests/asker.c unless another is named) in its cell, whose outside is a run of ours. */
#pragma once
#include "engine/test_support.h"
#include "net/http_server.h"
#include "worker/host/host.h"

struct host_fixture {
    struct fixture engine;
    struct http_client *http;
    struct host_config config;
    struct host_identity id;
    struct task_outcome outcome; /* of the last run */
    uint64_t refund_usd;
    struct buf egress; /* JSON */
    uint64_t max_seconds;
};

static inline void host_fixture_open_with(struct host_fixture *f, const char *guest)
{
    AUTO(buf) struct buf wasm = {0};
    *f = (struct host_fixture){.max_seconds = 30};
    fixture_open(&f->engine, bin_dir());
    read_guest(guest, &wasm);
    fixture_prepare(&f->engine, buf_slice(&wasm));
    assert_ok(http_client_new(&f->http));
}

static inline void host_fixture_open(struct host_fixture *f)
{
    host_fixture_open_with(f, "asker");
}

static inline void host_fixture_close(struct host_fixture *f)
{
    task_outcome_free(&f->outcome);
    buf_free(&f->egress);
    http_client_free(f->http);
    fixture_close(&f->engine);
}

/* Runs a script and returns what it printed, valid until the next run. */
static inline const char *play(struct host_fixture *f, const char *script)
{
    AUTO(host_run) struct host_run run;
    struct task task = task_of(&f->engine, script);
    task_outcome_free(&f->outcome);
    f->outcome = (struct task_outcome){0};
    host_run_open(&run, &f->config, &f->id, f->http);
    task.host = &run.table;
    task.limits.max_seconds = f->max_seconds;
    run_task(&f->engine, &task, &f->outcome);
    f->refund_usd = run.refund_usd;
    buf_clear(&f->egress);
    json_doc_write(run.egress, &f->egress);
    return buf_str(&f->outcome.output);
}

/* The same for a run that completes. */
static inline const char *complete(struct host_fixture *f, const char *script)
{
    const char *printed = play(f, script);
    assert_end(&f->outcome, TASK_COMPLETED);
    return printed;
}

static inline void assert_says(const char *printed, const char *text)
{
    if (!strstr(printed, text))
        fail_msg("`%s` does not say `%s`", printed, text);
}
