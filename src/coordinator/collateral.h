/* Intel's documents as the register contract held them, every version that was ever seen: neither the contract nor Intel gives out superseded ones, and an old result is
 * verified with the documents of its time. Nothing is verified here; its readers do that. Work of the caller's transaction. */
#pragma once
#include "base/arena.h"
#include "store/db.h"
#include <jansson.h>

struct collateral {
    char fmspc[13];                   /* lower-case hex, of the TCB info */
    uint64_t valid_from, valid_until; /* seconds: TCB info and QE identity both hold */
    struct slice text;                /* as the contract has it */
};

/* Reads platform and dates. ERR_INVALID names what is missing. `text` is borrowed. */
struct err *collateral_parse(struct slice text, struct collateral *out);

/* *created is false when that very text was known. */
struct err *collateral_store(struct db *db, const struct collateral *c, const char *contract_id, uint64_t now_ms,
                             bool *created);

/* The newest version for the platform that holds at `at_s`, else the newest at all; *out is NULL when there is none. As the public object. */
struct err *collateral_find(struct db *db, struct slice fmspc, uint64_t at_s, json_t **out);
