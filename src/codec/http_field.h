/* Header fields of HTTP: what their names and values may be. Freestanding. */
#pragma once
#include "base/slice.h"

/* RFC 9110 §5.1: a token. */
bool http_field_name_is_valid(struct slice name);

/* RFC 9110 §5.5, leniently: no CR, LF or NUL, which would end the field. */
bool http_field_value_is_valid(struct slice value);

/* A field that the transport writes itself and nobody else may: connection, host, transfer-encoding … In any case of letters. */
bool http_field_is_transports(struct slice name);

/* Whether the names are the same; `lower` is in lower case. */
bool http_field_is_named(struct slice name, const char *lower);
