/* near:storage: encrypted cells of (project, account, key). The keystore makes and opens ciphertexts, the coordinator keeps them; this
 * worker only carries them between the two. */
#include "codec/base64.h"
#include "crypto/hash.h"
#include "worker/host/host.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    KEY_MAX = 1024,
    VALUE_MAX = 1 << 20,
    CALLS_MAX = 1000,
    TIMEOUT_MS = 30 * 1000,
    LIST_TIMEOUT_MS = 25 * 1000,
    LIST_PAGE = 1000,
    LIST_PAGES_MAX = 100,
    INCREMENT_ROUNDS = 5,
    NUMBER_LEN = 8,
    BODY_SHOWN = 500,
};

static const struct slice worker_cell = {(const uint8_t *)"@worker", 7};

struct storage {
    struct host_run *run;
    const struct host_request *request;
    struct host_answer *answer;
};

static struct slice arg(const struct storage *s, size_t i)
{
    return s->request->args[i].bytes;
}

/* --- the two peers ------------------------------------------------------------------------------------------------------------- */

/* Asks and reads a JSON answer. A status that is not 2xx is an error `what: STATUS - BODY`, with *status for whoever takes one as an
 * answer; a body that is none is NULL in *doc. */
static struct err *ask(const struct storage *s, const struct host_peer *peer, const char *method, const char *path,
                       json_t *body, const char *what, int *status, json_t **doc)
{
    AUTO(http_answer) struct http_answer http = {0};
    *status = 0;
    struct err *e = host_ask(s->run, peer, method, path, body, s->request, TIMEOUT_MS, &http);
    if (e) {
        err_free(e);
        return err_new(ERR_UNAVAILABLE, "%s: no answer", what);
    }
    *status = http.status;
    if (http.status < 200 || http.status > 299)
        return err_new(ERR_UNAVAILABLE, "%s: %d - %.*s", what, http.status,
                       SLICE_FMT(slice_first(buf_slice(&http.body), BODY_SHOWN)));
    if (http.body.len)
        err_free(json_doc_parse(buf_slice(&http.body), doc));
    return NULL;
}

static struct err *ask_coordinator(const struct storage *s, const char *path, json_t *body, const char *what, json_t **doc)
{
    int status;
    return ask(s, &s->run->config->coordinator, "POST", path, body, what, &status, doc);
}

static struct err *ask_keystore(const struct storage *s, const char *path, json_t *body, const char *what, json_t **doc)
{
    int status;
    return ask(s, &s->run->config->keystore, "POST", path, body, what, &status, doc);
}

/* A byte string of the coordinator: an array of numbers. */
static json_t *bytes_json(struct slice bytes)
{
    json_t *array = json_array();
    for (size_t i = 0; i < bytes.len; i++)
        json_array_append_new(array, json_integer(bytes.ptr[i]));
    return array;
}

static json_t *base64_json(struct slice bytes)
{
    AUTO(buf) struct buf text = {0};
    base64_append(&text, bytes);
    return json_doc_string(buf_slice(&text));
}

static json_t *key_hash_json(struct slice key)
{
    char hex[HASH_HEX_MAX];
    struct hash hash = hash_sha256(key);
    return json_string(hash_hex(&hash, hex));
}

/* --- cells ------------------------------------------------------------------------------------------------------------------------ */

/* {"project_uuid","account_id"} of a cell. */
static json_t *cell_json(const struct storage *s, struct slice account)
{
    return json_pack("{s:o,s:o}", "project_uuid", json_doc_string(s->run->id.project_uuid), "account_id",
                     json_doc_string(account));
}

static json_t *row_json(const struct storage *s, struct slice account, struct slice key)
{
    json_t *row = cell_json(s, account);
    json_object_set_new(row, "key_hash", key_hash_json(key));
    return row;
}

static void add_version(const struct storage *s, json_t *to)
{
    json_object_set_new(to, "wasm_hash", json_doc_string(s->run->id.wasm_hash));
}

/* A cell's ciphertexts, or its plain bytes. */
struct cell {
    bool exists, encrypted;
    struct buf key, value;
};

static void auto_cell(struct cell *c)
{
    buf_free(&c->key);
    buf_free(&c->value);
}

