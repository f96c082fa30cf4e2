#include "near/block_follower.h"
#include "base/mem.h"
#include "net/http_client.h"
#include <string.h>

enum { DEFAULT_TIMEOUT_MS = 30 * 1000, BLOCK_LEN_MAX = 64 * 1024 * 1024 };

static const char height_mark[] = "{block_id}";

struct block_follower {
    struct http_client *http;
    char *block_head, *block_tail; /* address of a block: head, height, tail */
    char *final_url;
    unsigned timeout_ms;
};

static char *own(struct buf *b)
{
    char *text = mem_copy_str(b->ptr, b->len);
    buf_clear(b);
    return text;
}

/* The address of the newest block stands beside the one of a block: …/block/{block_id} and …/last_block/final. */
static char *final_url_of(struct slice head)
{
    AUTO(buf) struct buf url = {0};
    static const char block[] = "/block/";
    struct slice root = slice_ends_with(head, SLICE(block)) ? slice_first(head, head.len - (sizeof block - 1)) : head;
    buf_append(&url, root);
    buf_append_str(&url, "/last_block/final");
    return own(&url);
}

static void split_url(struct block_follower *f, const char *url)
{
    AUTO(buf) struct buf head = {0};
    const char *at = strstr(url, height_mark);
    if (at) {
        buf_append(&head, slice_from(url, (size_t)(at - url)));
        f->block_tail = mem_copy_str(at + sizeof height_mark - 1, strlen(at + sizeof height_mark - 1));
    } else {
        buf_append_str(&head, url);
        while (head.len && head.ptr[head.len - 1] == '/')
            head.len--;
        buf_append_str(&head, slice_ends_with(buf_slice(&head), SLICE("/v0/block")) ? "/" : "/v0/block/");
        f->block_tail = mem_copy_str("", 0);
    }
    f->final_url = final_url_of(buf_slice(&head));
    f->block_head = own(&head);
}

struct err *block_follower_new(const struct block_follower_config *config, struct block_follower **out)
{
    struct block_follower *f = mem_calloc(1, sizeof *f);
    struct err *e = http_client_new(&f->http);
    if (e) {
        mem_free(f);
        return e;
    }
    split_url(f, config->url);
    f->timeout_ms = config->timeout_ms ? config->timeout_ms : DEFAULT_TIMEOUT_MS;
    *out = f;
    return NULL;
}

void block_follower_free(struct block_follower *f)
{
    if (!f)
        return;
    http_client_free(f->http);
    mem_free(f->block_head);
    mem_free(f->block_tail);
    mem_free(f->final_url);
    mem_free(f);
}

void block_follower_interrupt(struct block_follower *f)
{
    http_client_interrupt(f->http);
}

void block_free(struct block *b)
{
    json_decref(b->document);
    mem_free(b->receipts);
    *b = (struct block){0};
}

bool block_receipt_log(const struct block_receipt *r, size_t i, struct slice *line)
{
    const json_t *log = json_array_get(r->logs, i);
    *line = json_doc_text(log);
    return log != NULL;
}

static struct slice text_at(const json_t *object, const char *name)
{
    return json_doc_text(json_object_get(object, name));
}

static struct block_receipt read_receipt(const json_t *item)
{
    const json_t *receipt = json_object_get(item, "receipt");
    const json_t *action = json_object_get(json_object_get(receipt, "receipt"), "Action");
    const json_t *with_id = json_object_get(item, "execution_outcome");
    const json_t *outcome = json_object_get(with_id, "outcome");
    const json_t *status = json_object_get(outcome, "status");
    struct block_receipt r = {
        .receipt_id = text_at(receipt, "receipt_id"),
        .executor_id = text_at(receipt, "receiver_id"),
        .predecessor_id = text_at(receipt, "predecessor_id"),
        .signer_id = text_at(action, "signer_id"),
        .signer_public_key = text_at(action, "signer_public_key"),
        .tx_hash = text_at(item, "tx_hash"),
        .succeeded = json_object_get(status, "SuccessValue") || json_object_get(status, "SuccessReceiptId"),
        .logs = json_object_get(outcome, "logs"),
    };
    json_int_t gas = json_integer_value(json_object_get(outcome, "gas_burnt"));
    r.gas_burnt = gas > 0 ? (uint64_t)gas : 0;
    if (!r.executor_id.ptr)
        r.executor_id = text_at(outcome, "executor_id");
    if (!r.receipt_id.ptr)
        r.receipt_id = text_at(with_id, "id");
    return r;
}

