/* What programs asked of the network: every attempt of a run, allowed or not, as its worker tells it. */
#pragma once
#include "base/arena.h"
#include "coordinator/machine.h"
#include "store/db.h"
#include <jansson.h>

enum { EGRESS_RECORDS_MAX = 2000 /* of one run; a worker stops a run at half as many */, EGRESS_KEPT_DAYS = 30 };

struct egress_audit {
    uint64_t job_id;
    struct slice project_id, checksum, executed, connector_id; /* NULL pointer: none */
    const json_t *records; /* checked: an array of {host, bytes|null, allowed, reason|null} */
};

/* Texts are borrowed from `body`. ERR_INVALID names the member. */
struct err *egress_audit_parse(const json_t *body, struct egress_audit *out);

/* Once for a job: a repetition changes nothing. Rows older than EGRESS_KEPT_DAYS go. ERR_NOT_FOUND when this token's workers have no such job. */
struct err *egress_audit_store(struct db *db, const struct egress_audit *audit, const char *token_hash, uint64_t now_ms);
