/* What things cost: the one place for the network's gas fees.
 * Source: NEAR protocol 85, runtime parameters. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Costs of host functions: a name as gas profiles print it, and gas per call, byte, block or element. */
#define VM_COSTS(X)                                   \
    X(BASE, 264768111)                                \
    X(CONTRACT_LOADING_BASE, 35445963)                \
    X(CONTRACT_LOADING_BYTES, 1089295)                \
    X(READ_MEMORY_BASE, 2609863200)                   \
    X(READ_MEMORY_BYTE, 3801333)                      \
    X(WRITE_MEMORY_BASE, 2803794861)                  \
    X(WRITE_MEMORY_BYTE, 2723772)                     \
    X(READ_REGISTER_BASE, 2517165186)                 \
    X(READ_REGISTER_BYTE, 98562)                      \
    X(WRITE_REGISTER_BASE, 2865522486)                \
    X(WRITE_REGISTER_BYTE, 3801564)                   \
    X(UTF8_DECODING_BASE, 3111779061)                 \
    X(UTF8_DECODING_BYTE, 291580479)                  \
    X(UTF16_DECODING_BASE, 3543313050)                \
    X(UTF16_DECODING_BYTE, 163577493)                 \
    X(SHA256_BASE, 4540970250)                        \
    X(SHA256_BYTE, 24117351)                          \
    X(KECCAK256_BASE, 5879491275)                     \
    X(KECCAK256_BYTE, 21471105)                       \
    X(KECCAK512_BASE, 5811388236)                     \
    X(KECCAK512_BYTE, 36649701)                       \
    X(RIPEMD160_BASE, 853675086)                      \
    X(RIPEMD160_BLOCK, 680107584)                     \
    X(ECRECOVER_BASE, 278821988457)                   \
    X(LOG_BASE, 3543313050)                           \
    X(LOG_BYTE, 13198791)                             \
    X(STORAGE_WRITE_BASE, 64196736000)                \
    X(STORAGE_WRITE_KEY_BYTE, 70482867)               \
    X(STORAGE_WRITE_VALUE_BYTE, 31018539)             \
    X(STORAGE_WRITE_EVICTED_BYTE, 32117307)           \
    X(STORAGE_READ_BASE, 56356845749)                 \
    X(STORAGE_READ_KEY_BYTE, 30952533)                \
    X(STORAGE_READ_VALUE_BYTE, 5611004)               \
    X(STORAGE_REMOVE_BASE, 53473030500)               \
    X(STORAGE_REMOVE_KEY_BYTE, 38220384)              \
    X(STORAGE_REMOVE_RET_VALUE_BYTE, 11531556)        \
    X(STORAGE_HAS_KEY_BASE, 54039896625)              \
    X(STORAGE_HAS_KEY_BYTE, 30790845)                 \
    X(STORAGE_LARGE_READ_OVERHEAD_BASE, 1)            \
    X(STORAGE_LARGE_READ_OVERHEAD_BYTE, 1)            \
    X(TOUCHING_TRIE_NODE, 2280000000)                 \
    X(PROMISE_AND_BASE, 1465013400)                   \
    X(PROMISE_AND_PER_PROMISE, 5452176)               \
    X(PROMISE_RETURN, 560152386)                      \
    X(VALIDATOR_STAKE_BASE, 911834726400)             \
    X(VALIDATOR_TOTAL_STAKE_BASE, 911834726400)       \
    X(ED25519_VERIFY_BASE, 210000000000)              \
    X(ED25519_VERIFY_BYTE, 9000000)                   \
    X(P256_VERIFY_BASE, 1300000000000)                \
    X(P256_VERIFY_BYTE, 13000000)                     \
    X(ALT_BN128_G1_MULTIEXP_BASE, 713000000000)       \
    X(ALT_BN128_G1_MULTIEXP_ELEMENT, 320000000000)    \
    X(ALT_BN128_G1_SUM_BASE, 3000000000)              \
    X(ALT_BN128_G1_SUM_ELEMENT, 5000000000)           \
    X(ALT_BN128_PAIRING_CHECK_BASE, 9686000000000)    \
    X(ALT_BN128_PAIRING_CHECK_ELEMENT, 5102000000000) \
    X(BLS12381_P1_SUM_BASE, 16500000000)              \
    X(BLS12381_P1_SUM_ELEMENT, 6000000000)            \
    X(BLS12381_P2_SUM_BASE, 18600000000)              \
    X(BLS12381_P2_SUM_ELEMENT, 15000000000)           \
    X(BLS12381_G1_MULTIEXP_BASE, 16500000000)         \
    X(BLS12381_G1_MULTIEXP_ELEMENT, 930000000000)     \
    X(BLS12381_G2_MULTIEXP_BASE, 18600000000)         \
    X(BLS12381_G2_MULTIEXP_ELEMENT, 1995000000000)    \
    X(BLS12381_MAP_FP_TO_G1_BASE, 1500000000)         \
    X(BLS12381_MAP_FP_TO_G1_ELEMENT, 252000000000)    \
    X(BLS12381_MAP_FP2_TO_G2_BASE, 1500000000)        \
    X(BLS12381_MAP_FP2_TO_G2_ELEMENT, 900000000000)   \
    X(BLS12381_PAIRING_BASE, 2130000000000)           \
    X(BLS12381_PAIRING_ELEMENT, 2130000000000)        \
    X(BLS12381_P1_DECOMPRESS_BASE, 15000000000)       \
    X(BLS12381_P1_DECOMPRESS_ELEMENT, 81000000000)    \
    X(BLS12381_P2_DECOMPRESS_BASE, 15000000000)       \
    X(BLS12381_P2_DECOMPRESS_ELEMENT, 165000000000)   \
    X(YIELD_CREATE_BASE, 153411779276)                \
    X(YIELD_CREATE_BYTE, 15643988)                    \
    X(YIELD_CREATE_WITH_ID_BASE, 290000000000)        \
    X(YIELD_RESUME_BASE, 1195627285210)               \
    X(YIELD_RESUME_BYTE, 47683715)

