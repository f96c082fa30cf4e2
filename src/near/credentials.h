/* Keys of accounts, kept where the NEAR tools keep them: ~/.near-credentials/<network>/<account>.json with
 * {"account_id", "public_key", "private_key"}. Files are 0600 in folders 0700; other fields of a file are ignored, and
 * `secret_key` is read where there is no `private_key`, as some tools write it.
 *
 * A key that is there is never replaced: whoever wants that moves the file away first. */
#pragma once
#include "base/arena.h"
#include "near/account_id.h"
#include "near/key.h"

struct credentials {
    struct account_id account_id;
    struct secret_key key;
};

/* Appends the path of an account's file. ERR_INVALID when `network` is no name (a-z, 0-9, `-`, 1 to 32 characters), so that it
 * cannot leave the folder; ERR_UNAVAILABLE when HOME is not set. */
struct err *credentials_path(const char *network, const struct account_id *account, struct buf *out);

/* Reads an account's file. ERR_NOT_FOUND says how to get a key; ERR_INVALID when the file is another account's, its public key does
 * not belong to its private key, or it is none. */
struct err *credentials_read(const char *network, const struct account_id *account, struct credentials *out);

/* As credentials_read, from any path and of any account. */
struct err *credentials_read_file(const char *path, struct credentials *out);

/* Writes an account's file and its folder. The same key already there is success, another one ERR_CONFLICT. */
struct err *credentials_write(const char *network, const struct credentials *c);

/* As credentials_write, to any path. */
struct err *credentials_write_file(const char *path, const struct credentials *c);

/* Reads an account's key; where there is none, makes one and writes it. */
struct err *credentials_read_or_generate(const char *network, const struct account_id *account, const struct entropy *entropy,
                                         struct credentials *out);

/* The accounts that have a file, in byte order; none when the network has no folder. */
struct err *credentials_list(const char *network, struct arena *arena, const struct account_id **out, size_t *count);

static inline void auto_credentials(struct credentials *c)
{
    secret_key_wipe(&c->key);
}
