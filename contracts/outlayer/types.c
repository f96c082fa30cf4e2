#include "outlayer/types.h"

static const struct field github_fields[] = {
    FIELD(struct github_source, repo),
    FIELD(struct github_source, commit),
    FIELD_SLICE_OPT(struct github_source, build_target, FIELD_STRING),
};
static const struct schema github_schema = STRUCT("GitHub", struct github_source, github_fields);

static const struct field wasm_url_fields[] = {
    FIELD(struct wasm_url_source, url),
    FIELD(struct wasm_url_source, hash),
    FIELD_SLICE_OPT(struct wasm_url_source, build_target, FIELD_STRING),
};
static const struct schema wasm_url_schema = STRUCT("WasmUrl", struct wasm_url_source, wasm_url_fields);

static const struct field project_fields[] = {
    FIELD(struct project_source, project_id),
    FIELD_SLICE_OPT(struct project_source, version_key, FIELD_STRING),
};
static const struct schema project_schema = STRUCT("Project", struct project_source, project_fields);

static const struct field code_source_variants[] = {
    [SOURCE_GITHUB] = VARIANT("GitHub", struct source, github, &github_schema),
    [SOURCE_WASM_URL] = VARIANT("WasmUrl", struct source, wasm_url, &wasm_url_schema),
};
const struct schema code_source_schema = ENUM("CodeSource", struct source, code_source_variants);

static const struct field execution_source_variants[] = {
    [SOURCE_GITHUB] = VARIANT("GitHub", struct source, github, &github_schema),
    [SOURCE_WASM_URL] = VARIANT("WasmUrl", struct source, wasm_url, &wasm_url_schema),
    [SOURCE_PROJECT] = VARIANT("Project", struct source, project, &project_schema),
};
const struct schema execution_source_schema = ENUM("ExecutionSource", struct source, execution_source_variants);

static const struct field limits_fields[] = {
    FIELD_OPT(struct limits, max_instructions),
    FIELD_OPT(struct limits, max_memory_mb),
    FIELD_OPT(struct limits, max_execution_seconds),
};
const struct schema limits_schema = STRUCT("ResourceLimits", struct limits, limits_fields);

static const struct field secrets_ref_fields[] = {
    FIELD(struct secrets_ref, profile),
    FIELD_AS(struct secrets_ref, account_id, FIELD_ACCOUNT),
};
const struct schema secrets_ref_schema = STRUCT("SecretsReference", struct secrets_ref, secrets_ref_fields);

static const struct field response_format_variants[] = {
    [FORMAT_BYTES] = UNIT("Bytes"),
    [FORMAT_TEXT] = UNIT("Text"),
    [FORMAT_JSON] = UNIT("Json"),
};
const struct schema response_format_schema = ENUM("ResponseFormat", uint8_t, response_format_variants);

static const struct field request_params_fields[] = {
    FIELD_DEFAULT(struct request_params, force_rebuild), FIELD_DEFAULT(struct request_params, store_on_fastfs),
    FIELD_DEFAULT(struct request_params, compile_only),  FIELD_SLICE_OPT(struct request_params, project_uuid, FIELD_STRING),
    FIELD_OPT(struct request_params, attached_usd),      FIELD_DEFAULT(struct request_params, use_bound_identity),
};
const struct schema request_params_schema = STRUCT("RequestParams", struct request_params, request_params_fields);

static const struct field output_variants[] = {
    [OUTPUT_BYTES] = VARIANT_AS("Bytes", struct output, value, FIELD_BYTES),
    [OUTPUT_TEXT] = VARIANT_AS("Text", struct output, value, FIELD_STRING),
    [OUTPUT_JSON] = VARIANT_AS("Json", struct output, value, FIELD_JSON),
};
const struct schema output_schema = ENUM("ExecutionOutput", struct output, output_variants);

static const struct field stored_output_variants[] = {
    [OUTPUT_BYTES] = VARIANT_AS("Bytes", struct output, value, FIELD_BYTES),
    [OUTPUT_TEXT] = VARIANT_AS("Text", struct output, value, FIELD_BYTES),
    [OUTPUT_JSON] = VARIANT_AS("Json", struct output, value, FIELD_BYTES),
};
const struct schema stored_output_schema = ENUM("StoredOutput", struct output, stored_output_variants);

