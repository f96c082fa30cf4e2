/* near:vrf: randomness of the keystore over a text that the program cannot choose freely. */
#include "worker/host/host.h"
#include <string.h>

enum { CALLS_MAX = 10, TIMEOUT_MS = 10 * 1000 };

enum { OUTPUT, SIGNATURE, ALPHA, ERROR }; /* the results of generate */

/* A member of a JSON answer, appended; false when it is not there. */
static bool append_member(const json_t *doc, const char *name, struct buf *out)
{
    struct slice text = json_doc_text(json_object_get(doc, name));
    buf_append(out, text);
    return text.ptr != NULL;
}

static void read_proof(const struct http_answer *http, struct host_answer *answer)
{
    AUTO(json) json_t *doc = NULL;
    if (http->status < 200 || http->status > 299) {
        buf_append_fmt(&answer->bytes[ERROR], "Keystore VRF failed (%d): %.*s", http->status,
                       SLICE_FMT(slice_first(buf_slice(&http->body), 500)));
        return;
    }
    struct err *e = json_doc_parse(buf_slice(&http->body), &doc);
    if (!e && (!append_member(doc, "output_hex", &answer->bytes[OUTPUT]) ||
               !append_member(doc, "signature_hex", &answer->bytes[SIGNATURE])))
        e = err_new(ERR_INVALID, "output_hex or signature_hex is missing");
    if (e) {
        buf_clear(&answer->bytes[OUTPUT]);
        buf_append_fmt(&answer->bytes[ERROR], "Failed to parse VRF response: %s", err_text(e));
    }
    err_free(e);
}

static void generate(struct host_run *run, const struct host_request *request, struct host_answer *answer)
{
    AUTO(http_answer) struct http_answer http = {0};
    struct slice seed = request->args[0].bytes;
    struct buf *alpha = &answer->bytes[ALPHA];
    if (seed.len && memchr(seed.ptr, ':', seed.len)) {
        host_answer_fail(answer, request->op, "user_seed must not contain ':'");
        return;
    }
    if (run->vrf_calls >= CALLS_MAX) {
        host_answer_fail(answer, request->op, "VRF rate limit exceeded: %u calls (max: %d)", run->vrf_calls, CALLS_MAX);
        return;
    }
    run->vrf_calls++;
    buf_append_fmt(alpha, "vrf:%.*s:%.*s:", SLICE_FMT(run->id.request_id), SLICE_FMT(run->id.vrf_sender));
    buf_append(alpha, seed);
    json_t *body = json_pack("{s:o}", "alpha", json_doc_string(buf_slice(alpha)));
    struct err *e = host_ask(run, &run->config->keystore, "POST", "/vrf/generate", body, request, TIMEOUT_MS, &http);
    if (e)
        buf_append_str(&answer->bytes[ERROR], "VRF request failed: the keystore does not answer");
    else
        read_proof(&http, answer);
    err_free(e);
}

static void pubkey(struct host_run *run, const struct host_request *request, struct host_answer *answer)
{
    AUTO(http_answer) struct http_answer http = {0};
    AUTO(json) json_t *doc = NULL;
    const struct host_peer open = {.url = run->config->keystore.url};
    AUTO(err) struct err *e = host_ask(run, &open, "GET", "/vrf/pubkey", NULL, request, TIMEOUT_MS, &http);
    if (e) {
        host_answer_fail(answer, request->op, "VRF request failed: the keystore does not answer");
        return;
    }
    if (http.status < 200 || http.status > 299) {
        host_answer_fail(answer, request->op, "Keystore VRF pubkey failed (%d): %.*s", http.status,
                         SLICE_FMT(slice_first(buf_slice(&http.body), 500)));
        return;
    }
    e = json_doc_parse(buf_slice(&http.body), &doc);
    if (e || !append_member(doc, "vrf_public_key_hex", &answer->bytes[0]))
        host_answer_fail(answer, request->op, "Failed to parse VRF response: vrf_public_key_hex is missing");
}

enum host_verdict host_vrf(void *self, const struct host_request *request, struct host_answer *answer)
{
    if (request->op == HOST_VRF_GENERATE)
        generate(self, request, answer);
    else
        pubkey(self, request, answer);
    return HOST_GO_ON;
}
