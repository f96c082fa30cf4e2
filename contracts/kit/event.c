#include "kit/event.h"
#include "kit/text.h"

/* What the host takes in one call; a refusal of its own says nothing to clients. */
enum { LOG_MAX = 16384 };

void event_begin(struct buf *line, struct slice standard, struct slice version, struct slice name)
{
    buf_append(line, SLICE("EVENT_JSON:"));
    json_write_open(line, '{');
    json_write_name(line, SLICE("standard"));
    json_write_string(line, standard);
    json_write_name(line, SLICE("version"));
    json_write_string(line, version);
    json_write_name(line, SLICE("event"));
    json_write_string(line, name);
    json_write_name(line, SLICE("data"));
    json_write_open(line, '[');
}

void event_end(struct buf *line)
{
    json_write_close(line, ']');
    json_write_close(line, '}');
    require_text(line->len <= LOG_MAX, "The length of a log message {} exceeds the limit {}", (uint64_t)line->len,
                 (uint64_t)LOG_MAX);
    log_line(buf_slice(line));
}
