/* What an attestation adds to a run, and what checking one takes. */
#include "base/clock.h"
#include "base/fs.h"
#include "bench.h"
#include "codec/json_doc.h"
#include "tee/quote_check.h"
#include "tee/quote_source/quote_source.h"
#include "worker/attest.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 1000 };

struct bench {
    char dir[64];
    struct worker_settings settings;
    struct identity identity;
    struct journal *journal;
    json_t *request, *info;
    struct simulator_config platform;
    struct simulator_output made;
};

static void measure(const char *what, void (*run)(struct bench *b, unsigned round), struct bench *b)
{
    static uint64_t times[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t started = clock_monotonic_ns(&clock_system);
        run(b, i);
        times[i] = clock_monotonic_ns(&clock_system) - started;
    }
    bench_sort(times, ROUNDS);
    printf("  %-52s %8.3f ms p50 %8.3f ms p99\n", what, (double)times[ROUNDS / 2] / 1e6,
           (double)times[ROUNDS * 99 / 100] / 1e6);
}

static void finish(struct bench *b, unsigned round, const struct journal_attestation *a)
{
    uint64_t id = 0;
    must(journal_claim(b->journal, round, 41, SLICE("ab"), SLICE(""), &id));
    const struct journal_entry answer = {.id = id, .delivery = SLICE("{}"), .completion = SLICE("{}")};
    must(journal_set_executed(b->journal, &answer, a));
    must(journal_remove(b->journal, id));
}

static void run_plain(struct bench *b, unsigned round)
{
    finish(b, round, NULL);
}

static void run_attested(struct bench *b, unsigned round)
{
    AUTO(attest_made) struct attest_made made = {0};
    AUTO(response) struct response r = {.success = true, .instructions = 9, .time_ms = 3};
    struct attest_facts facts = {.request = b->request, .info = b->info, .job_id = round, .request_id = 41, .has_code = true};
    buf_append_str(&r.output, "{\"Text\":\"an answer of a few words\"}");
    attest_make(&b->identity.key, &b->settings, &facts, &r, &made);
    const struct journal_attestation a = {.job_id = round,
                                          .body = buf_slice(&made.body),
                                          .record = buf_slice(&made.record),
                                          .signature = slice_from(made.signature, sizeof made.signature)};
    finish(b, round, &a);
}

static void run_quote(struct bench *b, unsigned round)
{
    AUTO(buf) struct buf quote = {0};
    uint8_t report_data[REPORT_DATA_LEN] = {(uint8_t)round};
    must(quote_source_quote(b->identity.quotes, report_data, &quote));
}

static void run_check(struct bench *b, unsigned round)
{
    AUTO(quote_check) struct quote_check c = {0};
    (void)round;
    if (!quote_check_run(&c, buf_slice(&b->made.root), buf_slice(&b->made.quote), buf_slice(&b->made.collateral),
                         b->platform.now))
        must(err_new(ERR_BUG, "the simulator's quote does not verify"));
}

static void set_up(struct bench *b)
{
    static char seed_path[96];
    char path[96];
    snprintf(b->dir, sizeof b->dir, "/tmp/outlayer-bench-XXXXXX");
    if (!mkdtemp(b->dir))
        must(err_new(ERR_UNAVAILABLE, "no folder"));
    snprintf(seed_path, sizeof seed_path, "%s/seed", b->dir);
    must(fs_write_atomic(seed_path, SLICE("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"), 0600));
    b->settings = (struct worker_settings){.data_dir = b->dir,
                                           .network_id = "devnet",
                                           .contract_id = "outlayer.test.near",
                                           .tee_mode = "simulator",
                                           .tee_simulator_seed_file = seed_path};
    must(identity_open(&b->settings, &b->identity));
    snprintf(path, sizeof path, "%s/journal.db", b->dir);
    must(journal_open(path, &b->journal));
    must(json_doc_parse(SLICE("{\"input_data\":\"{}\",\"user_account_id\":\"alice.test.near\",\"context\":{\"block_height\":7,"
                              "\"transaction_hash\":\"9\"}}"),
                        &b->request));
    must(json_doc_parse(SLICE("{\"created_at\":1770000000}"), &b->info));
    b->platform = (struct simulator_config){.now = 1770000000};
    simulator_make(&b->platform, &b->made);
}

int main(void)
{
    static struct bench b;
    set_up(&b);
    printf("\nattestation (medians of %d)\n", ROUNDS);
    measure("journal of an answer, without attestation", run_plain, &b);
    measure("the same with record, signature, stored", run_attested, &b);
    measure("a quote of the simulator", run_quote, &b);
    measure("a quote verified in one go, v4 with its collateral", run_check, &b);
    journal_close(b.journal);
    identity_close(&b.identity);
    json_decref(b.request);
    json_decref(b.info);
    simulator_output_free(&b.made);
    must(fs_remove_tree(b.dir));
    return 0;
}
