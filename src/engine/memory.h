/* Linear memory and tables of a guest, taken from one budget.
 *
 * The engine's own limiter bounds each memory by itself and does not tell when it refuses to grow one. Here all memories of a
 * process draw on one sum, and a refusal is remembered: that is how "out of memory" is told from any other abort. One process
 * runs one guest, so one budget is enough. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <wasmtime.h>

struct memory_budget {
    uint64_t limit;   /* bytes over all memories and tables */
    uint64_t used;    /* bytes now */
    uint64_t tables;  /* of these, bytes of tables */
    uint64_t peak;    /* the most that was ever used */
    uint64_t refused; /* the total that was asked for when the limit said no, 0: it never did */
};

/* Starts a new run with this limit; what is in use stays counted. */
void memory_budget_start(struct memory_budget *budget, uint64_t limit);

/* For shim_limits: takes the elements of a table from the `struct memory_budget *` env, and of one table at most TABLE_ELEMENTS_MAX. */
enum { TABLE_ELEMENTS_MAX = 1000000, TABLE_ELEMENT_LEN = 8 };
bool memory_budget_grow_table(void *env, size_t from, size_t to);

/* All tables are gone: they end with their store. */
void memory_budget_drop_tables(struct memory_budget *budget);

/* Makes the engine of this configuration allocate linear memories from the budget. */
void memory_budget_install(wasm_config_t *config, struct memory_budget *budget);
