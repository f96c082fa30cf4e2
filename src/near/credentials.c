#include "near/credentials.h"
#include "base/fs.h"
#include "base/mem.h"
#include "codec/json_doc.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_LEN_MAX = 16 * 1024, NETWORK_LEN_MAX = 32, ACCOUNTS_MAX = 65536 };

static bool is_network_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return len && len <= NETWORK_LEN_MAX && !name[len];
}

static struct err *append_folder(const char *network, struct buf *out)
{
    const char *home = getenv("HOME");
    if (!is_network_name(network))
        return err_new(ERR_INVALID, "network `%.40s` is not a name, expected devnet, testnet or mainnet", network);
    if (!home || !*home)
        return err_new(ERR_UNAVAILABLE, "HOME is not set, so there is no folder for keys: set it to your home folder");
    buf_append_fmt(out, "%s/.near-credentials/%s", home, network);
    return NULL;
}

struct err *credentials_path(const char *network, const struct account_id *account, struct buf *out)
{
    TRY(append_folder(network, out));
    buf_append_fmt(out, "/%s.json", account->text);
    return NULL;
}

/* A buffer whose bytes are wiped before they are freed. */
static void auto_secret_buf(struct buf *b)
{
    if (b->ptr)
        explicit_bzero(b->ptr, b->cap);
    buf_free(b);
}

static struct err *parse_fields(const json_t *doc, struct credentials *out)
{
    struct slice account, secret = {0}, public_text = {0};
    TRY(json_doc_str(doc, "account_id", &account));
    TRY(account_id_parse(account, &out->account_id));
    TRY(json_doc_str_opt(doc, "private_key", &secret));
    if (!secret.ptr)
        TRY(json_doc_str_opt(doc, "secret_key", &secret));
    if (!secret.ptr)
        return err_new(ERR_INVALID, "it has no `private_key`");
    struct err *e = secret_key_parse(secret, &out->key);
    explicit_bzero((void *)secret.ptr, secret.len);
    TRY(e);
    TRY(json_doc_str_opt(doc, "public_key", &public_text));
    if (!public_text.ptr)
        return NULL;
    struct public_key stated, derived = secret_key_public(&out->key);
    TRY(public_key_parse(public_text, &stated));
    if (!public_key_eq(&stated, &derived))
        return err_new(ERR_INVALID, "its `public_key` does not belong to its `private_key`");
    return NULL;
}

struct err *credentials_read_file(const char *path, struct credentials *out)
{
    AUTO(secret_buf) struct buf text = {0};
    AUTO(json) json_t *doc = NULL;
    AUTO(credentials) struct credentials c = {0};
    TRY(fs_read(path, FILE_LEN_MAX, &text));
    TRY_DOING(json_doc_parse(buf_slice(&text), &doc), "key file %s", path);
    TRY_DOING(parse_fields(doc, &c), "key file %s", path);
    *out = c;
    return NULL;
}

struct err *credentials_read(const char *network, const struct account_id *account, struct credentials *out)
{
    AUTO(buf) struct buf path = {0};
    AUTO(credentials) struct credentials c = {0};
    TRY(credentials_path(network, account, &path));
    if (!fs_exists(buf_str(&path)))
        return err_new(ERR_NOT_FOUND, "no key of %s on %s (%s does not exist): import one with `outlayer keys import`",
                       account->text, network, buf_str(&path));
    TRY(credentials_read_file(buf_str(&path), &c));
    if (!account_id_eq(&c.account_id, account))
        return err_new(ERR_INVALID, "key file %s is of account %s, expected %s", buf_str(&path), c.account_id.text,
                       account->text);
    *out = c;
    return NULL;
}

/* Every text here is safe in JSON: ids and base58 have no quotes. */
static struct err *write_file(const char *path, const struct credentials *c)
{
    AUTO(secret_buf) struct buf text = {0};
    struct public_key key = secret_key_public(&c->key);
    char public_text[KEY_TEXT_MAX], secret_text[SECRET_TEXT_MAX];
    buf_append_fmt(&text, "{\"account_id\":\"%s\",\"public_key\":\"%s\",\"private_key\":\"%s\"}\n", c->account_id.text,
                   public_key_text(&key, public_text), secret_key_text(&c->key, secret_text));
    explicit_bzero(secret_text, sizeof secret_text);
    return fs_write_atomic(path, buf_slice(&text), 0600);
}

static struct err *make_folder_of(const char *path)
{
    AUTO(str) char *folder = mem_copy_str(path, strlen(path));
    char *slash = strrchr(folder, '/');
    if (!slash || slash == folder)
        return NULL;
    *slash = '\0';
    return fs_make_dirs(folder);
}

struct err *credentials_write_file(const char *path, const struct credentials *c)
{
    AUTO(credentials) struct credentials held = {0};
    if (!fs_exists(path)) {
        TRY(make_folder_of(path));
        return write_file(path, c);
    }
    TRY(credentials_read_file(path, &held));
    if (!account_id_eq(&held.account_id, &c->account_id) || memcmp(held.key.raw, c->key.raw, sizeof held.key.raw) != 0)
        return err_new(ERR_CONFLICT, "%s already holds another key of %s: move that file away to replace it", path,
                       held.account_id.text);
    return NULL;
}

struct err *credentials_write(const char *network, const struct credentials *c)
{
    AUTO(buf) struct buf path = {0};
    TRY(credentials_path(network, &c->account_id, &path));
    return credentials_write_file(buf_str(&path), c);
}

struct err *credentials_read_or_generate(const char *network, const struct account_id *account, const struct entropy *entropy,
                                         struct credentials *out)
{
    AUTO(buf) struct buf path = {0};
    TRY(credentials_path(network, account, &path));
    if (fs_exists(buf_str(&path)))
        return credentials_read(network, account, out);
    AUTO(credentials) struct credentials c = {.account_id = *account};
    secret_key_generate(entropy, &c.key);
    TRY(credentials_write(network, &c));
    *out = c;
    return NULL;
}

static int compare_ids(const void *a, const void *b)
{
    return slice_cmp(account_id_slice(a), account_id_slice(b));
}

/* The account that a file name stands for; false for any other file. */
static bool account_of_name(const char *name, struct account_id *out)
{
    struct slice text = slice_str(name), ending = SLICE(".json");
    if (!slice_ends_with(text, ending) || !account_id_is_valid(slice_first(text, text.len - ending.len)))
        return false;
    err_free(account_id_parse(slice_first(text, text.len - ending.len), out));
    return true;
}

struct err *credentials_list(const char *network, struct arena *arena, const struct account_id **out, size_t *count)
{
    AUTO(buf) struct buf folder = {0}, found = {0};
    TRY(append_folder(network, &folder));
    *count = 0;
    *out = NULL;
    DIR *dir = opendir(buf_str(&folder));
    if (!dir && errno == ENOENT)
        return NULL;
    if (!dir)
        return err_errno(ERR_UNAVAILABLE, errno, "opening %s", buf_str(&folder));
    for (struct dirent *entry; *count < ACCOUNTS_MAX && (entry = readdir(dir));) {
        struct account_id id;
        if (!account_of_name(entry->d_name, &id))
            continue;
        buf_append(&found, slice_from(&id, sizeof id));
        ++*count;
    }
    closedir(dir);
    struct account_id *ids = (void *)arena_copy(arena, buf_slice(&found)).ptr;
    qsort(ids, *count, sizeof *ids, compare_ids);
    *out = ids;
    return NULL;
}
