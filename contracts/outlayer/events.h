/* Events of the `system_event` kind: what the worker passes on besides requests. */
#pragma once
#include "outlayer/state.h"

/* Logs {"<name>": value}. */
void system_event(const struct state *s, const struct schema *of, const void *value);
