#include "kit/event.h"
#include "kit/text.h"

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
    log_line(buf_slice(line));
}
