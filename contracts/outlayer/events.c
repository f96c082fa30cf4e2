#include "outlayer/events.h"

void system_event(const struct state *s, const struct schema *of, const void *value)
{
    struct buf *line = buf_new();
    event_begin(line, state_event_standard(s), state_event_version(s), SLICE("system_event"));
    json_write_open(line, '{');
    json_write_name(line, slice_str(of->name));
    schema_write_json(of, value, line);
    json_write_close(line, '}');
    event_end(line);
}
