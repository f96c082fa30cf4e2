/* The language of tests/guests/relay.c: bytes on standard input, executed until they end.
 *
 *     op < RELAY_IMPORTS    calls that import; then a value for each parameter but the return pointer
 *     RELAY_TEXT n bytes    n bytes that values can point to
 *     RELAY_GATHER n …      n values, 32 bits each, that values can point to
 *     RELAY_SAY n v         writes v, n bytes (at most 8) of it, to standard output
 *     RELAY_SHOW v v        pointer and length: writes these bytes, in pieces of 4096
 *     RELAY_RETURN v        the return pointer of the next call
 *     RELAY_REALLOC m       from here on cabi_realloc is of enum relay_realloc
 *
 * A value is a byte, sometimes with more behind it:
 *
 *     0x00 … 0x3f           itself
 *     0x40 … 0x7f           32 bits of a result: of the call ((b >> 3) & 7) before the next, the word b & 7
 *     0x80 … 0xbf           a pointer to the text, b & 0x3f bytes into it
 *     0xc0 … 0xfd           one of a few odd numbers (relay.c), also RELAY_GATHERED
 *     0xfe                  4 bytes, little-endian
 *     0xff                  8 bytes
 *
 * What is cut off is zeroes. */
#pragma once

enum relay_import {
#define IMPORT(name, params, result, module, function) RELAY_##name,
#include "relay_imports.def"
#undef IMPORT
    RELAY_IMPORTS,
};

enum { RELAY_TEXT = RELAY_IMPORTS, RELAY_GATHER, RELAY_SAY, RELAY_SHOW, RELAY_RETURN, RELAY_REALLOC, RELAY_OPS };

enum relay_realloc {
    REALLOC_HONEST,
    REALLOC_NULL,
    REALLOC_MISALIGNED,
    REALLOC_OUTSIDE,
    REALLOC_SAME,
    REALLOC_TRAP,
    REALLOC_CALLS,
    REALLOC_KINDS
};

enum { RELAY_GATHERED = 0xc0, RELAY_OUT = 0xc1, RELAY_MINUS_ONE = 0xc2, RELAY_HANDLE_OUT = 0xc3 };