static struct err *encrypt(const struct storage *s, struct slice account, struct slice key, struct slice value,
                           struct cell *out)
{
    AUTO(json) json_t *doc = NULL;
    json_t *body = cell_json(s, account);
    add_version(s, body);
    json_object_set_new(body, "key", json_doc_string(key));
    json_object_set_new(body, "value_base64", base64_json(value));
    TRY(ask_keystore(s, "/storage/encrypt", body, "Keystore encrypt failed", &doc));
    if (!base64_decode(json_doc_text(json_object_get(doc, "encrypted_key_base64")), &out->key, NULL) ||
        !base64_decode(json_doc_text(json_object_get(doc, "encrypted_value_base64")), &out->value, NULL) || !out->key.len)
        return err_new(ERR_UNAVAILABLE, "Keystore encrypt failed: an answer without ciphertexts");
    out->exists = out->encrypted = true;
    return NULL;
}

/* Appends the value; `key` (may be NULL) gets the key. */
static struct err *decrypt(const struct storage *s, struct slice account, const struct cell *cell, struct buf *key,
                           struct buf *value)
{
    AUTO(json) json_t *doc = NULL;
    if (!cell->encrypted) {
        buf_append(value, buf_slice(&cell->value));
        if (key)
            buf_append(key, buf_slice(&cell->key));
        return NULL;
    }
    json_t *body = cell_json(s, account);
    add_version(s, body);
    json_object_set_new(body, "encrypted_key_base64", base64_json(buf_slice(&cell->key)));
    json_object_set_new(body, "encrypted_value_base64", base64_json(buf_slice(&cell->value)));
    TRY(ask_keystore(s, "/storage/decrypt", body, "Keystore decrypt failed", &doc));
    if (!base64_decode(json_doc_text(json_object_get(doc, "value_base64")), value, NULL))
        return err_new(ERR_UNAVAILABLE, "Keystore decrypt failed: an answer without a value");
    if (key)
        buf_append(key, json_doc_text(json_object_get(doc, "key")));
    return NULL;
}

static void read_cell(const json_t *doc, const char *key_name, const char *value_name, struct cell *out)
{
    bool has_value = json_doc_bytes(json_object_get(doc, value_name), &out->value);
    json_doc_bytes(json_object_get(doc, key_name), &out->key);
    out->exists = has_value && !json_is_false(json_object_get(doc, "exists"));
    out->encrypted = !json_is_false(json_object_get(doc, "is_encrypted"));
}

static struct err *fetch(const struct storage *s, struct slice account, struct slice key, struct cell *out)
{
    AUTO(json) json_t *doc = NULL;
    TRY(ask_coordinator(s, "/storage/get", row_json(s, account, key), "Storage get failed", &doc));
    read_cell(doc, "encrypted_key", "encrypted_value", out);
    return NULL;
}

/* The row as /storage/set and its like take it. */
static json_t *full_row_json(const struct storage *s, struct slice account, struct slice key, const struct cell *cell)
{
    json_t *row = row_json(s, account, key);
    add_version(s, row);
    json_object_set_new(row, "encrypted_key", bytes_json(buf_slice(&cell->key)));
    json_object_set_new(row, "encrypted_value", bytes_json(buf_slice(&cell->value)));
    return row;
}

/* --- get, set, and what they are made of -------------------------------------------------------------------------------------------- */

static struct err *get_value(const struct storage *s, struct slice account, struct slice key, bool *exists, struct buf *value)
{
    AUTO(cell) struct cell cell = {0};
    TRY(fetch(s, account, key, &cell));
    *exists = cell.exists;
    return cell.exists ? decrypt(s, account, &cell, NULL, value) : NULL;
}

static struct err *set_value(const struct storage *s, struct slice account, struct slice key, struct slice value)
{
    AUTO(cell) struct cell cell = {0};
    AUTO(json) json_t *doc = NULL;
    TRY(encrypt(s, account, key, value, &cell));
    return ask_coordinator(s, "/storage/set", full_row_json(s, account, key, &cell), "Storage set failed", &doc);
}

static struct err *set_public(const struct storage *s, struct slice key, struct slice value)
{
    AUTO(cell) struct cell cell = {0};
    AUTO(json) json_t *doc = NULL;
    buf_append(&cell.key, key);
    buf_append(&cell.value, value);
    json_t *row = full_row_json(s, worker_cell, key, &cell);
    json_object_set_new(row, "is_encrypted", json_false());
    return ask_coordinator(s, "/storage/set", row, "Storage set failed", &doc);
}

static struct err *insert(const struct storage *s, struct slice key, struct slice value, bool *inserted)
{
    AUTO(cell) struct cell cell = {0};
    AUTO(json) json_t *doc = NULL;
    struct slice account = s->run->id.account;
    TRY(encrypt(s, account, key, value, &cell));
    TRY(ask_coordinator(s, "/storage/set-if-absent", full_row_json(s, account, key, &cell), "Storage set-if-absent failed",
                        &doc));
    *inserted = json_is_true(json_object_get(doc, "inserted"));
    return NULL;
}

