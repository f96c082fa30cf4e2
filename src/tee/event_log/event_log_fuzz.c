/* An event log as a guest agent sends it. */
#include "tee/event_log/event_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    AUTO(event_log) struct event_log log = {0};
    err_free(event_log_replay(slice_from(data, len), &log));
    return 0;
}
