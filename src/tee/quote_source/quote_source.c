#include "base/clock.h"
#include "base/fs.h"
#include "tee/quote_source/internal.h"
#include <string.h>

enum { REPORT_DATA_V4 = 568, REPORT_DATA_V5 = 574 };

/* Is it a TDX quote of this report data? */
static struct err *check(struct slice quote, const uint8_t *report_data)
{
    if (quote.len < QUOTE_LEN_MIN || quote.len > QUOTE_LEN_MAX)
        return err_new(ERR_INVALID, "a quote of %zu bytes, expected %d to %d", quote.len, QUOTE_LEN_MIN, QUOTE_LEN_MAX);
    unsigned version = quote.ptr[0] | (unsigned)quote.ptr[1] << 8;
    if (version != 4 && version != 5)
        return err_new(ERR_INVALID, "a quote of version %u, expected 4 or 5", version);
    if (memcmp(quote.ptr + (version == 4 ? REPORT_DATA_V4 : REPORT_DATA_V5), report_data, REPORT_DATA_LEN) != 0)
        return err_new(ERR_INVALID, "the quote carries other report data than it was asked for");
    return NULL;
}

struct err *quote_source_quote(struct quote_source *s, const uint8_t report_data[REPORT_DATA_LEN], struct buf *out)
{
    size_t start = out->len;
    struct err *e = s->quote(s, report_data, out);
    if (!e)
        e = check(slice_skip(buf_slice(out), start), report_data);
    if (e)
        out->len = start;
    return err_doing(e, "getting a quote from %s", s->name);
}

void quote_source_set_timeout(struct quote_source *s, unsigned timeout_ms)
{
    s->timeout_ms = timeout_ms;
}

uint64_t quote_source_deadline_ns(const struct quote_source *s)
{
    return clock_monotonic_ns(&clock_system) + s->timeout_ms * NS_PER_MS;
}

unsigned quote_source_left_ms(uint64_t deadline_ns)
{
    uint64_t now = clock_monotonic_ns(&clock_system);
    return now < deadline_ns ? (unsigned)((deadline_ns - now + NS_PER_MS - 1) / NS_PER_MS) : 0;
}

const char *quote_source_name(const struct quote_source *s)
{
    return s->name;
}

bool quote_source_is_simulated(const struct quote_source *s)
{
    return !strcmp(s->name, "simulator");
}

void quote_source_free(struct quote_source *s)
{
    if (s)
        s->free(s);
}

struct err *quote_source_find(struct quote_source **out)
{
    if (fs_exists("/dev/tdx_guest") && fs_exists("/etc/tdx-attest.conf")) {
        quote_source_vsock(&quote_host_system, out);
        return NULL;
    }
    if (fs_exists("/sys/kernel/config/tsm/report"))
        return quote_source_configfs(QUOTE_CONFIGFS_FOLDER, out);
    return quote_source_dstack(NULL, out);
}
