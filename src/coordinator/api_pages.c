/* Pages for people: the verification of a job, done in the reader's browser, and where it finds its evidence. */
#include "codec/json_doc.h"
#include "coordinator/pages.h"
#include "coordinator/service.h"
#include "near/account_id.h"

/* Scripts, styles and WebAssembly of this service only; data from anywhere, because the evidence is on chain. */
#define PAGE_POLICY                                                                                              \
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src data:; connect-src *; " \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static void reply_page(struct coordinator *c, struct http_exchange *x, struct slice name)
{
    struct page page;
    if (!page_find(name, &page)) {
        api_reply(c, x, 404, (struct slice){0});
        return;
    }
    http_reply_header(x, "Content-Security-Policy", PAGE_POLICY);
    http_reply_header(x, "X-Content-Type-Options", "nosniff");
    http_reply_header(x, "Referrer-Policy", "no-referrer");
    http_reply_header(x, "Cache-Control", "no-cache");
    api_reply_as(c, x, 200, page.content_type, page.bytes);
}

void handle_verify_page(struct http_exchange *x, void *context)
{
    reply_page(context, x, SLICE("verify.html"));
}

void handle_page_file(struct http_exchange *x, void *context)
{
    reply_page(context, x, http_request_segment(x, "name"));
}

static json_t *text_or_null(const char *text)
{
    return text && *text ? json_string(text) : json_null();
}

/* NULL: nobody has said. */
static const char *network_of(const struct coordinator_settings *s)
{
    return *s->network_id ? s->network_id : account_id_public_network(slice_str(s->contract_id));
}

void handle_sources(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    json_t *out = json_object();
    json_object_set_new(out, "network", text_or_null(network_of(c->settings)));
    json_object_set_new(out, "contract_id", json_string(c->settings->contract_id));
    json_object_set_new(out, "register_contract_id", text_or_null(c->settings->operator_account_id));
    json_object_set_new(out, "rpc_url", text_or_null(c->settings->public_rpc_url));
    api_reply_json(c, x, 200, out);
}
