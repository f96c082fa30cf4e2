/* Where a confidential VM gets its quotes: 64 bytes of report data in, one quote out. Four ways behind one interface.
 *
 * | source    | asks                                                        | takes        |
 * |-----------|-------------------------------------------------------------|--------------|
 * | vsock     | /dev/tdx_guest for a report, the host's quoting service for the quote | milliseconds |
 * | configfs  | the kernel's TSM reports (Linux 6.7 and newer)              | milliseconds to a second |
 * | dstack    | the dstack guest agent over its Unix socket                 | as configfs  |
 * | simulator | nobody: makes one under a root of its own                   | 0.1 ms       |
 *
 * A quote that does not carry the report data asked for, or is of no possible length, is an error: no caller ever sees another's quote. What it says is judged by
 * dcap, not here. A source is used by one thread at a time.
 *
 * Sources: Documentation/ABI/testing/configfs-tsm-report of the Linux kernel; uapi/linux/tdx-guest.h; the message format of Intel's quote generation service
 * (qgs_msg_lib); the dstack guest agent's HTTP interface.
 */
#pragma once
#include "tee/simulator/simulator.h"

enum { QUOTE_LEN_MIN = 1020, QUOTE_LEN_MAX = 16384, QUOTE_TIMEOUT_MS = 30000 };

struct quote_source;

/* ERR_UNAVAILABLE: the source did not answer, or not in time; ERR_CONFLICT: others kept it busy all the time; ERR_INVALID, ERR_LIMIT: it answered something that is no
 * quote of this report data. Appends to `out`. */
struct err *quote_source_quote(struct quote_source *s, const uint8_t report_data[REPORT_DATA_LEN], struct buf *out);

/* "configfs", "vsock", "dstack" or "simulator". */
const char *quote_source_name(const struct quote_source *s);

/* Quotes of it prove nothing to anyone. */
bool quote_source_is_simulated(const struct quote_source *s);

/* How long one quote may take, whatever the peer does: QUOTE_TIMEOUT_MS unless another bound is set. */
void quote_source_set_timeout(struct quote_source *s, unsigned timeout_ms);

void quote_source_free(struct quote_source *s);

static inline void auto_quote_source(struct quote_source **s)
{
    quote_source_free(*s);
}

/* `folder` is a report entry below /sys/kernel/config/tsm/report, made when it is missing. */
#define QUOTE_CONFIGFS_FOLDER "/sys/kernel/config/tsm/report/outlayer"
struct err *quote_source_configfs(const char *folder, struct quote_source **out);

/* How the vsock source reaches hardware and host; the members fail as functions of this project do. */
enum { TD_REPORT_LEN = 1024 };
struct quote_host {
    struct err *(*report)(void *self, const uint8_t report_data[REPORT_DATA_LEN], uint8_t report[TD_REPORT_LEN]);
    struct err *(*connect)(void *self, int *fd); /* a stream to the quoting service; the source closes it */
    void *self;
};
/* /dev/tdx_guest, and the host (vsock CID 2) at the port of `port=` in /etc/tdx-attest.conf. */
extern const struct quote_host quote_host_system;
void quote_source_vsock(const struct quote_host *host, struct quote_source **out);

/* `endpoint` is the path of a Unix socket or a URL (dstack's own simulator); NULL: the first of the known paths that exists. */
struct err *quote_source_dstack(const char *endpoint, struct quote_source **out);

/* Makes quotes of the configured TD (a TDX quote without a defect), with the report data asked for. */
void quote_source_simulator(const struct simulator_config *config, struct quote_source **out);

/* The source this machine has, in the order of the table: ERR_NOT_FOUND when there is none, never the simulator. */
struct err *quote_source_find(struct quote_source **out);
