#include "worker/coordinator_client.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/http_client.h"
#include "tee/session.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { POLL_GRACE_MS = 10 * 1000, CALL_TIMEOUT_MS = 60 * 1000, SESSION_ID_MAX = 128 };

struct coordinator_session {
    pthread_mutex_t lock; /* also held while the session is made, so that it is made once */
    struct secret_key key;
    char id[SESSION_ID_MAX]; /* empty: none yet */
};

struct coordinator_client {
    struct http_client *http;
    char *base_url, *token;
    struct coordinator_session *session; /* NULL: none is kept */
};

struct coordinator_session *coordinator_session_new(const struct secret_key *key)
{
    struct coordinator_session *s = mem_calloc(1, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    s->key = *key;
    return s;
}

void coordinator_session_use_key(struct coordinator_session *s, const struct secret_key *key)
{
    pthread_mutex_lock(&s->lock);
    secret_key_wipe(&s->key);
    s->key = *key;
    s->id[0] = '\0';
    pthread_mutex_unlock(&s->lock);
}

void coordinator_session_free(struct coordinator_session *s)
{
    if (!s)
        return;
    pthread_mutex_destroy(&s->lock);
    secret_key_wipe(&s->key);
    mem_free(s);
}

void coordinator_client_use(struct coordinator_client *c, struct coordinator_session *session)
{
    c->session = session;
}

struct err *coordinator_client_new(const char *base_url, const char *token, struct coordinator_client **out)
{
    struct coordinator_client *c = mem_calloc(1, sizeof *c);
    struct err *e = http_client_new(&c->http);
    if (e) {
        mem_free(c);
        return e;
    }
    c->base_url = mem_copy_str(base_url, strlen(base_url));
    c->token = mem_copy_str(token, strlen(token));
    *out = c;
    return NULL;
}

void coordinator_client_free(struct coordinator_client *c)
{
    if (!c)
        return;
    http_client_free(c->http);
    explicit_bzero(c->token, strlen(c->token));
    mem_free(c->token);
    mem_free(c->base_url);
    mem_free(c);
}

void coordinator_client_interrupt(struct coordinator_client *c)
{
    http_client_interrupt(c->http);
}

static struct err *call(struct coordinator_client *c, struct http_call *call, const char *path, struct http_answer *answer)
{
    AUTO(buf) struct buf url = {0};
    buf_append_fmt(&url, "%s%s", c->base_url, path);
    call->url = buf_str(&url);
    call->bearer = c->token;
    if (!call->timeout_ms)
        call->timeout_ms = CALL_TIMEOUT_MS;
    return http_client_call(c->http, call, answer);
}

/* Posts `body`; *answer (may be NULL) is the parsed 2xx answer. */
static struct err *post(struct coordinator_client *c, const char *path, struct slice body, json_t **answer)
{
    AUTO(http_answer) struct http_answer http = {0};
    struct http_call request = {.method = "POST", .body = body};
    TRY(call(c, &request, path, &http));
    TRY(http_expect(&http, path));
    return answer ? err_doing(json_doc_parse(buf_slice(&http.body), answer), "answer to %s", path) : NULL;
}

/* Scheme, host and port of the coordinator's address. */
static struct slice origin_of(const struct coordinator_client *c)
{
    const char *host = strstr(c->base_url, "://");
    size_t head = host ? (size_t)(host + 3 - c->base_url) : 0;
    return slice_from(c->base_url, head + strcspn(c->base_url + head, "/"));
}

static struct err *make_session(struct coordinator_client *c, char id[SESSION_ID_MAX])
{
    AUTO(json) json_t *challenge = NULL;
    AUTO(json) json_t *request = NULL;
    AUTO(json) json_t *made = NULL;
    AUTO(buf) struct buf body = {0};
    struct slice text;
    TRY(post(c, "/workers/tee-challenge", (struct slice){0}, &challenge));
    TRY(json_doc_str(challenge, "challenge", &text));
    TRY(tee_session_answer(&c->session->key, text, origin_of(c), &request));
    json_doc_write(request, &body);
    TRY(post(c, "/workers/register-tee", buf_slice(&body), &made));
    TRY(json_doc_str(made, "session_id", &text));
    if (text.len == 0 || text.len >= SESSION_ID_MAX)
        return err_new(ERR_INVALID, "the coordinator's session id has %zu bytes", text.len);
    snprintf(id, SESSION_ID_MAX, "%.*s", SLICE_FMT(text));
    log_info("TEE session with the coordinator made");
    return NULL;
}

/* Another thread may have made a new one since `stale` was used. */
static struct err *renew_session(struct coordinator_client *c, const char *stale, char id[SESSION_ID_MAX])
{
    struct coordinator_session *s = c->session;
    pthread_mutex_lock(&s->lock);
    struct err *e = strcmp(s->id, stale) ? NULL : make_session(c, s->id);
    snprintf(id, SESSION_ID_MAX, "%s", s->id);
    pthread_mutex_unlock(&s->lock);
    return err_doing(e, "opening a TEE session");
}

/* As post, in the session; a refusal renews it, once. */
static struct err *post_in_session(struct coordinator_client *c, const char *path, struct slice body, json_t **answer)
{
    char id[SESSION_ID_MAX] = "";
    if (!c->session)
        return post(c, path, body, answer);
    pthread_mutex_lock(&c->session->lock);
    snprintf(id, sizeof id, "%s", c->session->id);
    pthread_mutex_unlock(&c->session->lock);
    for (int attempt = 1;; attempt++) {
        AUTO(http_answer) struct http_answer http = {0};
        const struct http_header header = {"X-TEE-Session", id};
        struct http_call request = {.method = "POST", .body = body, .headers = &header, .header_count = *id ? 1 : 0};
        TRY(call(c, &request, path, &http));
        if ((http.status == 401 || http.status == 403) && attempt == 1) {
            TRY(renew_session(c, id, id));
            continue;
        }
        TRY(http_expect(&http, path));
        return answer ? err_doing(json_doc_parse(buf_slice(&http.body), answer), "answer to %s", path) : NULL;
    }
}

struct err *coordinator_poll(struct coordinator_client *c, uint64_t timeout_seconds, json_t **request)
{
    AUTO(http_answer) struct http_answer answer = {0};
    AUTO(buf) struct buf path = {0};
    buf_append_fmt(&path, "/executions/poll?timeout=%llu&capabilities=compilation,execution",
                   (unsigned long long)timeout_seconds);
    struct http_call poll = {
        .method = "GET", .timeout_ms = (unsigned)(timeout_seconds * 1000) + POLL_GRACE_MS, .max_answer_len = 64 * 1024 * 1024};
    *request = NULL;
    TRY(call(c, &poll, buf_str(&path), &answer));
    TRY(http_expect(&answer, "polling for work"));
    return answer.status == 204 ? NULL : err_doing(json_doc_parse(buf_slice(&answer.body), request), "polling for work");
}

struct err *coordinator_create(struct coordinator_client *c, const json_t *body, bool *created)
{
    AUTO(buf) struct buf text = {0};
    AUTO(json) json_t *answer = NULL;
    json_doc_write(body, &text);
    TRY(post(c, "/executions/create", buf_slice(&text), &answer));
    return json_doc_bool(answer, "created", created);
}

struct err *coordinator_claim(struct coordinator_client *c, const json_t *body, json_t **answer)
{
    AUTO(buf) struct buf text = {0};
    json_doc_write(body, &text);
    *answer = NULL;
    struct err *e = post_in_session(c, "/jobs/claim", buf_slice(&text), answer);
    if (e && err_code(e) == ERR_CONFLICT) {
        err_free(e);
        return NULL;
    }
    return e;
}

struct err *coordinator_complete(struct coordinator_client *c, struct slice body)
{
    return post(c, "/jobs/complete", body, NULL);
}

struct err *coordinator_egress(struct coordinator_client *c, const json_t *body)
{
    AUTO(buf) struct buf text = {0};
    json_doc_write(body, &text);
    return post(c, "/egress-audit", buf_slice(&text), NULL);
}

struct err *coordinator_attest(struct coordinator_client *c, struct slice body)
{
    return post_in_session(c, "/attestations", body, NULL);
}

struct err *coordinator_get_wasm(struct coordinator_client *c, const struct hash *hash, size_t max_len, struct buf *out)
{
    AUTO(http_answer) struct http_answer answer = {0};
    AUTO(buf) struct buf path = {0};
    char hex[HASH_HEX_MAX];
    buf_append_fmt(&path, "/wasm/%s", hash_hex(hash, hex));
    struct http_call get = {.method = "GET", .max_answer_len = max_len};
    TRY(call(c, &get, buf_str(&path), &answer));
    TRY(http_expect(&answer, "fetching the program from the coordinator"));
    buf_append(out, buf_slice(&answer.body));
    return NULL;
}

static void append_part(struct buf *out, const char *boundary, const char *name, struct slice value)
{
    buf_append_fmt(out, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n", boundary, name);
    buf_append(out, value);
    buf_append_str(out, "\r\n");
}

struct err *coordinator_put_wasm(struct coordinator_client *c, const struct hash *hash, struct slice url,
                                 struct slice build_target, struct slice bytes)
{
    AUTO(http_answer) struct http_answer answer = {0};
    AUTO(buf) struct buf body = {0}, repo = {0}, commit = {0}, type = {0};
    char hex[HASH_HEX_MAX], boundary[HASH_HEX_MAX];
    hash_hex(hash, hex);
    /* the hash of the content cannot stand in the content by accident, so its hash makes a boundary */
    struct hash twice = hash_sha256(hash_slice(hash));
    hash_hex(&twice, boundary);
    buf_append_fmt(&repo, "url:%.*s", SLICE_FMT(url));
    buf_append_fmt(&commit, "hash:%s", hex);
    append_part(&body, boundary, "checksum", slice_str(hex));
    append_part(&body, boundary, "repo_url", buf_slice(&repo));
    append_part(&body, boundary, "commit_hash", buf_slice(&commit));
    append_part(&body, boundary, "build_target", build_target);
    buf_append_fmt(&body,
                   "--%s\r\nContent-Disposition: form-data; name=\"wasm_file\"; filename=\"%s.wasm\"\r\n"
                   "Content-Type: application/wasm\r\n\r\n",
                   boundary, hex);
    buf_append(&body, bytes);
    buf_append_fmt(&body, "\r\n--%s--\r\n", boundary);
    buf_append_fmt(&type, "multipart/form-data; boundary=%s", boundary);
    struct http_call post_parts = {.method = "POST", .body = buf_slice(&body), .content_type = buf_str(&type)};
    TRY(call(c, &post_parts, "/wasm/upload", &answer));
    return http_expect(&answer, "storing the program at the coordinator");
}

struct err *coordinator_heartbeat(struct coordinator_client *c, const struct heartbeat *h)
{
    AUTO(json) json_t *body = json_object();
    AUTO(buf) struct buf text = {0};
    json_object_set_new(body, "worker_id", json_string(h->worker_id));
    json_object_set_new(body, "worker_name", json_string(h->worker_id));
    json_object_set_new(body, "status", json_string(h->busy ? "busy" : "online"));
    json_object_set_new(body, "current_task_id", h->task_id ? json_integer((json_int_t)h->task_id) : json_null());
    if (h->block_height)
        json_object_set_new(body, "event_monitor_block_height", json_integer((json_int_t)h->block_height));
    if (h->just_started)
        json_object_set_new(body, "just_started", json_true());
    if (h->kept_jobs)
        json_object_set_new(body, "kept_jobs", json_deep_copy(h->kept_jobs));
    json_doc_write(body, &text);
    return post(c, "/workers/heartbeat", buf_slice(&text), NULL);
}
