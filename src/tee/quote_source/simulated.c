#include "base/mem.h"
#include "tee/quote_source/internal.h"
#include <string.h>

struct simulated {
    struct quote_source head;
    uint8_t seed[SIMULATOR_SEED_LEN];
    struct buf quote; /* of the configuration; no date stands in a quote */
};

static struct err *simulated_quote(struct quote_source *s, const uint8_t report_data[REPORT_DATA_LEN], struct buf *out)
{
    struct simulated *m = (struct simulated *)s;
    simulator_quote_again(m->seed, report_data, &m->quote);
    buf_append(out, buf_slice(&m->quote));
    return NULL;
}

static void simulated_free(struct quote_source *s)
{
    struct simulated *m = (struct simulated *)s;
    explicit_bzero(m->seed, sizeof m->seed);
    buf_free(&m->quote);
    mem_free(m);
}

void quote_source_simulator(const struct simulator_config *config, struct quote_source **out)
{
    AUTO(simulator_output) struct simulator_output made = {0};
    struct simulated *m = mem_calloc(1, sizeof *m);
    m->head = (struct quote_source){"simulator", simulated_quote, simulated_free, QUOTE_TIMEOUT_MS};
    memcpy(m->seed, config->seed, sizeof m->seed);
    simulator_make(config, &made);
    buf_append(&m->quote, buf_slice(&made.quote));
    *out = &m->head;
}
