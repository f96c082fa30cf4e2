/* The wire types of the main contract: what comes in as JSON, goes out as JSON, and is kept. docs/contract.md explains the fields;
 * the tables in types.c are the formats. Slices are borrowed from the call's input or from storage. */
#pragma once
#include "kit/kit.h"

/* Where code comes from. A CodeSource is one of the first two; an ExecutionSource may also be a project. */
enum { SOURCE_GITHUB, SOURCE_WASM_URL, SOURCE_PROJECT };

struct github_source {
    struct slice repo, commit, build_target;
};

struct wasm_url_source {
    struct slice url, hash, build_target;
};

struct project_source {
    struct slice project_id, version_key;
};

struct source {
    uint8_t kind;
    union {
        struct github_source github;
        struct wasm_url_source wasm_url;
        struct project_source project;
    };
};

struct limits {
    uint64_t max_instructions, max_execution_seconds;
    uint32_t max_memory_mb;
    bool has_max_instructions, has_max_memory_mb, has_max_execution_seconds;
};

struct secrets_ref {
    struct slice profile, account_id;
};

enum { FORMAT_BYTES, FORMAT_TEXT, FORMAT_JSON };

struct request_params {
    bool force_rebuild, store_on_fastfs, compile_only, use_bound_identity, has_attached_usd;
    struct slice project_uuid;
    u128 attached_usd;
};

/* A request from the moment it is made until it is settled. Three formats are cut from it: the record in storage, the answer of
 * get_request, and the request_data of the event. */
struct request {
    uint64_t request_id;
    uint8_t data_id[32];
    struct slice sender_id;        /* who called, may cancel, and whose stablecoin moved */
    struct slice signer_id;        /* who signed: the sender_id of events */
    struct slice payer_account_id; /* who gets refunds */
    struct source execution_source, code_source;
    bool has_code_source; /* kept apart from execution_source, which is a project */
    struct limits resource_limits;
    u128 payment, attached_usd;
    uint64_t timestamp; /* ns */
    struct secrets_ref secrets_ref;
    bool has_secrets_ref;
    uint8_t response_format;
    struct slice input_data;       /* NULL: none, or kept apart */
    struct slice event_input_data; /* what the event carries of it */
    bool input_data_in_state, input_apart;
    bool compile_only, force_rebuild, store_on_fastfs, use_bound_identity;
    struct slice project_uuid, project_id;
    struct slice pending_output; /* JSON, for get_request */
    bool output_submitted;
    struct output *submitted; /* of a request that was taken; NULL: none */
};

enum { OUTPUT_BYTES, OUTPUT_TEXT, OUTPUT_JSON };

/* The value a program produced: bytes, UTF-8 text, or compact JSON with sorted members. */
struct output {
    uint8_t kind;
    struct slice value;
};

struct metrics {
    uint64_t instructions, time_ms, compile_time_ms;
    bool has_compile_time_ms;
};

/* What the operator reports of a run. */
struct response {
    bool success, has_output, has_refund_usd;
    struct output output;
    struct slice error, compilation_note;
    struct metrics resources_used;
    uint64_t refund_usd;
};

struct completed_event {
    struct slice sender_id;
    struct source code_source;
    struct metrics resources_used;
    bool success;
    struct slice error_message, compilation_note;
    u128 payment_charged, payment_refunded;
    uint64_t timestamp;
};

/* What an execution costs, in yocto. */
struct prices {
    u128 base_fee, per_million_instructions_fee, per_ms_fee, per_compile_ms_fee;
};

/* The price list of the HTTPS side, in token units: published here, charged there. */
struct usd_prices {
    u128 base_fee_usd, per_million_instructions_fee_usd, per_sec_fee_usd, per_compile_ms_fee_usd;
};

/* A project and a version of it, as they are kept; projects.h explains them. */
struct project {
    struct slice id;
    uint64_t number;
    struct slice active;
    uint64_t created_at; /* ns */
    uint32_t storage_bytes, place;
};

struct version {
    struct source code;
    uint64_t added_at; /* ns */
    uint32_t storage_bytes, place;
};

struct project_view {
    struct slice uuid, owner, name, project_id, active_version;
    uint64_t created_at;
    u128 storage_deposit;
};