/* Replaces the very ciphertext that was read; *now is the cell afterwards when it was another. */
static struct err *replace(const struct storage *s, struct slice key, const struct cell *read, struct slice value,
                           bool *updated, struct cell *now)
{
    AUTO(cell) struct cell cell = {0};
    AUTO(json) json_t *doc = NULL;
    struct slice account = s->run->id.account;
    TRY(encrypt(s, account, key, value, &cell));
    json_t *row = row_json(s, account, key);
    add_version(s, row);
    json_object_set_new(row, "expected_encrypted_value", bytes_json(buf_slice(&read->value)));
    json_object_set_new(row, "new_encrypted_key", bytes_json(buf_slice(&cell.key)));
    json_object_set_new(row, "new_encrypted_value", bytes_json(buf_slice(&cell.value)));
    TRY(ask_coordinator(s, "/storage/set-if-equals", row, "Storage set-if-equals failed", &doc));
    *updated = json_is_true(json_object_get(doc, "updated"));
    if (!*updated)
        read_cell(doc, "current_encrypted_key", "current_encrypted_value", now);
    return NULL;
}

static struct err *set_if_equals(const struct storage *s, bool *set, struct buf *current)
{
    AUTO(cell) struct cell read = {0}, now = {0};
    AUTO(buf) struct buf value = {0};
    struct slice account = s->run->id.account;
    TRY(fetch(s, account, arg(s, 0), &read));
    if (!read.exists)
        return NULL;
    TRY(decrypt(s, account, &read, NULL, &value));
    if (!slice_eq(buf_slice(&value), arg(s, 1))) {
        buf_append(current, buf_slice(&value));
        return NULL;
    }
    TRY(replace(s, arg(s, 0), &read, arg(s, 2), set, &now));
    return *set || !now.exists ? NULL : decrypt(s, account, &now, NULL, current);
}

/* One round of reading, adding and replacing; *done false: another was faster. */
static struct err *add_once(const struct storage *s, int64_t delta, int64_t *sum, bool *done)
{
    AUTO(cell) struct cell read = {0}, now = {0};
    AUTO(buf) struct buf value = {0};
    uint8_t bytes[NUMBER_LEN];
    int64_t old = 0;
    TRY(fetch(s, s->run->id.account, arg(s, 0), &read));
    if (read.exists) {
        TRY(decrypt(s, s->run->id.account, &read, NULL, &value));
        if (value.len != NUMBER_LEN)
            return err_new(ERR_INVALID, "increment: invalid value format, expected 8 bytes (i64), got %zu", value.len);
        memcpy(&old, value.ptr, sizeof old);
    }
    if (__builtin_add_overflow(old, delta, sum))
        return err_new(ERR_INVALID, "increment: overflow");
    memcpy(bytes, sum, sizeof bytes);
    if (!read.exists)
        return insert(s, arg(s, 0), slice_from(bytes, sizeof bytes), done);
    return replace(s, arg(s, 0), &read, slice_from(bytes, sizeof bytes), done, &now);
}

static struct err *increment(const struct storage *s, bool down, int64_t *sum)
{
    int64_t delta = (int64_t)s->request->args[1].number;
    bool done = false;
    if (down && __builtin_sub_overflow(0, delta, &delta))
        return err_new(ERR_INVALID, "increment: overflow");
    for (int round = 0; round < INCREMENT_ROUNDS; round++) {
        TRY(add_once(s, delta, sum, &done));
        if (done)
            return NULL;
    }
    return err_new(ERR_CONFLICT, "increment: max retries (%d) exceeded for key=%.*s", INCREMENT_ROUNDS, SLICE_FMT(arg(s, 0)));
}

/* A public cell of another project. */
static struct err *get_public(const struct storage *s, struct slice project, struct buf *value)
{
    AUTO(json) json_t *doc = NULL;
    int status;
    json_t *body = json_pack("{s:o,s:o}", "project_uuid", json_doc_string(project), "key_hash", key_hash_json(arg(s, 0)));
    struct err *e =
        ask(s, &s->run->config->coordinator, "POST", "/storage/get-public", body, "Storage get-public failed", &status, &doc);
    if (e && (status == 404 || status == 403)) {
        err_free(e);
        return status == 404 ? NULL
                             : err_new(ERR_DENIED, "Storage key '%.*s' in project '%.*s' is not public (encrypted)",
                                       SLICE_FMT(arg(s, 0)), SLICE_FMT(project));
    }
    TRY(e);
    if (!json_is_false(json_object_get(doc, "exists")))
        json_doc_bytes(json_object_get(doc, "value"), value);
    return NULL;
}

