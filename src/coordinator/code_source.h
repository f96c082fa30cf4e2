/* Where code comes from, as worker and coordinator write it: {"type":"GitHub","repo","commit","build_target"} or
 * {"type":"WasmUrl","url","hash","build_target"}. Its checksum names the build everywhere: in queue, store and attestation. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "crypto/hash.h"
#include <jansson.h>

enum code_kind { CODE_GITHUB, CODE_WASM_URL };

struct code_source {
    enum code_kind kind;
    struct slice repo, commit; /* GitHub; the repository in its normal form */
    struct slice url, hash;    /* WasmUrl; the hash in lower case */
    struct slice build_target; /* as given; "wasm32-wasip1" when missing */
    /* Hex of SHA-256 of "{repo}:{commit}:{build_target}", or the WasmUrl's hash. Empty when that is not 64 hex digits: such a
     * request is well formed but names nothing that could exist. */
    char checksum[HASH_HEX_MAX];
};

/* ERR_INVALID when `value` has another shape. Slices live in `arena`. */
struct err *code_source_parse(const json_t *value, struct arena *arena, struct code_source *out);

/* The same shape again; a new reference. */
json_t *code_source_write(const struct code_source *source);

/* `git@github.com:o/r.git`, `ssh://git@github.com/o/r`, `github.com/o/r` and `o/r` become `https://github.com/o/r`; any other text
 * stays. A `.git` behind an https address stays too, and gives another checksum. */
struct slice code_source_normal_repo(struct slice repo, struct arena *arena);

/* 64 lower-case hex digits: the only shape of a checksum that may become a file name. */
bool code_checksum_is_valid(struct slice text);