enum vm_cost {
#define X(name, gas) VM_COST_##name,
    VM_COSTS(X)
#undef X
        VM_COST_COUNT
};

struct vm_cost_fee {
    const char *name;
    uint64_t gas;
};

extern const struct vm_cost_fee vm_costs[VM_COST_COUNT];

/* Fees of receipts and actions: sent to oneself, sent to another, executed. */
#define VM_ACTION_COSTS(X)                                                      \
    X(NEW_ACTION_RECEIPT, 108059500000, 108059500000, 108059500000)             \
    X(NEW_DATA_RECEIPT_BASE, 36486732312, 36486732312, 36486732312)             \
    X(NEW_DATA_RECEIPT_BYTE, 17212011, 47683715, 17212011)                      \
    X(CREATE_ACCOUNT, 500000000000, 500000000000, 7200000000000)                \
    X(DELETE_ACCOUNT, 147489000000, 147489000000, 147489000000)                 \
    X(DEPLOY_CONTRACT_BASE, 184765750000, 184765750000, 184765750000)           \
    X(DEPLOY_CONTRACT_BYTE, 6812999, 47683715, 64572944)                        \
    X(FUNCTION_CALL_BASE, 200000000000, 200000000000, 780000000000)             \
    X(FUNCTION_CALL_BYTE, 2235934, 47683715, 2235934)                           \
    X(TRANSFER, 115123062500, 115123062500, 115123062500)                       \
    X(STAKE, 141715687500, 141715687500, 102217625000)                          \
    X(ADD_FULL_ACCESS_KEY, 101765125000, 101765125000, 101765125000)            \
    X(ADD_FUNCTION_CALL_KEY_BASE, 102217625000, 102217625000, 102217625000)     \
    X(ADD_FUNCTION_CALL_KEY_BYTE, 1925331, 47683715, 1925331)                   \
    X(DELETE_KEY, 94946625000, 94946625000, 94946625000)                        \
    X(DELEGATE, 200000000000, 200000000000, 200000000000)                       \
    X(DEPLOY_GLOBAL_CONTRACT_BASE, 184765750000, 184765750000, 184765750000)    \
    X(DEPLOY_GLOBAL_CONTRACT_BYTE, 6812999, 47683715, 70000000)                 \
    X(USE_GLOBAL_CONTRACT_BASE, 184765750000, 184765750000, 184765750000)       \
    X(USE_GLOBAL_CONTRACT_BYTE, 6812999, 47683715, 64572944)                    \
    X(DETERMINISTIC_STATE_INIT_BASE, 500000000000, 500000000000, 7430000000000) \
    X(DETERMINISTIC_STATE_INIT_ENTRY, 0, 0, 200000000000)                       \
    X(DETERMINISTIC_STATE_INIT_BYTE, 72000000, 72000000, 70000000)              \
    X(GAS_KEY_TRANSFER_BASE, 115123062500, 115123062500, 235676644250)          \
    X(GAS_KEY_BYTE, 59357464, 59357464, 101435400)                              \
    X(GAS_KEY_NONCE_WRITE_BASE, 0, 0, 64196736000)