static struct err *get_by_version(const struct storage *s, struct buf *value)
{
    AUTO(json) json_t *doc = NULL;
    AUTO(cell) struct cell cell = {0};
    json_t *row = row_json(s, s->run->id.account, arg(s, 0));
    json_object_set_new(row, "wasm_hash", json_doc_string(arg(s, 1)));
    TRY(ask_coordinator(s, "/storage/get-by-version", row, "Storage get failed", &doc));
    read_cell(doc, "encrypted_key", "encrypted_value", &cell);
    return cell.exists ? decrypt(s, s->run->id.account, &cell, NULL, value) : NULL;
}

static struct err *clear(const struct storage *s, bool version)
{
    AUTO(json) json_t *doc = NULL;
    json_t *body = cell_json(s, s->run->id.account);
    if (version)
        json_object_set_new(body, "wasm_hash", json_doc_string(arg(s, 0)));
    return version ? ask_coordinator(s, "/storage/clear-version", body, "Storage clear-version failed", &doc)
                   : ask_coordinator(s, "/storage/clear-all", body, "Storage clear-all failed", &doc);
}

static bool has(const struct storage *s)
{
    AUTO(json) json_t *doc = NULL;
    AUTO(err) struct err *e =
        ask_coordinator(s, "/storage/has", row_json(s, s->run->id.account, arg(s, 0)), "Storage has failed", &doc);
    return !e && json_is_true(json_object_get(doc, "exists"));
}

static bool drop(const struct storage *s)
{
    AUTO(json) json_t *doc = NULL;
    AUTO(err) struct err *e =
        ask_coordinator(s, "/storage/delete", row_json(s, s->run->id.account, arg(s, 0)), "Storage delete failed", &doc);
    return !e;
}

/* --- list-keys ------------------------------------------------------------------------------------------------------------------------ */

static struct err *fetch_page(const struct storage *s, size_t offset, json_t **doc)
{
    AUTO(buf) struct buf path = {0};
    int status;
    buf_append_str(&path, "/storage/list?account_id=");
    host_append_escaped(&path, s->run->id.account);
    buf_append_str(&path, "&project_uuid=");
    host_append_escaped(&path, s->run->id.project_uuid);
    buf_append_fmt(&path, "&limit=%d&offset=%zu", LIST_PAGE, offset);
    return ask(s, &s->run->config->coordinator, "GET", buf_str(&path), NULL, "Storage list failed", &status, doc);
}

/* Opens the keys of a page; rows that cannot be opened are left out. */
static struct err *open_page(const struct storage *s, const json_t *rows, size_t before, uint64_t left_at_start, json_t *keys)
{
    size_t i;
    const json_t *row;
    json_array_foreach(rows, i, row)
    {
        AUTO(cell) struct cell cell = {0};
        AUTO(buf) struct buf key = {0}, value = {0};
        if (host_time_left(s->request, UINT32_MAX) + LIST_TIMEOUT_MS < left_at_start)
            return err_new(ERR_UNAVAILABLE, "list_keys timed out after %ds: too many keys (%zu total)", LIST_TIMEOUT_MS / 1000,
                           before + json_array_size(rows));
        read_cell(row, "encrypted_key", "encrypted_value", &cell);
        AUTO(err) struct err *closed = decrypt(s, s->run->id.account, &cell, &key, &value);
        if (!closed && slice_starts_with(buf_slice(&key), arg(s, 0)))
            json_array_append_new(keys, json_doc_string(buf_slice(&key)));
    }
    return NULL;
}

static struct slice first_row(const json_t *rows)
{
    return json_doc_text(json_object_get(json_array_get(rows, 0), "key_hash"));
}

/* Pages until one is not full, or repeats the first: a coordinator that knows no pages gives everything at once. */
static struct err *list_keys(const struct storage *s, json_t *keys)
{
    AUTO(json) json_t *first = NULL;
    uint64_t left_at_start = host_time_left(s->request, UINT32_MAX);
    size_t offset = 0;
    for (int page = 0; page < LIST_PAGES_MAX; page++) {
        AUTO(json) json_t *doc = NULL;
        TRY(fetch_page(s, offset, &doc));
        const json_t *rows = json_object_get(doc, "keys");
        size_t count = json_array_size(rows);
        if (count == 0 || (first && slice_eq(first_row(json_object_get(first, "keys")), first_row(rows))))
            return NULL;
        TRY(open_page(s, rows, offset, left_at_start, keys));
        if (!first)
            first = json_incref(doc);
        offset += count;
        if (count < LIST_PAGE)
            return NULL;
    }
    return err_new(ERR_LIMIT, "list_keys: more than %d keys", LIST_PAGE * LIST_PAGES_MAX);
}