static const struct field metrics_fields[] = {
    FIELD(struct metrics, instructions),
    FIELD(struct metrics, time_ms),
    FIELD_OPT(struct metrics, compile_time_ms),
};
const struct schema metrics_schema = STRUCT("ResourceMetrics", struct metrics, metrics_fields);

static const struct field response_fields[] = {
    FIELD(struct response, success),
    FIELD_OF_OPT(struct response, output, &output_schema),
    FIELD_SLICE_OPT(struct response, error, FIELD_STRING),
    FIELD_OF(struct response, resources_used, &metrics_schema),
    FIELD_SLICE_OPT(struct response, compilation_note, FIELD_STRING),
    FIELD_OPT(struct response, refund_usd),
};
const struct schema response_schema = STRUCT("ExecutionResponse", struct response, response_fields);

static const struct field completed_event_fields[] = {
    FIELD(struct completed_event, sender_id),
    FIELD_OF(struct completed_event, code_source, &code_source_schema),
    FIELD_OF(struct completed_event, resources_used, &metrics_schema),
    FIELD(struct completed_event, success),
    FIELD_SLICE_OPT(struct completed_event, error_message, FIELD_STRING),
    FIELD(struct completed_event, payment_charged),
    FIELD(struct completed_event, payment_refunded),
    FIELD_SLICE_OPT(struct completed_event, compilation_note, FIELD_STRING),
    FIELD(struct completed_event, timestamp),
};
const struct schema completed_event_schema = RECORD(struct completed_event, completed_event_fields);

static const struct field prices_fields[] = {
    FIELD(struct prices, base_fee),
    FIELD(struct prices, per_million_instructions_fee),
    FIELD(struct prices, per_ms_fee),
    FIELD(struct prices, per_compile_ms_fee),
};
const struct schema prices_schema = RECORD(struct prices, prices_fields);

static const struct field usd_prices_fields[] = {
    FIELD(struct usd_prices, base_fee_usd),
    FIELD(struct usd_prices, per_million_instructions_fee_usd),
    FIELD(struct usd_prices, per_sec_fee_usd),
    FIELD(struct usd_prices, per_compile_ms_fee_usd),
};
const struct schema usd_prices_schema = RECORD(struct usd_prices, usd_prices_fields);

/* The record under KEY_REQUEST. The payer is left out when it is the sender; so is the input when it is long (KEY_INPUT). */
static const struct field request_record_fields[] = {
    FIELD_KEPT(struct request, data_id),
    FIELD_KEPT(struct request, sender_id),
    FIELD_SLICE_OPT(struct request, payer_account_id, FIELD_STRING),
    FIELD_OF(struct request, execution_source, &execution_source_schema),
    FIELD_OF_OPT(struct request, code_source, &code_source_schema),
    FIELD_OF(struct request, resource_limits, &limits_schema),
    FIELD_KEPT(struct request, payment),
    FIELD_KEPT(struct request, attached_usd),
    FIELD_KEPT(struct request, timestamp),
    FIELD_OF_OPT(struct request, secrets_ref, &secrets_ref_schema),
    FIELD_KEPT(struct request, response_format),
    FIELD_SLICE_OPT(struct request, input_data, FIELD_STRING),
    FIELD_KEPT(struct request, input_apart),
    FIELD_KEPT(struct request, output_submitted),
};
const struct schema request_record_schema = RECORD(struct request, request_record_fields);

static const struct field request_view_fields[] = {
    FIELD(struct request, request_id),
    FIELD(struct request, data_id),
    FIELD(struct request, sender_id),
    FIELD_OF(struct request, execution_source, &execution_source_schema),
    FIELD_NESTED("resolved_source", struct request, code_source, FIELD_SCHEMA, &code_source_schema),
    FIELD_OF(struct request, resource_limits, &limits_schema),
    FIELD_AS(struct request, payment, FIELD_U128_NUMBER),
    FIELD(struct request, timestamp),
    FIELD_OF_OPT(struct request, secrets_ref, &secrets_ref_schema),
    FIELD_OF(struct request, response_format, &response_format_schema),
    FIELD_SLICE_OPT(struct request, input_data, FIELD_STRING),
    FIELD(struct request, payer_account_id),
    FIELD_AS(struct request, attached_usd, FIELD_U128_NUMBER),
    FIELD_SLICE_OPT(struct request, pending_output, FIELD_JSON),
    FIELD(struct request, output_submitted),
};
const struct schema request_view_schema = RECORD(struct request, request_view_fields);

