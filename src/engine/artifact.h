/* Compiled programs on disk. An artifact is native code: whoever could change one would own every process that loads it, so
 * each carries a MAC under a key that exists only here, and the bytes that were checked are the bytes that are loaded.
 *
 *     <dir>/key                                32 random bytes, mode 0600, made at the first opening
 *     <dir>/<sha-256 of the program, hex>.<engine version and settings>
 *           = HMAC-SHA-256(key, header ‖ SHA-256 of the artifact), 32 bytes ‖ artifact
 *       header = "outlayer artifact 2\0" ‖ hash of the program ‖ length of the settings' label (u64, little-endian) ‖ label
 */
#pragma once
#include "base/err.h"
#include "crypto/hash.h"

struct artifact_store;

/* Makes the folder and the key when they do not exist. ERR_INVALID: `key` in there is not a key. `label` must live as long. The
 * folder's files, those of other labels too, are kept to `max_len` bytes: whenever one is put, the least recently used ones go. */
struct err *artifact_store_open(const char *dir, const char *label, uint64_t max_len, struct artifact_store **out);
void artifact_store_close(struct artifact_store *s);

/* Seals the memory file `fd`, which holds the artifact, authenticates it and puts it in place, also over a former one. It stays when
 * it alone is over the bound. */
struct err *artifact_put(struct artifact_store *s, const struct hash *code, int fd);

/* *fd is a sealed memory file with the verified artifact; the caller closes it. ERR_NOT_FOUND: there is none. ERR_INVALID: its
 * MAC is wrong; the file is removed then. */
struct err *artifact_get(struct artifact_store *s, const struct hash *code, int *fd);

/* Notes that the artifact is used, which artifact_get and artifact_put do by themselves. */
void artifact_touch(struct artifact_store *s, const struct hash *code);

void artifact_remove(struct artifact_store *s, const struct hash *code);

/* A memory file with these bytes (none: empty), not yet sealed. `name` is for people who look into /proc. */
struct err *memory_file_new(const char *name, struct slice bytes, int *fd);

/* From here on nobody can change its bytes, through no descriptor. */
struct err *memory_file_seal(int fd);
