#include "base/log.h"
#include "base/buf.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};

static const char *service_name = "outlayer";
static enum log_level lowest_level = LOG_INFO;
static _Thread_local char current_request[64];

void log_start(const char *service, enum log_level lowest)
{
    service_name = service;
    lowest_level = lowest;
}

struct err *log_level_parse(struct slice text, enum log_level *out)
{
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
        if (slice_eq_str(text, level_names[i])) {
            *out = (enum log_level)i;
            return NULL;
        }
    }
    return err_new(ERR_INVALID, "unknown log level `%.*s`, expected debug, info, warn or error", SLICE_FMT(text));
}

void log_request(const char *request_id)
{
    snprintf(current_request, sizeof current_request, "%s", request_id ? request_id : "");
}

/* JSON string escapes; bytes that are no UTF-8 are the reader's to deal with, control characters are not. */
static void append_quoted(struct buf *line, struct slice text)
{
    buf_append_byte(line, '"');
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (c == '"' || c == '\\')
            buf_append_byte(line, '\\');
        if (c < 0x20)
            buf_append_fmt(line, "\\u%04x", c);
        else
            buf_append_byte(line, c);
    }
    buf_append_byte(line, '"');
}

static void append_field(struct buf *line, const struct log_field *field)
{
    buf_append_fmt(line, ",\"%s\":", field->name);
    if (field->kind == LOG_FIELD_U64)
        buf_append_fmt(line, "%llu", (unsigned long long)field->u64);
    else
        append_quoted(line, field->str);
}

void log_write(enum log_level level, const char *msg, const struct log_field *fields)
{
    if (level < lowest_level)
        return;
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    char ts[32];
    strftime(ts, sizeof ts, "%Y-%m-%dT%H:%M:%S", &utc);

    AUTO(buf) struct buf line = {0};
    buf_append_fmt(&line, "{\"ts\":\"%s.%03ldZ\",\"level\":\"%s\",\"service\":\"%s\"", ts, now.tv_nsec / 1000000,
                   level_names[level], service_name);
    if (current_request[0])
        append_field(&line, &LOG_STR("request_id", current_request));
    append_field(&line, &LOG_STR("msg", msg));
    for (; fields->name; fields++)
        append_field(&line, fields);
    buf_append_str(&line, "}\n");
    ssize_t written = write(STDERR_FILENO, line.ptr, line.len);
    (void)written; /* a log that cannot be written has nowhere to say so */
}