struct version_view {
    struct slice wasm_hash;
    struct source source;
    uint64_t added_at;
    bool is_active;
};

/* What an operation of a project costs in token units, and how much of that its author gets, in hundredths of a percent. */
struct operation_price {
    struct slice operation;
    u128 price_usd;
    uint16_t developer_share_bp;
};

struct project_pricing {
    struct slice author_account_id;
    struct list operations;
    uint32_t place; /* in the set of priced projects */
};

struct subscription_plan {
    uint8_t index;
    struct slice name;
    u128 price_usd;
    bool active;
};

extern const struct schema project_pricing_schema, project_pricing_record_schema, subscription_plans_schema;

extern const struct schema project_record_schema, version_record_schema, project_view_schema, version_view_schema;

/* Who may use a secret. */
enum { ACCESSOR_REPO, ACCESSOR_WASM_HASH, ACCESSOR_PROJECT, ACCESSOR_SYSTEM };

struct accessor {
    uint8_t kind;
    union {
        struct repo_accessor {
            struct slice repo, branch; /* NULL: every branch */
        } repo;
        struct name_accessor {
            struct slice name; /* a hash, a project id */
        } name;
        uint8_t system; /* there is one: a payment key */
    };
};

struct secret_key {
    struct accessor accessor;
    struct slice profile, owner;
};

struct secret {
    struct slice encrypted_secrets, access; /* base64; JSON */
    uint64_t created_at, updated_at;        /* ns */
    uint32_t storage_bytes, place;
    struct slice vault_id; /* NULL: none */
};

/* Under which condition. The keystore judges it; here it is only read, bounded and kept as JSON. */
enum access_kind {
    ACCESS_LOGIC,
    ACCESS_NOT,
    ACCESS_ALL,
    ACCESS_WHITELIST,
    ACCESS_PATTERN,
    ACCESS_NEAR,
    ACCESS_FT,
    ACCESS_NFT,
    ACCESS_DAO,
    ACCESS_UNTIL,
    ACCESS_WASM_HASH,
    ACCESS_PREDECESSOR,
};

struct access {
    uint8_t kind;
    union {
        struct access_logic {
            uint8_t operator;
            struct list conditions;
        } logic;
        struct access_inner {
            struct access *condition;
        } inner; /* not, predecessor */
        struct access_whitelist {
            struct list accounts;
        } whitelist;
        struct access_text {
            struct slice text;
        } text; /* a pattern, a hash */
        struct access_balance {
            struct slice contract; /* of FT */
            uint8_t operator;
            u128 value;
        } balance;
        struct access_member {
            struct slice contract, name; /* an NFT and its token, if one is named; a DAO and a role */
        } member;
        struct access_until {
            u128 until_ns;
        } until;
    };
};

struct secret_view {
    struct accessor accessor;
    struct slice encrypted_secrets, access, profile;
    uint64_t created_at, updated_at;
    u128 storage_deposit;
};

extern const struct schema accessor_schema, access_schema, secret_key_schema, secret_name_schema, secret_record_schema,
    secret_view_schema, secret_info_schema;

extern const struct schema code_source_schema, execution_source_schema, limits_schema, secrets_ref_schema,
    response_format_schema, request_params_schema, output_schema, stored_output_schema, metrics_schema, response_schema,
    completed_event_schema, prices_schema, usd_prices_schema, request_record_schema, request_view_schema, request_event_schema;

/* Where a value is kept: the first byte of its key. */
enum {
    KEY_REQUEST = 'r',
    KEY_INPUT = 'i',
    KEY_OUTPUT = 'o',
    KEY_USD_PRICES = 'u',
    KEY_PROJECT = 'p',
    KEY_VERSION = 'v',
    KEY_VERSIONS = 'w',
    KEY_PROJECTS_OF = 'P',
    KEY_ACCEPTANCE = 'a',
    KEY_SECRET = 's',
    KEY_SECRETS_OF = 'S',
    KEY_NONCE_FLOOR = 'n',
    KEY_BALANCE = 'b',
    KEY_EARNINGS = 'e',
    KEY_PRICING = 'c',
    KEY_PRICED = 'C',
    KEY_PLANS = 'l',
    KEY_PLAN_NAME = 'N',
    KEY_WALLET = 'k',
    KEY_WALLETS_OF = 'K',
};
