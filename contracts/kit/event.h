/* NEP-297 events: one log line, `EVENT_JSON:` and {"standard","version","event","data":[one element]}. */
#pragma once
#include "kit/schema.h"

/* Writes up to and including the `[` of data; what follows is JSON writing (codec/json.h), which escapes what users supply. */
void event_begin(struct buf *line, struct slice standard, struct slice version, struct slice name);
/* Closes and logs. */
void event_end(struct buf *line);
