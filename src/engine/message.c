#include "engine/message.h"
#include "base/mem.h"
#include "engine/text.h"
#include <inttypes.h>

enum { INPUT_SHOWN = 200, ERROR_TEXT_SHOWN = 64 * 1024 };

static const char *const end_names[] = {
    [TASK_COMPLETED] = "completed",
    [TASK_GUEST_EXIT] = "guest_exit",
    [TASK_TRAP] = "trap",
    [TASK_OUT_OF_INSTRUCTIONS] = "out_of_instructions",
    [TASK_DEADLINE] = "deadline",
    [TASK_OUT_OF_MEMORY] = "out_of_memory",
    [TASK_OUTPUT_LIMIT] = "output_limit",
    [TASK_INVALID_PROGRAM] = "invalid_program",
    [TASK_HTTP_TIMEOUTS] = "http_timeouts",
    [TASK_CALL_LIMIT] = "call_limit",
    [TASK_DENIED] = "denied",
    [TASK_HOST_FAULT] = "host_fault",
};

const char *task_end_name(enum task_end end)
{
    return end_names[end];
}

void task_outcome_free(struct task_outcome *o)
{
    buf_free(&o->output);
    buf_free(&o->error_text);
    buf_free(&o->message);
}

/* What the program wrote to standard error, else what usually is the reason. */
static void append_exit(const struct task *task, const struct task_outcome *outcome, struct slice detail, struct buf *out)
{
    if (outcome->error_text.len) {
        text_append_clean(out, buf_slice(&outcome->error_text), ERROR_TEXT_SHOWN, TEXT_KEEP_LINES);
        return;
    }
    if (outcome->is_component) {
        buf_append_str(out, "Component exited with error (no details in stderr)");
        return;
    }
    buf_append_str(out, "WASM program exited with error status. This usually means invalid input_data or panic in code. "
                        "Input received: ");
    if (!text_append_clean(out, task->input, INPUT_SHOWN, TEXT_KEEP_LINES))
        buf_append_str(out, "...");
    buf_append_fmt(out, ". Original error: %.*s", SLICE_FMT(detail));
}

static void append_trap(const struct task_outcome *outcome, struct slice detail, struct buf *out)
{
    if (outcome->is_component && outcome->error_text.len) {
        text_append_clean(out, buf_slice(&outcome->error_text), ERROR_TEXT_SHOWN, TEXT_KEEP_LINES);
        buf_append_fmt(out, "\nTrap: %.*s", SLICE_FMT(detail));
    } else {
        buf_append_fmt(out, "%s execution failed: %.*s", outcome->is_component ? "Component" : "WASM", SLICE_FMT(detail));
    }
}

void message_append(const struct task *task, const struct task_outcome *outcome, struct slice detail, struct buf *out)
{
    switch (outcome->end) {
    case TASK_COMPLETED:
        return;
    case TASK_GUEST_EXIT:
        append_exit(task, outcome, detail, out);
        return;
    case TASK_OUT_OF_INSTRUCTIONS:
        buf_append_str(out, "WASM execution failed: all fuel consumed");
        return;
    case TASK_DEADLINE:
        buf_append_fmt(out,
                       "WASM execution timed out after %" PRIu64 " seconds (penalty). Full execution cost is charged with no "
                       "refund (consumed %" PRIu64 " instructions)",
                       task->limits.max_seconds, outcome->instructions);
        return;
    case TASK_HTTP_TIMEOUTS:
        buf_append_fmt(out,
                       "Execution terminated: %d HTTP requests exceeded 30s timeout limit (penalty). Full execution cost is "
                       "charged with no refund (consumed %" PRIu64 " instructions)",
                       HOST_HTTP_TIMEOUTS_MAX, outcome->instructions);
        return;
    case TASK_CALL_LIMIT:
        buf_append_fmt(out, "WASM execution failed: made more than %d host calls", HOST_CALLS_MAX);
        return;
    case TASK_OUT_OF_MEMORY:
        buf_append_fmt(out, "WASM execution failed: memory limit of %" PRIu64 " MB exceeded: %.*s", task->limits.max_memory_mb,
                       SLICE_FMT(detail));
        return;
    case TASK_INVALID_PROGRAM:
        buf_append_fmt(out, "Failed to instantiate %s: %.*s", outcome->is_component ? "component" : "WASI P1 module",
                       SLICE_FMT(detail));
        return;
    case TASK_TRAP:
        append_trap(outcome, detail, out);
        return;
    case TASK_HOST_FAULT:
        buf_append_fmt(out, "The worker could not run the program: %.*s", SLICE_FMT(detail));
        return;
    case TASK_OUTPUT_LIMIT:
    case TASK_DENIED:
        buf_append_fmt(out, "WASM execution failed: %.*s", SLICE_FMT(detail));
        return;
    }
}