enum vm_action_cost {
#define X(name, send_sir, send_not_sir, exec) VM_ACTION_##name,
    VM_ACTION_COSTS(X)
#undef X
        VM_ACTION_COST_COUNT
};

struct vm_action_fee {
    const char *name;
    uint64_t send_sir, send_not_sir, exec; /* sir: sender is receiver */
};

extern const struct vm_action_fee vm_action_fees[VM_ACTION_COST_COUNT];

static inline uint64_t vm_action_send_gas(enum vm_action_cost cost, bool sir)
{
    return sir ? vm_action_fees[cost].send_sir : vm_action_fees[cost].send_not_sir;
}

/* What a gas key's fees count in bytes: the record of its balance and its number of nonces when it is sent; in the receiver's state, names as
 * long as the account and the key, and values that hold them. Source: NEP-611. */
enum { VM_GAS_KEY_INFO_LEN = 16 + 2 };

static inline uint64_t vm_gas_key_record_len(size_t account_len, size_t key_len)
{
    enum { PREFIX_AND_SEPARATOR = 2, VALUE = 8 + 1 + VM_GAS_KEY_INFO_LEN };
    return PREFIX_AND_SEPARATOR + account_len + key_len + VALUE;
}

static inline uint64_t vm_gas_key_nonce_len(size_t account_len, size_t key_len)
{
    enum { PREFIX_AND_SEPARATOR = 2, INDEX = 2, NONCE = 8 };
    return PREFIX_AND_SEPARATOR + account_len + key_len + INDEX + NONCE;
}

#define VM_MAX_GAS_BURNT UINT64_C(1000000000000000) /* by one call */
enum { VM_INSTRUCTION_GAS = 822756 };

enum vm_limit {
    VM_MAX_REGISTERS = 100,
    VM_MAX_REGISTER_LEN = 104857600,
    VM_MAX_REGISTERS_LEN = 1073741824, /* of all, each with 8 bytes more */
    VM_MAX_LOGS = 100,
    VM_MAX_LOG_LEN = 16384, /* of all */
    VM_MAX_RETURN_LEN = 4194304,
    VM_MAX_CONTRACT_LEN = 4194304,
    VM_MAX_KEY_LEN = 2048,
    VM_MAX_VALUE_LEN = 4194304,
    VM_MAX_PROMISES = 1024,
    VM_MAX_DEPENDENCIES = 128,
    VM_MAX_YIELD_PAYLOAD_LEN = 1024,
    VM_STORAGE_RECORD_LEN = 40,   /* what a record takes besides its key and value */
    VM_SMALL_READ_MAX_LEN = 4000, /* longer values cost the large-read fee as well */
};