static const struct field request_event_fields[] = {
    FIELD(struct request, request_id),
    FIELD_NAMED("sender_id", struct request, signer_id, FIELD_STRING),
    FIELD_NAMED("predecessor_id", struct request, sender_id, FIELD_STRING),
    FIELD_OF(struct request, code_source, &code_source_schema),
    FIELD_OF(struct request, resource_limits, &limits_schema),
    FIELD_NAMED("input_data", struct request, event_input_data, FIELD_STRING),
    FIELD(struct request, input_data_in_state),
    FIELD_OF_OPT(struct request, secrets_ref, &secrets_ref_schema),
    FIELD_OF(struct request, response_format, &response_format_schema),
    FIELD(struct request, payment),
    FIELD(struct request, attached_usd),
    FIELD(struct request, timestamp),
    FIELD(struct request, compile_only),
    FIELD(struct request, force_rebuild),
    FIELD(struct request, store_on_fastfs),
    FIELD(struct request, use_bound_identity),
    FIELD_SLICE_OPT(struct request, project_uuid, FIELD_STRING),
    FIELD_SLICE_OPT(struct request, project_id, FIELD_STRING),
};
const struct schema request_event_schema = RECORD(struct request, request_event_fields);

static const struct field project_record_fields[] = {
    FIELD_KEPT(struct project, number),        FIELD_KEPT(struct project, active), FIELD_KEPT(struct project, created_at),
    FIELD_KEPT(struct project, storage_bytes), FIELD_KEPT(struct project, place),
};
const struct schema project_record_schema = RECORD(struct project, project_record_fields);

static const struct field version_record_fields[] = {
    FIELD_OF(struct version, code, &code_source_schema),
    FIELD_KEPT(struct version, added_at),
    FIELD_KEPT(struct version, storage_bytes),
    FIELD_KEPT(struct version, place),
};
const struct schema version_record_schema = RECORD(struct version, version_record_fields);

static const struct field project_view_fields[] = {
    FIELD(struct project_view, uuid),
    FIELD(struct project_view, owner),
    FIELD(struct project_view, name),
    FIELD(struct project_view, project_id),
    FIELD(struct project_view, active_version),
    FIELD(struct project_view, created_at),
    FIELD(struct project_view, storage_deposit),
};
const struct schema project_view_schema = RECORD(struct project_view, project_view_fields);

static const struct field version_view_fields[] = {
    FIELD(struct version_view, wasm_hash),
    FIELD_OF(struct version_view, source, &code_source_schema),
    FIELD(struct version_view, added_at),
    FIELD(struct version_view, is_active),
};
const struct schema version_view_schema = RECORD(struct version_view, version_view_fields);

static const struct field repo_accessor_fields[] = {
    FIELD(struct repo_accessor, repo),
    FIELD_SLICE_OPT(struct repo_accessor, branch, FIELD_STRING),
};
static const struct schema repo_accessor_schema = STRUCT("Repo", struct repo_accessor, repo_accessor_fields);
static const struct field hash_accessor_fields[] = {FIELD_NAMED("hash", struct name_accessor, name, FIELD_STRING)};
static const struct schema hash_accessor_schema = STRUCT("WasmHash", struct name_accessor, hash_accessor_fields);
static const struct field project_accessor_fields[] = {FIELD_NAMED("project_id", struct name_accessor, name, FIELD_STRING)};
static const struct schema project_accessor_schema = STRUCT("Project", struct name_accessor, project_accessor_fields);
static const struct field system_accessor_variants[] = {UNIT("PaymentKey")};
static const struct schema system_accessor_schema = ENUM("SystemSecretType", uint8_t, system_accessor_variants);

static const struct field accessor_variants[] = {
    [ACCESSOR_REPO] = VARIANT("Repo", struct accessor, repo, &repo_accessor_schema),
    [ACCESSOR_WASM_HASH] = VARIANT("WasmHash", struct accessor, name, &hash_accessor_schema),
    [ACCESSOR_PROJECT] = VARIANT("Project", struct accessor, name, &project_accessor_schema),
    [ACCESSOR_SYSTEM] = VARIANT("System", struct accessor, system, &system_accessor_schema),
};
const struct schema accessor_schema = ENUM("SecretAccessor", struct accessor, accessor_variants);

