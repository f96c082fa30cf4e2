/* What a program's HTTP costs beside libcurl alone: the same answers of the same server on loopback, fetched by a program in its cell
 * (its calls go through the engine's socket to the host's libcurl) and by libcurl in this process. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "bench.h"
#include "engine/engine.h"
#include "net/http_server.h"
#include "worker/host/host.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE = 1000 * 1000, ROUNDS = 5 };

static char dir[] = "/tmp/outlayer-bench-XXXXXX";
static struct http_server *server;
static char large[LARGE];

static void give_small(struct http_exchange *x, void *context)
{
    (void)context;
    http_reply(x, 200, "text/plain", slice_from(large, 1000));
}

static void give_large(struct http_exchange *x, void *context)
{
    (void)context;
    http_reply(x, 200, "text/plain", slice_from(large, sizeof large));
}

static size_t count_bytes(char *bytes, size_t size, size_t count, void *total)
{
    (void)bytes;
    *(uint64_t *)total += size * count;
    return size * count;
}

/* Nanoseconds for one fetch. */
static double with_libcurl(const char *url, unsigned count, bool keep, uint64_t *total)
{
    CURL *easy = curl_easy_init();
    uint64_t start = clock_monotonic_ns(&clock_system);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, total);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, keep ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, keep ? 0L : 1L);
    for (unsigned i = 0; i < count; i++)
        if (curl_easy_perform(easy) != CURLE_OK)
            must(err_new(ERR_UNAVAILABLE, "libcurl has no answer"));
    double ns = (double)(clock_monotonic_ns(&clock_system) - start) / count;
    curl_easy_cleanup(easy);
    return ns;
}

struct bench {
    struct engine *engine;
    struct hash code;
    struct http_client *http;
};

static uint64_t run_guest(const struct bench *b, const char *url, unsigned count, uint64_t *total)
{
    const struct host_config config = {.http = true, .reach = EGRESS_LOOPBACK};
    const struct host_identity id = {.max_body_len = UINT64_C(1) << 40};
    struct task_outcome outcome = {0};
    struct host_run run;
    char script[200];
    snprintf(script, sizeof script, "measure\t%u\t%s\n", count, url);
    host_run_open(&run, &config, &id, b->http);
    const struct task task = {.code_hash = b->code,
                              .input = slice_str(script),
                              .limits = {.max_instructions = 100000000000, .max_memory_mb = 64, .max_seconds = 60},
                              .host = &run.table};
    must(engine_run(b->engine, &task, &outcome));
    if (outcome.end != TASK_COMPLETED || strncmp(buf_str(&outcome.output), "ok ", 3) != 0)
        must(err_new(ERR_BUG, "the program: %s %s", task_end_name(outcome.end), buf_str(&outcome.output)));
    *total += strtoull(buf_str(&outcome.output) + 3, NULL, 10);
    uint64_t ns = outcome.time_ns;
    host_run_close(&run);
    task_outcome_free(&outcome);
    return ns;
}

/* The run of the same program that fetches nothing is not a fetch's. */
static double in_a_cell(const struct bench *b, const char *url, unsigned count, uint64_t *total)
{
    uint64_t empty = run_guest(b, url, 0, total);
    return (double)(run_guest(b, url, count, total) - empty) / count;
}

static double smaller(double a, double b)
{
    return b < a ? b : a;
}

static void measure(const struct bench *b, const char *path, unsigned count, size_t len)
{
    char url[100];
    double fresh = 1e18, kept = 1e18, cell = 1e18;
    uint64_t total = 0, expected = (uint64_t)ROUNDS * 3 * count * len;
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", http_server_port(server), path);
    for (int round = 0; round < ROUNDS; round++) {
        fresh = smaller(fresh, with_libcurl(url, count, false, &total));
        kept = smaller(kept, with_libcurl(url, count, true, &total));
        cell = smaller(cell, in_a_cell(b, url, count, &total));
    }
    if (total != expected)
        must(err_new(ERR_BUG, "%llu bytes instead of %llu", (unsigned long long)total, (unsigned long long)expected));
    printf("%8zu bytes %12.1f %12.1f %12.1f %12.2f\n", len, fresh / 1e3, kept / 1e3, cell / 1e3, cell / kept);
}

int main(void)
{
    static const struct http_route routes[] = {{HTTP_GET, "/small", give_small}, {HTTP_GET, "/large", give_large}};
    const struct http_server_config serve = {.address = "127.0.0.1", .loops = 1, .routes = routes, .route_count = 2};
    struct bench b = {0};
    struct buf wasm = {0};
    uint64_t compile_ms = 0;
    if (!mkdtemp(dir))
        must(err_new(ERR_UNAVAILABLE, "no temporary folder"));
    log_start("bench", LOG_WARN);
    const struct engine_config config = {.cache_dir = dir};
    must(fs_read(GUESTS_DIR "/asker.wasm", 1 << 20, &wasm));
    must(engine_open(&config, &b.engine));
    must(engine_prepare(b.engine, buf_slice(&wasm), &b.code, &compile_ms));
    must(http_client_new(&b.http));
    must(http_server_start(&serve, &server));
    printf("one fetch from loopback, best of %d, us %10s %12s %12s %12s\n", ROUNDS, "curl, new", "curl, kept", "in a cell",
           "of kept");
    measure(&b, "/small", 500, 1000);
    measure(&b, "/large", 50, LARGE);
    puts("goal: at most 1.5");
    http_server_stop(server, 100);
    http_client_free(b.http);
    engine_close(b.engine);
    buf_free(&wasm);
    must(fs_remove_tree(dir));
    return 0;
}
