/* The coordinator's tables, as numbered migrations. Times are Unix milliseconds (`_ms`) or seconds (`_s`), money is decimal text,
 * truth values are 0 or 1. What a job and its history have in common with their request stands in the request's row only. */
#pragma once
#include "store/db.h"

extern const struct db_migration coordinator_migrations[];
extern const size_t coordinator_migration_count;
