/* Calls of the outside, from within a task's process. One at a time. */
#pragma once
#include "engine/host.h"
#include "engine/wasi_p1/wasi_p1.h"

struct host_port {
    /* Brings a whole frame with its call to the engine and gives the values of the answer to call `number`. False: there is no engine any
     * more. NULL: there is no outside, and every call says so. */
    bool (*exchange)(void *self, struct slice frame, uint32_t number, struct buf *answer);
    void *self;
    uint32_t calls;
    enum host_op op; /* of the last call */
    struct host_value results[HOST_RESULTS_MAX];
    struct buf frame, answer;
};

/* Calls and leaves what came in port->results, borrowed until the next call. A request over HOST_REQUEST_MAX or with a text that is
 * not UTF-8 is answered with an error right here. False: HOST_CALLS_MAX calls were made, or the engine is gone or answers nonsense;
 * the guest must end. */
bool host_call(struct host_port *port, enum host_op op, const struct host_value *args);

/* As which of these, after host_call said false. */
static inline enum p1_stop host_call_stop(const struct host_port *port)
{
    return port->calls == HOST_CALLS_MAX ? P1_CALL_LIMIT : P1_SINK_FAILED;
}
