/* Structured logs: one JSON object a line on standard error.
 *
 *     {"ts":"2026-01-02T03:04:05.678Z","level":"info","service":"worker","request_id":"7","msg":"claimed job","job_id":12}
 *
 * `msg` is a constant sentence; what varies goes into fields, so that lines can be searched by either. Never log a secret. */
#pragma once
#include "base/err.h"
#include "base/slice.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
    const char *name; /* NULL ends a list */
    enum { LOG_FIELD_STR, LOG_FIELD_U64 } kind;
    struct slice str;
    uint64_t u64;
};

#define LOG_STR(name_, value)   ((struct log_field){.name = (name_), .kind = LOG_FIELD_STR, .str = slice_str(value)})
#define LOG_SLICE(name_, value) ((struct log_field){.name = (name_), .kind = LOG_FIELD_STR, .str = (value)})
#define LOG_U64(name_, value)   ((struct log_field){.name = (name_), .kind = LOG_FIELD_U64, .u64 = (value)})
#define LOG_ERR(e)              LOG_STR("error", err_text(e))

/* Names this process in every line and sets the lowest level written (default: info). Call once at start. */
void log_start(const char *service, enum log_level lowest);

/* Reads "debug", "info", "warn" or "error"; ERR_INVALID names what was given. */
struct err *log_level_parse(struct slice text, enum log_level *out);

/* The request whose work this thread does now, put into every line it writes; copied, cut at 63 bytes. NULL ends it. */
void log_request(const char *request_id);

/* Writes one line with one write(2). `fields` ends with a NULL name. */
void log_write(enum log_level level, const char *msg, const struct log_field *fields);

#define log_debug(...)              log_fields(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)               log_fields(LOG_INFO, __VA_ARGS__)
#define log_warn(...)               log_fields(LOG_WARN, __VA_ARGS__)
#define log_error(...)              log_fields(LOG_ERROR, __VA_ARGS__)
#define log_fields(level, msg, ...) log_write((level), (msg), (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})
