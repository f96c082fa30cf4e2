#include "devnet/chain/schema.h"

/* undo holds what a key had before a block changed it (NULL: nothing), so that the state after an older block can be read.
 * A receipt is made in one block, taken from the queue in a later one (at once when route is local or instant), and executed then or, when
 * it waits for data, later still. Position orders what a block holds. route is enum receipt_route. */
const struct db_migration chain_migrations[] = {
    {1, "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE state (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE undo (key BLOB NOT NULL, height INTEGER NOT NULL, value BLOB, PRIMARY KEY (key, height)) WITHOUT ROWID;"
        "CREATE INDEX undo_by_height ON undo (height);"
        "CREATE TABLE block (height INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, chunk_hash BLOB NOT NULL UNIQUE,"
        " body BLOB NOT NULL);"
        "CREATE TABLE tx (hash BLOB PRIMARY KEY, height INTEGER NOT NULL, position INTEGER NOT NULL, bytes BLOB NOT NULL,"
        " outcome BLOB NOT NULL);"
        "CREATE INDEX tx_by_block ON tx (height, position);"
        "CREATE TABLE receipt (id BLOB PRIMARY KEY, tx_hash BLOB NOT NULL, route INTEGER NOT NULL, body BLOB NOT NULL,"
        " made_height INTEGER NOT NULL, made_position INTEGER NOT NULL,"
        " taken_height INTEGER, taken_position INTEGER,"
        " executed_height INTEGER, executed_position INTEGER, outcome BLOB);"
        "CREATE INDEX receipt_queue ON receipt (made_height, made_position) WHERE taken_height IS NULL;"
        "CREATE INDEX receipt_taken ON receipt (taken_height, taken_position) WHERE route = 2;"
        "CREATE INDEX receipt_executed ON receipt (executed_height, executed_position) WHERE executed_height IS NOT NULL;"},
    {2, "CREATE TABLE change (height INTEGER PRIMARY KEY, body BLOB NOT NULL);"},
};

const size_t chain_migration_count = sizeof chain_migrations / sizeof chain_migrations[0];
