/* NEP-297 events: one log line, `EVENT_JSON:` and {"standard","version","event","data":[one element]}. */
#pragma once
#include "kit/schema.h"

/* Writes up to and including the `[` of data; what follows is JSON writing (codec/json.h), which escapes what users supply. */
void event_begin(struct buf *line, struct slice standard, struct slice version, struct slice name);
/* Closes and logs. Ends the call when the line is longer than the 16,384 bytes that a call may log. */
void event_end(struct buf *line);
