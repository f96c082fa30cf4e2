/* Every body a worker can send: the first byte picks the message ('A': an attestation), the rest is the body. */
#include "codec/json_doc.h"
#include "coordinator/attestation.h"
#include "coordinator/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct err *parse_as(uint8_t kind, const json_t *body, struct arena *arena)
{
    if (kind == 'A')
        return attestation_parse(body, arena, &(struct attestation){0});
    switch (kind % 5) {
    case 0:
        return msg_create_parse(body, arena, &(struct msg_create){0});
    case 1:
        return msg_claim_parse(body, arena, &(struct msg_claim){0});
    case 2:
        return msg_complete_parse(body, arena, &(struct msg_complete){0});
    case 3:
        return msg_heartbeat_parse(body, arena, &(struct msg_heartbeat){0});
    default:
        return msg_lock_parse(body, arena, &(struct msg_lock){0});
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(json) json_t *body = NULL;
    if (size == 0)
        return 0;
    struct err *e = json_doc_parse(slice_from(data + 1, size - 1), &body);
    err_free(e ? e : parse_as(data[0], body, &arena));
    msg_capabilities_parse(slice_from(data, size));
    return 0;
}
