/* A contract's methods, and what a method knows of the call it runs in.
 *
 *     CHANGE(set_owner)     refuses a deposit
 *     PAYABLE(buy)          takes one
 *     CALLBACK(on_bought)   only this contract itself may call it
 *     VIEW(get_owner)       reads
 *     {
 *         …
 *     }
 *
 * A name is both the exported method and a C function. */
#pragma once
#include "kit/schema.h"
#include "kit/text.h"

#define KIT_EXPORT(name)                                 \
    __attribute__((export_name(#name))) void name(void); \
    void name(void)

#define KIT_GUARDED(name, guard)          \
    static inline void name##_body(void); \
    KIT_EXPORT(name)                      \
    {                                     \
        guard(TEXT(#name));               \
        name##_body();                    \
    }                                     \
    static inline void name##_body(void)

#define VIEW(name)     KIT_EXPORT(name)
#define PAYABLE(name)  KIT_EXPORT(name)
#define CHANGE(name)   KIT_GUARDED(name, call_refuse_deposit)
#define CALLBACK(name) KIT_GUARDED(name, call_refuse_strangers)

/* "Method X doesn't accept deposit". */
void call_refuse_deposit(struct text method);
/* "Method X is private"; then as call_refuse_deposit. */
void call_refuse_strangers(struct text method);

/* Accounts, borrowed for the whole call. */
struct slice call_predecessor(void); /* who called */
struct slice call_signer(void);      /* who signed the transaction in which this happens */
struct slice call_current(void);     /* this contract */

u128 call_deposit(void);     /* yocto */
uint64_t call_time_ns(void); /* of the block, since 1970 */

/* The call's JSON arguments, as the struct that the schema describes. Whatever does not fit the schema ends the call with near-sdk's
 * text: "Failed to deserialize input from JSON. Error: `missing field `x` at line 1 column 2`". */
void *call_args(const struct schema *s);
/* For a callback whose arguments this contract wrote itself, those that it needs first: reads no further than it must. */
void *call_own_args(const struct schema *s);
/* The raw input. */
struct slice call_input(void);

/* The method's result. A method that returns nothing calls none of these. */
void return_bytes(struct slice bytes);
void return_value(const struct schema *s, const void *value); /* NULL: null */
void return_u64(uint64_t value);
void return_u128(u128 value); /* as a string */
void return_bool(bool value);
void return_string(struct slice text);
void return_null(void);
