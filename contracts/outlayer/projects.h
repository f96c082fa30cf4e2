/* Projects: names for code that changes. A project is `owner/name`, keeps its uuid for life, and has versions, one of which is active.
 *
 *     p <project id>              the record
 *     v <number, hash of key>     a version
 *     w <number>                  set of the hashes: the versions in order
 *     P <owner>                   set of the names: the owner's projects in order
 *     a <hash>                    a consent to take a project over, with its deposit
 *
 * `number` is the uuid: 8 bytes, little endian. A version's key is the hash of a WasmUrl, `repo@commit` of a GitHub source; it is hashed
 * as storage_key_hash does. */
#pragma once
#include "outlayer/state.h"

enum { PROJECT_ID_MAX = 64 + 1 + 64 };

/* NULL when there is none. The id stays borrowed. */
struct project *project_load(struct slice id);
bool project_exists(struct slice id);
/* As "p" and 16 hex digits. */
struct slice project_uuid(const struct project *p);
struct slice project_owner(const struct project *p);
/* Does a project with that uuid exist? Every project has a version. */
bool project_uuid_exists(struct slice uuid);

struct version *version_load(const struct project *p, struct slice hash);
/* The code of a version; of the active one when `version_key` is NULL. False when there is none. */
bool project_code(const struct project *p, struct slice version_key, struct source *code);
/* STORAGE_HASH_LEN bytes. */
struct slice version_hash(struct slice version_key);
struct set *project_versions(const struct project *p);
