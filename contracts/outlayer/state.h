/* What belongs to the contract as a whole: one record under the key `STATE`, read by every method that needs it and written only by
 * those that change it. */
#pragma once
#include "outlayer/types.h"

struct state {
    uint8_t layout; /* STATE_LAYOUT */
    struct slice owner_id, operator_id;
    bool paused;
    struct slice event_standard, event_version; /* NULL: the defaults */
    struct prices prices;
    struct slice payment_token_contract; /* NULL: none */
    uint64_t next_request_id, total_executions;
    u128 total_fees_collected; /* yocto */
    /* Every request below `first_open_id` is settled; bit i of `settled_above`: so is request first_open_id + i. */
    uint64_t first_open_id, settled_above;
    uint64_t projects_created; /* counts uuids */
    u128 fees_withdrawn;       /* yocto, of total_fees_collected; since layout 2 */
};

enum { STATE_LAYOUT = 2 };

extern const struct schema state_schema;

enum state_guard { FOR_ANYONE, FOR_ANYONE_UNLESS_PAUSED, FOR_OWNER, FOR_OPERATOR };

/* Loads the state and lets only `who` go on. */
struct state *state_open(enum state_guard who);
void state_save(const struct state *s);
bool state_exists(void);
/* Rewrites a state of an older layout as one of STATE_LAYOUT; one that is of it already stays as it is. Says of which layout it was. */
uint8_t state_migrate(void);

struct slice state_event_standard(const struct state *s);
struct slice state_event_version(const struct state *s);

/* The published price list, which only its readers and set_pricing touch. */
struct usd_prices *usd_prices_load(void);
void usd_prices_save(const struct usd_prices *p);

/* The panic of the reference for an operation that does not fit its integer. */
_Noreturn void panic_overflow(const char *operation);
