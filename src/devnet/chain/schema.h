/* The chain's file. One SQLite transaction a block, in WAL mode with synchronous=NORMAL: a killed process loses nothing that a block
 * holds; a machine that loses power may lose its last blocks, never half of one. */
#pragma once
#include "store/db.h"

extern const struct db_migration chain_migrations[];
extern const size_t chain_migration_count;
