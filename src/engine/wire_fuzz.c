/* What a task's process sends, in pieces: the first byte says how large each piece is. */
#include "engine/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(frame_reader) struct frame_reader r = {.max_output_len = 100, .max_instructions = 1000};
    AUTO(task_outcome) struct task_outcome out = {0};
    AUTO(buf) struct buf detail = {0};
    size_t step = size ? (size_t)data[0] + 1 : 1;
    for (struct slice rest = slice_skip(slice_from(data, size), 1); rest.len; rest = slice_skip(rest, step)) {
        AUTO(err) struct err *lie = frame_reader_feed(&r, slice_first(rest, step), &out, &detail);
        if (lie)
            break;
        if (r.calling && (r.op >= HOST_OPS || r.calls == 0))
            __builtin_trap();
        r.calling = false; /* answered */
    }
    if (out.output.len > 100 || out.error_text.len > ERROR_TEXT_MAX || out.instructions > 1000)
        __builtin_trap();
    return 0;
}
