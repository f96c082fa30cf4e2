/* What every handler needs: who asks, what was sent, and answers that are counted. */
#include "base/log.h"
#include "codec/json_doc.h"
#include "coordinator/service.h"
#include <string.h>
#include <strings.h>

enum { BODY_MAX = 10 * 1024 * 1024 };

void api_reply_as(struct coordinator *c, struct http_exchange *x, int status, const char *content_type, struct slice body)
{
    if (status >= 0 && status < STATUS_MAX)
        c->replies[status]++;
    http_reply(x, status, content_type, body);
}

void api_reply(struct coordinator *c, struct http_exchange *x, int status, struct slice body)
{
    api_reply_as(c, x, status, NULL, body);
}

void api_reply_json(struct coordinator *c, struct http_exchange *x, int status, json_t *body)
{
    AUTO(buf) struct buf text = {0};
    json_doc_write(body, &text);
    json_decref(body);
    api_reply(c, x, status, buf_slice(&text));
}

void api_reply_text(struct coordinator *c, struct http_exchange *x, int status, const char *text)
{
    json_t *body = json_object();
    json_object_set_new(body, "error", json_doc_string(slice_str(text)));
    api_reply_json(c, x, status, body);
}

void api_reply_err(struct coordinator *c, struct http_exchange *x, struct err *e)
{
    AUTO(err) struct err *owned = e;
    enum err_code code = err_code(e);
    if (code == ERR_INVALID) /* well-formed JSON of the wrong shape */
        api_reply_text(c, x, 422, err_text(e));
    else
        api_reply(c, x, http_status_of(code), (struct slice){0});
    if (code == ERR_BUG || code == ERR_UNAVAILABLE)
        log_error("a request of the API failed", LOG_SLICE("path", http_request_path(x)), LOG_ERR(e));
}

struct authentication {
    struct slice header;
    struct worker_identity *who;
    bool known;
};

static struct err *authenticate(struct coordinator *c, void *arg)
{
    struct authentication *a = arg;
    return worker_authenticate(c->db, a->header, machine_now_ms(&c->machine), a->who, &a->known);
}

bool api_authenticate(struct coordinator *c, struct http_exchange *x, const char *role, struct worker_identity *out)
{
    struct authentication a = {.header = http_request_header(x, "authorization"), .who = out};
    struct err *e = coordinator_transact(c, authenticate, &a);
    if (e) {
        api_reply_err(c, x, e);
        return false;
    }
    if (a.known && (role ? worker_has_role(out, role) : worker_capabilities(out) != 0))
        return true;
    api_reply(c, x, a.known ? 403 : 401, (struct slice){0});
    return false;
}

static bool is_json(struct slice content_type)
{
    static const char name[] = "application/json";
    size_t len = sizeof name - 1;
    if (content_type.len < len || strncasecmp((const char *)content_type.ptr, name, len) != 0)
        return false;
    struct slice rest = slice_skip(content_type, len);
    return rest.len == 0 || rest.ptr[0] == ';' || rest.ptr[0] == ' ';
}

bool api_read_body(struct coordinator *c, struct http_exchange *x, json_t **out)
{
    struct slice body = http_request_body(x);
    if (!is_json(http_request_header(x, "content-type"))) {
        api_reply_text(c, x, 415, "expected content-type application/json");
        return false;
    }
    if (body.len > BODY_MAX) {
        api_reply_text(c, x, 413, "the body is over 10 MiB");
        return false;
    }
    AUTO(err) struct err *e = json_doc_parse(body, out);
    if (e)
        api_reply_text(c, x, 400, err_text(e));
    return !e;
}