static const struct field secret_key_fields[] = {
    FIELD_OF(struct secret_key, accessor, &accessor_schema),
    FIELD(struct secret_key, profile),
    FIELD(struct secret_key, owner),
};
const struct schema secret_key_schema = RECORD(struct secret_key, secret_key_fields);
/* Without the owner. */
const struct schema secret_name_schema = STRUCT_FIRST(NULL, struct secret_key, secret_key_fields, 2);

static const struct field secret_record_fields[] = {
    FIELD_KEPT(struct secret, encrypted_secrets),
    FIELD_AS(struct secret, access, FIELD_JSON),
    FIELD_KEPT(struct secret, created_at),
    FIELD_KEPT(struct secret, updated_at),
    FIELD_KEPT(struct secret, storage_bytes),
    FIELD_KEPT(struct secret, place),
    FIELD_SLICE_OPT(struct secret, vault_id, FIELD_STRING),
};
const struct schema secret_record_schema = RECORD(struct secret, secret_record_fields);

static const struct field secret_view_fields[] = {
    FIELD(struct secret_view, encrypted_secrets), FIELD_AS(struct secret_view, access, FIELD_JSON),
    FIELD(struct secret_view, created_at),        FIELD(struct secret_view, updated_at),
    FIELD(struct secret_view, storage_deposit),   FIELD_OF(struct secret_view, accessor, &accessor_schema),
};
const struct schema secret_view_schema = RECORD(struct secret_view, secret_view_fields);

static const struct field secret_info_fields[] = {
    FIELD_OF(struct secret_view, accessor, &accessor_schema),
    FIELD(struct secret_view, profile),
    FIELD(struct secret_view, created_at),
    FIELD(struct secret_view, updated_at),
    FIELD(struct secret_view, storage_deposit),
    FIELD_AS(struct secret_view, access, FIELD_JSON),
};
const struct schema secret_info_schema = RECORD(struct secret_view, secret_info_fields);

static const struct field logic_variants[] = {UNIT("And"), UNIT("Or")};
static const struct schema logic_operator_schema = ENUM("LogicOperator", uint8_t, logic_variants);
static const struct field comparison_variants[] = {UNIT("Gte"), UNIT("Lte"), UNIT("Gt"), UNIT("Lt"), UNIT("Eq"), UNIT("Ne")};
static const struct schema comparison_schema = ENUM("ComparisonOperator", uint8_t, comparison_variants);
static const struct field plain_account[] = {{.type = FIELD_ACCOUNT}};
static const struct schema account_schema = PLAIN(struct slice, plain_account);

static const struct field access_logic_fields[] = {
    FIELD_OF(struct access_logic, operator, & logic_operator_schema),
    FIELD_LIST_OF(struct access_logic, conditions, &access_schema),
};
static const struct schema access_logic_schema = STRUCT("Logic", struct access_logic, access_logic_fields);
static const struct field access_inner_fields[] = {FIELD_BOX_OF(struct access_inner, condition, &access_schema)};
static const struct schema access_inner_schema = STRUCT("Not", struct access_inner, access_inner_fields);
static const struct field access_whitelist_fields[] = {FIELD_LIST_OF(struct access_whitelist, accounts, &account_schema)};
static const struct schema access_whitelist_schema = STRUCT("Whitelist", struct access_whitelist, access_whitelist_fields);
static const struct field access_pattern_fields[] = {FIELD_NAMED("pattern", struct access_text, text, FIELD_STRING)};
static const struct schema access_pattern_schema = STRUCT("AccountPattern", struct access_text, access_pattern_fields);
static const struct field access_hash_fields[] = {FIELD_NAMED("hash", struct access_text, text, FIELD_STRING)};
static const struct schema access_hash_schema = STRUCT("WasmHash", struct access_text, access_hash_fields);
static const struct field access_near_fields[] = {
    FIELD_OF(struct access_balance, operator, & comparison_schema),
    FIELD(struct access_balance, value),
};
static const struct schema access_near_schema = STRUCT("NearBalance", struct access_balance, access_near_fields);
static const struct field access_ft_fields[] = {
    FIELD_AS(struct access_balance, contract, FIELD_ACCOUNT),
    FIELD_OF(struct access_balance, operator, & comparison_schema),
    FIELD(struct access_balance, value),
};
static const struct schema access_ft_schema = STRUCT("FtBalance", struct access_balance, access_ft_fields);
static const struct field access_nft_fields[] = {
    FIELD_AS(struct access_member, contract, FIELD_ACCOUNT),
    FIELD_NAMED("token_id", struct access_member, name, FIELD_STRING, .flags = FIELD_IS_OPT),
};
static const struct schema access_nft_schema = STRUCT("NftOwned", struct access_member, access_nft_fields);
static const struct field access_dao_fields[] = {
    FIELD_NAMED("dao_contract", struct access_member, contract, FIELD_ACCOUNT),
    FIELD_NAMED("role", struct access_member, name, FIELD_STRING),
};
static const struct schema access_dao_schema = STRUCT("DaoMember", struct access_member, access_dao_fields);
static const struct field access_until_fields[] = {FIELD(struct access_until, until_ns)};
static const struct schema access_until_schema = STRUCT("ValidUntil", struct access_until, access_until_fields);

