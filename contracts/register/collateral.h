/* Slots of collateral: verified when they are stored, kept as the text that came and as a compiled record. */
#pragma once
#include "register/state.h"

/* Cryptography of the host, for dcap. */
extern const struct dcap_crypto host_crypto;

/* The record of the platform's slot, in a static; ends the call when there is none. *pck_chain is what came with the collateral, as a rule
 * nothing. */
const struct dcap_record *collateral_for(const struct state *s, const uint8_t fmspc[PCK_FMSPC_LEN], struct slice *pck_chain);

/* Verifies the text and stores it with its record; the state is the caller's to save. False: *fault says why it does not verify. Ends the call when
 * it is older than what was stored for its platform, or the platform has another slot. */
bool collateral_store(struct state *s, uint32_t slot, struct slice text, struct dcap_fault *fault);

/* Ends the call: "TDX quote verification failed: …". */
_Noreturn void collateral_refuse(const struct dcap_fault *fault);
