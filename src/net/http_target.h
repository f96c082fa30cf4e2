/* Request targets (RFC 9112 §3.2, RFC 3986): path patterns, percent escapes, query parameters.
 *
 * A pattern is a path whose segments are literal or `{name}`: "/wasm/{hash}". A named segment matches exactly one segment of one
 * byte or more; literal segments are compared as they stand on the wire. Nothing is normalised: "//" and ".." are ordinary text.
 * What a named segment or a parameter says must be unescaped before it is used, and only text that http_escapes_valid accepts
 * may be. */
#pragma once
#include "base/arena.h"

/* True when every `%` starts two hex digits and none spells a NUL. */
bool http_escapes_valid(struct slice text);

/* Decodes escapes, and `+` to a space when `form` (a query, not a path). */
struct slice http_unescape(struct arena *a, struct slice text, bool form);

bool http_path_matches(const char *pattern, struct slice path);

/* The still escaped segment of `path` that `{name}` stands for; NULL pointer when the pattern has none of that name.
 * `path` must match `pattern`. */
struct slice http_path_segment(const char *pattern, struct slice path, const char *name);

/* The decoded value of the first parameter of that name, empty when it has no `=`; NULL pointer when it is missing. */
struct slice http_query_value(struct arena *a, struct slice query, const char *name);