static const struct field access_variants[] = {
    [ACCESS_LOGIC] = VARIANT("Logic", struct access, logic, &access_logic_schema),
    [ACCESS_NOT] = VARIANT("Not", struct access, inner, &access_inner_schema),
    [ACCESS_ALL] = UNIT("AllowAll"),
    [ACCESS_WHITELIST] = VARIANT("Whitelist", struct access, whitelist, &access_whitelist_schema),
    [ACCESS_PATTERN] = VARIANT("AccountPattern", struct access, text, &access_pattern_schema),
    [ACCESS_NEAR] = VARIANT("NearBalance", struct access, balance, &access_near_schema),
    [ACCESS_FT] = VARIANT("FtBalance", struct access, balance, &access_ft_schema),
    [ACCESS_NFT] = VARIANT("NftOwned", struct access, member, &access_nft_schema),
    [ACCESS_DAO] = VARIANT("DaoMember", struct access, member, &access_dao_schema),
    [ACCESS_UNTIL] = VARIANT("ValidUntil", struct access, until, &access_until_schema),
    [ACCESS_WASM_HASH] = VARIANT("WasmHash", struct access, text, &access_hash_schema),
    [ACCESS_PREDECESSOR] = VARIANT("Predecessor", struct access, inner, &access_inner_schema),
};
const struct schema access_schema = ENUM("AccessCondition", struct access, access_variants);
static const struct field operation_price_fields[] = {
    FIELD(struct operation_price, operation),
    FIELD(struct operation_price, price_usd),
    FIELD(struct operation_price, developer_share_bp),
};
static const struct schema operation_price_schema = STRUCT("OperationPrice", struct operation_price, operation_price_fields);

static const struct field project_pricing_fields[] = {
    FIELD_AS(struct project_pricing, author_account_id, FIELD_ACCOUNT),
    FIELD_LIST_OF(struct project_pricing, operations, &operation_price_schema),
};
const struct schema project_pricing_schema = RECORD(struct project_pricing, project_pricing_fields);

static const struct field project_pricing_record_fields[] = {
    FIELD_KEPT(struct project_pricing, author_account_id),
    FIELD_LIST_OF(struct project_pricing, operations, &operation_price_schema),
    FIELD_KEPT(struct project_pricing, place),
};
const struct schema project_pricing_record_schema = RECORD(struct project_pricing, project_pricing_record_fields);

static const struct field subscription_plan_fields[] = {
    FIELD(struct subscription_plan, index),
    FIELD(struct subscription_plan, name),
    FIELD(struct subscription_plan, price_usd),
    FIELD(struct subscription_plan, active),
};
static const struct schema subscription_plan_schema =
    STRUCT("SubscriptionPlan", struct subscription_plan, subscription_plan_fields);

static const struct field subscription_plans_fields[] = {LIST_ITSELF(&subscription_plan_schema)};
const struct schema subscription_plans_schema = PLAIN(struct list, subscription_plans_fields);
