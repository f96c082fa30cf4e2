#include "engine/serve.h"
#include "codec/json_doc.h"
#include "engine/text.h"
#include <string.h>

static enum host_verdict ask(const struct frame_reader *r, const struct task_host *host, uint64_t deadline_ns, int socket,
                             struct host_answer *answer)
{
    enum host_interface interface = host_functions[r->op].interface;
    struct host_request request = {.op = r->op, .deadline_ns = deadline_ns, .task = socket};
    memcpy(request.args, r->args, sizeof request.args);
    if (host && host->serve[interface])
        return host->serve[interface](host->self, &request, answer);
    host_answer_fail(answer, r->op, "%s", host_interface_absence(interface));
    return HOST_GO_ON;
}

/* Texts become UTF-8; the values get their bytes. */
static void settle(const char *results, struct host_answer *answer)
{
    for (size_t i = 0; results[i]; i++) {
        if (results[i] == 's' && !text_is_utf8(buf_slice(&answer->bytes[i]))) {
            struct buf clean = {0};
            json_doc_clean_utf8(buf_slice(&answer->bytes[i]), &clean);
            buf_free(&answer->bytes[i]);
            answer->bytes[i] = clean;
        }
        answer->values[i].bytes = buf_slice(&answer->bytes[i]);
    }
}

enum host_verdict serve_call(struct frame_reader *r, const struct task_host *host, uint64_t deadline_ns, int socket,
                             struct buf *out)
{
    AUTO(host_answer) struct host_answer answer = {0};
    const char *results = host_functions[r->op].results;
    enum host_verdict verdict = ask(r, host, deadline_ns, socket, &answer);
    settle(results, &answer);
    if (host_values_len(results, answer.values) > HOST_ANSWER_MAX) {
        host_answer_fail(&answer, r->op, "the answer is longer than %d bytes", HOST_ANSWER_MAX);
        settle(results, &answer);
    }
    struct answer_head head = {.number = r->calls, .len = (uint32_t)host_values_len(results, answer.values)};
    buf_append(out, slice_from(&head, sizeof head));
    host_values_append(results, answer.values, out);
    r->calling = false;
    return verdict;
}
