/* Slots of collateral: verified when they are stored, kept as the text that came and as a compiled record. */
#pragma once
#include "register/state.h"

/* Cryptography of the host, for dcap. */
extern const struct dcap_crypto host_crypto;

/* The record of the platform's slot, in a static; ends the call when there is none. *pck_chain is what came with the collateral, as a rule
 * nothing. */
const struct dcap_record *collateral_for(const struct state *s, const uint8_t fmspc[PCK_FMSPC_LEN], struct slice *pck_chain);

/* Ends the call: "TDX quote verification failed: …". */
_Noreturn void collateral_refuse(const struct dcap_fault *fault);
