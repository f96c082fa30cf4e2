/* What belongs to the contract as a whole: one record under the key `STATE`. Texts of collateral, compiled records, measurements and worker keys lie under
 * keys of their own, so that a call touches what it needs. */
#pragma once
#include "dcap/verify.h"
#include "kit/kit.h"

enum {
    SLOTS_MAX = 2,
    NONCE_LEN = 32,
    MEASUREMENT_LEN = 48,
    MEASUREMENTS = 5,
    MEASUREMENTS_LEN = MEASUREMENTS * MEASUREMENT_LEN
};

/* Prefixes of storage keys. */
enum {
    KEY_TEXT = 't',     /* slot -> its collateral as a JSON string */
    KEY_CHAIN = 'c',    /* slot -> PCK chain that came with the collateral (PEM) */
    KEY_RECORD = 'r',   /* slot -> the compiled record */
    KEY_FLOOR = 'f',    /* FMSPC -> the newest collateral that was ever stored for it */
    KEY_APPROVED = 'a', /* approved measurements, MEASUREMENTS_LEN bytes each */
    KEY_WORKER = 'w',   /* hash of a worker's key -> its record */
    KEY_MEMBERS = 'm',  /* hash of measurements -> set of the keys that were registered with them */
    KEY_ROOT = 'o',     /* the simulator's root, struct dcap_anchor as it lies in memory */
};

struct state {
    uint8_t layout; /* STATE_LAYOUT */
    struct slice owner_id, init_worker_account, outlayer_contract_id;
    uint8_t slot_count;
    uint8_t chains;         /* bit i: slot i came with a PCK chain, which binds it to one processor */
    struct slice fmspcs;    /* of the slots, PCK_FMSPC_LEN bytes each */
    struct slice nonce;     /* NONCE_LEN; another one after everything that is removed */
    bool nonce_required;    /* quotes without the nonce are refused */
    struct slice simulated; /* SHA-256 of the simulator's root; NULL: quotes are verified under Intel's */
};

enum { STATE_LAYOUT = 1 };

/* Loads the state. A contract under a simulator's root says so in the log of every call and view. */
struct state *state_open(void);
struct state *state_open_for_owner(void);
void state_save(const struct state *s);
bool state_exists(void);
/* A nonce that nobody could foretell. */
void state_renew_nonce(struct state *s);

/* Hex, which lives as long as the call. */
struct slice hex_of(struct slice bytes);

struct slice root_key(void);
/* prefix, then the slot's number. */
struct slice slot_key(uint8_t prefix, uint32_t slot);
