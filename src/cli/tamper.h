/* An attestation with one other bit in its record: what the demonstration and tests show to be noticed. */
#pragma once
#include <jansson.h>

enum tamper_field { TAMPER_INPUT, TAMPER_OUTPUT, TAMPER_CODE, TAMPER_CALLER, TAMPER_TIME, TAMPER_FIELDS };

/* "input" …: the step of `outlayer verify` in the group `request` that such a record fails, among others. */
const char *tamper_field_name(enum tamper_field field);

/* A copy of an attestation, as the coordinator gives it, whose record of version 2 has one other bit in this field. NULL: it has no
 * well-formed one. A new reference. */
json_t *tamper_attestation(const json_t *attestation, enum tamper_field field);