/* --- all functions ------------------------------------------------------------------------------------------------------------------ */

static bool is_worker_cell(enum host_op op)
{
    return op == HOST_STORAGE_SET_WORKER || op == HOST_STORAGE_GET_WORKER;
}

/* Bounds, and that there is somebody whose cell it is. */
static struct err *check(const struct storage *s)
{
    const char *params = host_functions[s->request->op].params;
    uint32_t calls = s->run->storage_calls++;
    if (calls >= CALLS_MAX)
        return err_new(ERR_LIMIT, "Storage rate limit exceeded: %u calls (max: %d)", calls, CALLS_MAX);
    if (!is_worker_cell(s->request->op) && s->run->id.account.len == 0)
        return err_new(ERR_DENIED, "Storage needs to know who pays for this run, and nobody is named");
    for (size_t i = 0; params[i]; i++) {
        size_t max = params[i] == 'b' ? VALUE_MAX : KEY_MAX;
        if (arg(s, i).len > max)
            return err_new(ERR_LIMIT, "Storage takes %s of at most %zu bytes, this one has %zu",
                           params[i] == 'b' ? "values" : "keys", max, arg(s, i).len);
    }
    return NULL;
}

static struct err *serve(const struct storage *s)
{
    struct host_value *values = s->answer->values;
    struct buf *bytes = s->answer->bytes;
    struct slice account = s->run->id.account;
    bool flag = false;
    int64_t sum = 0;
    switch (s->request->op) {
    case HOST_STORAGE_SET:
        return set_value(s, account, arg(s, 0), arg(s, 1));
    case HOST_STORAGE_GET:
        return get_value(s, account, arg(s, 0), &flag, &bytes[0]);
    case HOST_STORAGE_HAS:
        values[0].number = has(s);
        return NULL;
    case HOST_STORAGE_DELETE:
        values[0].number = drop(s);
        return NULL;
    case HOST_STORAGE_SET_IF_ABSENT:
        TRY(insert(s, arg(s, 0), arg(s, 1), &flag));
        values[0].number = flag;
        return NULL;
    case HOST_STORAGE_SET_IF_EQUALS:
        TRY(set_if_equals(s, &flag, &bytes[1]));
        values[0].number = flag;
        return NULL;
    case HOST_STORAGE_INCREMENT:
    case HOST_STORAGE_DECREMENT:
        TRY(increment(s, s->request->op == HOST_STORAGE_DECREMENT, &sum));
        values[0].number = (uint64_t)sum;
        return NULL;
    case HOST_STORAGE_SET_WORKER:
        flag = s->request->args[2].none || s->request->args[2].number;
        return flag ? set_value(s, worker_cell, arg(s, 0), arg(s, 1)) : set_public(s, arg(s, 0), arg(s, 1));
    case HOST_STORAGE_GET_WORKER:
        return s->request->args[1].none ? get_value(s, worker_cell, arg(s, 0), &flag, &bytes[0])
                                        : get_public(s, arg(s, 1), &bytes[0]);
    case HOST_STORAGE_GET_BY_VERSION:
        return get_by_version(s, &bytes[0]);
    default:
        return clear(s, s->request->op == HOST_STORAGE_CLEAR_VERSION);
    }
}

/* An error leaves an empty list, not nothing. */
static void serve_list(const struct storage *s)
{
    AUTO(json) json_t *keys = json_array();
    struct err *e = check(s);
    if (!e)
        e = list_keys(s, keys);
    if (e) {
        json_array_clear(keys);
        host_answer_fail(s->answer, s->request->op, "%s", err_text(e));
    }
    err_free(e);
    json_doc_write(keys, &s->answer->bytes[0]);
}

enum host_verdict host_storage(void *self, const struct host_request *request, struct host_answer *answer)
{
    const struct storage s = {.run = self, .request = request, .answer = answer};
    if (request->op == HOST_STORAGE_LIST_KEYS) {
        serve_list(&s);
        return HOST_GO_ON;
    }
    struct err *e = check(&s);
    if (!e)
        e = serve(&s);
    if (e)
        host_answer_fail(answer, request->op, "%s", err_text(e));
    err_free(e);
    return HOST_GO_ON;
}
