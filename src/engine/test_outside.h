/* An outside within the same process, for tests and fuzzers of host functions: every call goes through the frames of both sides, as it
 * does between a cell and the engine. */
#pragma once
#include "engine/host_call.h"
#include "engine/serve.h"
#include <string.h>

/* Zero but for the host, which answers; then struct host_port {.exchange = outside_exchange, .self = it}. */
struct outside {
    const struct task_host *host;
    uint32_t calls;
};

/* What one side writes the other must take: anything else is a bug and ends the process. */
static inline bool outside_exchange(void *self, struct slice frame, uint32_t number, struct buf *answer)
{
    struct outside *o = self;
    AUTO(frame_reader) struct frame_reader r = {.calls = o->calls};
    AUTO(task_outcome) struct task_outcome out = {0};
    AUTO(buf) struct buf detail = {0}, reply = {0};
    struct answer_head head;
    AUTO(err) struct err *lie = frame_reader_feed(&r, frame, &out, &detail);
    if (lie || !r.calling)
        __builtin_trap();
    o->calls = r.calls;
    if (serve_call(&r, o->host, UINT64_MAX, -1, &reply) != HOST_GO_ON)
        return false;
    memcpy(&head, reply.ptr, sizeof head);
    if (r.calling || head.number != number || head.len != reply.len - sizeof head || head.len > HOST_ANSWER_MAX)
        __builtin_trap();
    buf_clear(answer);
    buf_append(answer, slice_skip(buf_slice(&reply), sizeof head));
    return true;
}
