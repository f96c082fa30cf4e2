#include "worker/event.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* A line either is no event, or is refused, or gives a body that the JSON writer can print. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct event_filter filter = {"near-outlayer", "execution_requested", "1.0.0"};
    AUTO(json) json_t *data = NULL;
    AUTO(execution_event) struct execution_event event = {0};
    AUTO(buf) struct buf text = {0};
    bool known = false;
    if (!event_line_matches(slice_from(bytes, len), &filter, &data))
        return 0;
    struct err *e = event_read_request(data, &event, &known);
    if (!e) {
        AUTO(json) json_t *body = event_create_body(&event, &(struct event_place){0}, (struct slice){0});
        json_doc_write(body, &text);
        if (!text.len || !known)
            abort();
    }
    err_free(e);
    return 0;
}
