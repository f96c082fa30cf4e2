/* near:payment: part of what came with a request goes back. */
#include "worker/host/host.h"
#include <inttypes.h>

enum host_verdict host_payment(void *self, const struct host_request *request, struct host_answer *answer)
{
    struct host_run *run = self;
    uint64_t amount = request->args[0].number;
    if (run->has_refunded) {
        host_answer_fail(answer, request->op, "refund_usd can only be called once per execution");
    } else if (amount > run->id.attached_usd) {
        host_answer_fail(answer, request->op, "Refund amount %" PRIu64 " exceeds attached USD %" PRIu64, amount,
                         run->id.attached_usd);
    } else {
        run->has_refunded = true;
        run->refund_usd = amount;
    }
    return HOST_GO_ON;
}
