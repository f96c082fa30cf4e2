/* What commands print. */
#pragma once
#include <jansson.h>

/* One line on standard output, there at once. */
void cli_print_json(const json_t *doc);
