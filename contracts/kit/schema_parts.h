/* For schema_json.c and schema_borsh.c: what the tables of a contract have. The build finds it out (cmake/contract_ir.py), and whatever no table needs
 * is left out of the contract. */
#pragma once
#include "kit/schema.h"

/* Bit t: a field of type t; bit 16 + k: a schema of kind k. An array, whose item the compiler does not look at before the build has set it. */
static const uint32_t schema_parts[1] __attribute__((section("schema_parts"))) = {UINT32_MAX};

static inline bool schema_has(enum field_type t)
{
    return *schema_parts >> t & 1;
}

static inline bool schema_is(const struct schema *s, enum schema_kind k)
{
    return *schema_parts >> (16 + k) & 1 && s->kind == k;
}

static inline bool field_is(const struct field *f, enum field_type t)
{
    return schema_has(t) && f->type == t;
}