static void read_receipts(const json_t *shards, struct block *out)
{
    size_t i, j, count = 0;
    const json_t *shard, *item;
    json_array_foreach(shards, i, shard) count += json_array_size(json_object_get(shard, "receipt_execution_outcomes"));
    out->receipts = mem_calloc(count, sizeof *out->receipts);
    json_array_foreach(shards, i, shard)
    {
        json_array_foreach(json_object_get(shard, "receipt_execution_outcomes"), j, item) out->receipts[out->receipt_count++] =
            read_receipt(item);
    }
}

static struct err *read_header(const json_t *document, struct block *out)
{
    const json_t *header = json_object_get(json_object_get(document, "block"), "header");
    TRY(json_doc_u64(header, "height", &out->height));
    TRY(json_doc_str(header, "hash", &out->hash));
    TRY(json_doc_u64(header, "timestamp", &out->timestamp_ns));
    if (!json_is_array(json_object_get(document, "shards")))
        return err_new(ERR_INVALID, "member `shards` is not an array");
    return NULL;
}

struct err *block_read(json_t *document, struct block *out)
{
    out->document = document;
    TRY_DOING(read_header(document, out), "reading a block");
    read_receipts(json_object_get(document, "shards"), out);
    return NULL;
}

static struct err *get(struct block_follower *f, const char *url, int *status, json_t **document)
{
    AUTO(http_answer) struct http_answer answer = {0};
    const struct http_call call = {.method = "GET", .url = url, .max_answer_len = BLOCK_LEN_MAX, .timeout_ms = f->timeout_ms};
    struct err *e = http_client_call(f->http, &call, &answer);
    if (e) {
        enum err_code code = err_code(e);
        err_free(e); /* its text may name the address, which may carry a provider's key */
        return err_new(code, code == ERR_LIMIT ? "a block is longer than 64 MiB" : "the block source does not answer");
    }
    *status = answer.status;
    return answer.status == 200 ? json_doc_parse(buf_slice(&answer.body), document) : NULL;
}

/* A source without this route answers 404 or a redirect; *known tells. */
static struct err *head(struct block_follower *f, uint64_t *height, bool *known)
{
    AUTO(block) struct block block = {0};
    json_t *document = NULL;
    int status = 0;
    TRY_DOING(get(f, f->final_url, &status, &document), "reading the newest block");
    *known = status == 200;
    if (*known)
        TRY(block_read(document, &block));
    else if (status >= 500 || status == 429)
        return err_new(ERR_UNAVAILABLE, "the block source answers HTTP %d for the newest block", status);
    *height = block.height;
    return NULL;
}

struct err *block_follower_head(struct block_follower *f, uint64_t *height)
{
    bool known = false;
    TRY(head(f, height, &known));
    return known ? NULL : err_new(ERR_NOT_FOUND, "the block source does not tell its newest block");
}

/* `null`: skipped, unless the source uses it for heights that are still to come. */
static struct err *judge_missing(struct block_follower *f, uint64_t height, enum follow_result *result)
{
    uint64_t newest = 0;
    bool known = false;
    TRY(head(f, &newest, &known));
    *result = known && newest <= height ? FOLLOW_NOT_YET : FOLLOW_SKIPPED;
    return NULL;
}

struct err *block_follower_fetch(struct block_follower *f, uint64_t height, struct block *out, enum follow_result *result)
{
    AUTO(buf) struct buf url = {0};
    AUTO(json) json_t *document = NULL;
    int status = 0;
    buf_append_fmt(&url, "%s%llu%s", f->block_head, (unsigned long long)height, f->block_tail);
    TRY_DOING(get(f, buf_str(&url), &status, &document), "reading block %llu", (unsigned long long)height);
    if (status == 404) {
        *result = FOLLOW_NOT_YET;
        return NULL;
    }
    if (status != 200)
        return err_new(ERR_UNAVAILABLE, "the block source answers HTTP %d for block %llu", status, (unsigned long long)height);
    if (json_is_null(document) || (json_is_object(document) && !json_object_get(document, "shards")))
        return judge_missing(f, height, result);
    *result = FOLLOW_BLOCK;
    TRY_DOING(block_read(json_incref(document), out), "block %llu", (unsigned long long)height);
    if (out->height != height)
        return err_new(ERR_INVALID, "the block source gives block %llu for height %llu", (unsigned long long)out->height,
                       (unsigned long long)height);
    return NULL;
}
