/* The event log of a dstack VM, replayed: what was measured into the run-time registers, and what the names in it stand for.
 *
 * A register starts as 48 zero bytes and becomes SHA384(register ‖ digest) with every event. For RTMR3 the digest is computed here from the event's name and payload
 * and must be the one the log states; for RTMR0 to RTMR2 a log gives digests only. A log proves nothing until its registers are compared with those of a verified
 * quote.
 *
 * Events that say who runs (app-id, compose-hash, instance-id, key-provider, os-image-hash) must not occur twice, and the first three not after boot-mr-done: from
 * then on the application itself can extend RTMR3.
 *
 * Source: dstack's event log and RTMR documentation (cc-eventlog); RFC 8785 for version 2 digests.
 */
#pragma once
#include "crypto/hash.h"
#include "tee/measurements.h"

enum { EVENT_LOG_REGISTERS = 4, APP_ID_LEN = 20, EVENT_LOG_MAX = 4 << 20 };

struct event_log {
    uint8_t rtmr[EVENT_LOG_REGISTERS][MEASUREMENT_LEN];
    bool has_app_id, has_compose_hash, has_instance_id, has_os_image_hash, booted;
    uint8_t app_id[APP_ID_LEN],
        instance_id[APP_ID_LEN]; /* an instance without an id has an empty event: has_instance_id is false */
    struct hash compose_hash, os_image_hash;
    struct buf key_provider; /* its JSON text */
};

/* Reads the log, a JSON array of events. ERR_INVALID names the event that is wrong. *out is to be freed in every case. */
struct err *event_log_replay(struct slice json, struct event_log *out);
void event_log_free(struct event_log *l);

static inline void auto_event_log(struct event_log *l)
{
    event_log_free(l);
}

/* What a compose file (the exact bytes of app-compose.json) is called, and the application id that follows from it unless one was chosen. */
struct hash compose_hash(struct slice app_compose);
void compose_app_id(const struct hash *compose_hash, uint8_t out[APP_ID_LEN]);

/* What MRCONFIGID says, by its first byte. Bytes 1 to 32 are the value and the rest is zero. */
enum mr_config_form {
    MR_CONFIG_NONE = 0,     /* all zero */
    MR_CONFIG_COMPOSE = 1,  /* the compose hash */
    MR_CONFIG_APP = 2,      /* keccak256(compose hash ‖ app id ‖ kind of key provider ‖ its id) */
    MR_CONFIG_DOCUMENT = 3, /* SHA256("dstack-mr-config-v3:" ‖ 00 ‖ document as RFC 8785 JSON) */
};

struct mr_config {
    enum mr_config_form form;
    struct hash compose_hash;     /* forms 1 and 2 */
    uint8_t app_id[APP_ID_LEN];   /* form 2 */
    uint8_t key_provider;         /* form 2: 0 none, 1 local, 2 KMS, 3 TPM */
    struct slice key_provider_id; /* form 2 */
    struct slice document;        /* form 3, canonical */
};

void mr_config_id(const struct mr_config *c, uint8_t out[MEASUREMENT_LEN]);
