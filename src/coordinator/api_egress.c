/* What programs asked of the network, told by their workers. */
#include "codec/json_doc.h"
#include "coordinator/egress_audit.h"
#include "coordinator/service.h"

struct telling {
    struct worker_identity who;
    struct egress_audit audit;
};

static struct err *do_store(struct coordinator *c, void *arg)
{
    struct telling *t = arg;
    return egress_audit_store(c->db, &t->audit, t->who.token_hash, machine_now_ms(&c->machine));
}

void handle_egress_audit(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    struct telling telling;
    AUTO(json) json_t *body = NULL;
    if (!api_authenticate(c, x, "execute", &telling.who) || !api_read_body(c, x, &body))
        return;
    struct err *e = egress_audit_parse(body, &telling.audit);
    if (!e)
        e = coordinator_transact(c, do_store, &telling);
    if (e)
        api_reply_err(c, x, e);
    else
        api_reply(c, x, 200, (struct slice){0});
}
