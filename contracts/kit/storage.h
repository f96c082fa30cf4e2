/* The contract's storage: a map from keys (up to 2048 bytes) to values (up to 4 MiB). A collection is a one-byte prefix of its keys;
 * a record is a struct with a schema, kept as borsh. */
#pragma once
#include "kit/schema.h"

enum { STORAGE_KEY_MAX = 160, STORAGE_HASH_LEN = 20 };

/* Keys live as long as the call.
 *
 * prefix, then the number as 8 little-endian bytes. */
struct slice storage_key_u64(uint8_t prefix, uint64_t id);
/* prefix, then the text, which is at most STORAGE_KEY_MAX - 1 bytes (a longer one ends the call). */
struct slice storage_key_text(uint8_t prefix, struct slice text);
/* For names of any length: prefix, then the first STORAGE_HASH_LEN bytes of their SHA-256. */
struct slice storage_key_hash(uint8_t prefix, struct slice name);

/* What is under the key; its pointer is NULL when nothing is. */
struct slice storage_read(struct slice key);
bool storage_has(struct slice key);
/* True when it replaced a value. */
bool storage_write(struct slice key, struct slice value);
/* Removes; false when there was nothing. storage_take gives what was there, as storage_read does. */
bool storage_remove(struct slice key);
struct slice storage_take(struct slice key);

/* Records: structs that live as long as the call; NULL when there is nothing under the key. A stored record that does not fit its schema
 * ends the call with "Cannot deserialize value with Borsh". */
void *record_read(struct slice key, const struct schema *s);
void *record_take(struct slice key, const struct schema *s);
/* As record_read, but zeros when there is nothing. */
void *record_read_or_zeros(struct slice key, const struct schema *s);
bool record_write(struct slice key, const struct schema *s, const void *value);
