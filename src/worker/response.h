/* The answer to a request: from the outcome of a run to the call that settles it on chain, and to the coordinator's record.
 *
 *     {"success":true,"output":{"Text":"…"},"error":null,
 *      "resources_used":{"instructions":123456,"time_ms":42,"compile_time_ms":null},"compilation_note":null,"refund_usd":null}
 *
 *     that object is …                    | it goes by
 *     ------------------------------------|----------------------------------------------------------------------------
 *     below 1024 bytes                    | resolve_execution({"request_id","response"})
 *     larger, success                     | submit_execution_output_and_resolve, the same values flat
 *     larger, failure                     | the error is cut until the object fits in 1000 bytes; then resolve_execution
 *     larger than a transaction can carry | a failure that says so
 *
 * 1024 bytes is the protocol's limit of a yield's payload.
 */
#pragma once
#include "base/buf.h"
#include "codec/json_doc.h"
#include "worker/outcome.h"

enum response_format { RESPONSE_TEXT, RESPONSE_BYTES, RESPONSE_JSON };

/* "Text", "Bytes" or "Json"; ERR_INVALID for another word. */
struct err *response_format_parse(struct slice name, enum response_format *out);

enum {
    RESPONSE_PAYLOAD_MAX = 1023,     /* bytes of the object for resolve_execution */
    RESPONSE_FAILURE_MAX = 1000,     /* bytes a cut failure fits in */
    RESPONSE_CALL_MAX = 1400 * 1024, /* bytes of arguments; the signed transaction may have 1,572,864 */
};

/* The zero value is for the functions below to fill. */
struct response {
    bool success;
    struct buf output; /* JSON text of the tagged output; empty: null */
    struct buf error;  /* UTF-8 text; meaningful when not a success */
    uint64_t instructions, time_ms;
    uint64_t refund_usd;  /* of a success: what goes back, in the token's smallest unit; 0: nothing */
    enum outcome outcome; /* for the coordinator; of a success OUTCOME_COMPLETED */
    const char *category; /* the protocol's error_category, when it is not the one that goes with the outcome */
};

void response_free(struct response *r);

static inline void auto_response(struct response *r)
{
    response_free(r);
}

/* A failure in which nothing ran. */
void response_fail(struct response *r, enum outcome outcome, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* What a run's typed outcome means to the requester. Out of fuel and deadline are billed in full (`instructions` becomes the
 * limit); everything else what was measured. */
void response_from_outcome(const struct task_outcome *outcome, enum response_format format, const struct task_limits *limits,
                           struct response *out);

/* The call for the chain: {"method":…,"args":…}. Cuts or replaces `r` when it is too large. */
void response_delivery(struct response *r, uint64_t request_id, struct buf *out);

/* The body of POST /jobs/complete. `checksum` may be empty. */
void response_completion(const struct response *r, uint64_t job_id, struct slice checksum, struct buf *out);

/* The JSON text that the requester's callback gets: of Text a string, of Bytes base64 in a string, of Json the value with its members sorted. Empty for a failure. */
void response_value(const struct response *r, struct buf *out);
