#include "base/clock.h"
#include "base/mem.h"
#include "tee/quote_source/internal.h"
#include <string.h>

struct simulated {
    struct quote_source head;
    struct simulator_config config;
    struct clock clock;
};

static struct err *simulated_quote(struct quote_source *s, const uint8_t report_data[REPORT_DATA_LEN], struct buf *out)
{
    struct simulated *m = (struct simulated *)s;
    AUTO(simulator_output) struct simulator_output made = {0};
    m->config.now = clock_wall_ns(&m->clock) / NS_PER_SEC;
    memcpy(m->config.report_data, report_data, REPORT_DATA_LEN);
    simulator_make(&m->config, &made);
    buf_append(out, buf_slice(&made.quote));
    return NULL;
}

static void simulated_free(struct quote_source *s)
{
    struct simulated *m = (struct simulated *)s;
    explicit_bzero(&m->config, sizeof m->config);
    mem_free(m);
}

void quote_source_simulator(const struct simulator_config *config, const struct clock *clock, struct quote_source **out)
{
    struct simulated *m = mem_calloc(1, sizeof *m);
    m->head = (struct quote_source){"simulator", simulated_quote, simulated_free};
    m->config = *config;
    m->clock = *clock;
    *out = &m->head;
}
