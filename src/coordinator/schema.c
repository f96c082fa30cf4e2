#include "coordinator/schema.h"

static const char first_tables[] =
    "CREATE TABLE execution_requests ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " request_id INTEGER NOT NULL,"
    " data_id TEXT NOT NULL,"
    " is_https INTEGER NOT NULL DEFAULT 0 CHECK (is_https IN (0, 1)),"
    " state TEXT NOT NULL CHECK (state IN ('queued_compile', 'compiling', 'queued_execute', 'executing', 'done', 'failed',"
    "  'expired')),"
    " request_json TEXT NOT NULL,"
    " code_source_json TEXT,"
    " wasm_checksum TEXT," /* NULL: the source names no code that could exist */
    " github_repo TEXT,"
    " github_commit TEXT,"
    " compile_only INTEGER NOT NULL CHECK (compile_only IN (0, 1)),"
    " force_rebuild INTEGER NOT NULL CHECK (force_rebuild IN (0, 1)),"
    " compile_result TEXT,"
    " compile_error TEXT," /* the failure that an execute job must deliver instead of running */
    " error_category TEXT,"
    " execution_seconds INTEGER NOT NULL,"
    " project_id TEXT,"
    " project_uuid TEXT,"
    " user_account_id TEXT,"
    " near_payment_yocto TEXT,"
    " transaction_hash TEXT,"
    " created_ms INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL,"
    " UNIQUE (request_id, data_id)) STRICT;"
    "CREATE INDEX execution_requests_state ON execution_requests (state);"
    "CREATE INDEX execution_requests_checksum ON execution_requests (wasm_checksum, state);"

    "CREATE TABLE task_queue ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " request_pk INTEGER NOT NULL UNIQUE REFERENCES execution_requests (id),"
    " queue TEXT NOT NULL CHECK (queue IN ('compile', 'execute')),"
    " available_ms INTEGER NOT NULL,"
    " lease_until_ms INTEGER,"
    " lease_token_hash TEXT,"
    " attempts INTEGER NOT NULL DEFAULT 0,"
    " created_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX task_queue_free ON task_queue (queue, available_ms, id) WHERE lease_until_ms IS NULL;"
    "CREATE INDEX task_queue_leased ON task_queue (lease_until_ms) WHERE lease_until_ms IS NOT NULL;"

    "CREATE TABLE jobs ("
    " job_id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " request_pk INTEGER NOT NULL REFERENCES execution_requests (id),"
    " job_type TEXT NOT NULL CHECK (job_type IN ('compile', 'execute')),"
    " attempt INTEGER NOT NULL,"
    " status TEXT NOT NULL CHECK (status IN ('pending', 'in_progress', 'completed', 'failed', 'compilation_failed',"
    "  'execution_failed', 'access_denied', 'insufficient_payment', 'custom')),"
    " lost INTEGER NOT NULL DEFAULT 0 CHECK (lost IN (0, 1))," /* its lease ended, and its worker has not reported since */
    " worker_id TEXT NOT NULL,"
    " token_hash TEXT NOT NULL,"
    " claim_id TEXT," /* what the worker called its claim, so that it may ask again */
    " wasm_checksum TEXT,"
    " compile_cost_yocto TEXT,"
    " compile_time_ms INTEGER,"
    " error_details TEXT,"
    " lease_until_ms INTEGER NOT NULL,"
    " lease_limit_ms INTEGER NOT NULL,"
    " created_s INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL,"
    " completed_ms INTEGER,"
    " UNIQUE (request_pk, job_type, attempt)) STRICT;"
    "CREATE INDEX jobs_worker ON jobs (worker_id);"
    "CREATE INDEX jobs_lost ON jobs (job_type) WHERE lost = 1;"
    "CREATE UNIQUE INDEX jobs_one_live ON jobs (request_pk, job_type) WHERE status = 'in_progress';"
    "CREATE INDEX jobs_lease ON jobs (lease_until_ms) WHERE status = 'in_progress';"

    "CREATE TABLE execution_history ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " job_id INTEGER NOT NULL UNIQUE REFERENCES jobs (job_id),"
    " request_pk INTEGER NOT NULL REFERENCES execution_requests (id),"
    " success INTEGER NOT NULL CHECK (success IN (0, 1)),"
    " execution_time_ms INTEGER,"
    " compile_time_ms INTEGER,"
    " instructions_used INTEGER,"
    " actual_cost_yocto TEXT,"
    " compile_cost_yocto TEXT,"
    " created_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX execution_history_request ON execution_history (request_pk);"

    "CREATE TABLE wasm_cache ("
    " checksum TEXT PRIMARY KEY,"
    " repo_url TEXT NOT NULL,"
    " commit_hash TEXT NOT NULL,"
    " build_target TEXT NOT NULL,"
    " file_size INTEGER NOT NULL,"
    " content_hash TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " last_accessed_ms INTEGER NOT NULL,"
    " access_count INTEGER NOT NULL DEFAULT 0) STRICT;"

    "CREATE TABLE locks ("
    " lock_key TEXT PRIMARY KEY,"
    " worker_id TEXT NOT NULL,"
    " token_hash TEXT NOT NULL,"
    " expires_ms INTEGER NOT NULL) STRICT;"

    "CREATE TABLE worker_auth_tokens ("
    " token_hash TEXT PRIMARY KEY,"
    " worker_name TEXT NOT NULL,"
    " is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),"
    " roles TEXT NOT NULL DEFAULT 'compile,execute,monitor,callbacks',"
    " created_ms INTEGER NOT NULL,"
    " last_used_ms INTEGER NOT NULL DEFAULT 0) STRICT;"

    "CREATE TABLE worker_status ("
    " worker_id TEXT NOT NULL,"
    " instance TEXT NOT NULL DEFAULT '',"
    " worker_name TEXT NOT NULL,"
    " status TEXT NOT NULL,"
    " current_task_id TEXT,"
    " last_heartbeat_ms INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " PRIMARY KEY (worker_id, instance)) STRICT;"

    "CREATE TABLE block_cursors ("
    " contract_id TEXT PRIMARY KEY,"
    " height INTEGER NOT NULL,"
    " token_hash TEXT NOT NULL,"
    " updated_ms INTEGER NOT NULL) STRICT;";

static const char job_outcomes[] = "ALTER TABLE jobs ADD COLUMN outcome TEXT;"
                                   "ALTER TABLE execution_requests ADD COLUMN failure_outcome TEXT;"; /* of compile_error */

static const char attestations[] = "CREATE TABLE task_attestations ("
                                   " id INTEGER PRIMARY KEY AUTOINCREMENT,"
                                   " task_id INTEGER NOT NULL," /* a job, or -1: a worker's start */
                                   " task_type TEXT NOT NULL CHECK (task_type IN ('compile', 'execute')),"
                                   " tdx_quote BLOB NOT NULL,"
                                   " worker_measurement TEXT NOT NULL,"
                                   " record_json TEXT NOT NULL," /* the ingredients of the report data, as they came */
                                   " request_id INTEGER,"
                                   " transaction_hash TEXT,"
                                   " call_id TEXT,"
                                   " token_hash TEXT NOT NULL,"
                                   " created_ms INTEGER NOT NULL) STRICT;"
                                   "CREATE UNIQUE INDEX task_attestations_task ON task_attestations (task_id, task_type)"
                                   " WHERE task_id >= 0;"
                                   "CREATE INDEX task_attestations_request ON task_attestations (request_id);"
                                   "CREATE INDEX task_attestations_tx ON task_attestations (transaction_hash);"
                                   "CREATE INDEX task_attestations_call ON task_attestations (call_id);"
                                   "ALTER TABLE worker_auth_tokens ADD COLUMN last_seen_rtmr3 TEXT;"
                                   "ALTER TABLE worker_auth_tokens ADD COLUMN last_attestation_ms INTEGER;";

static const char tee_sessions[] =
    "CREATE TABLE tee_challenges ("
    " challenge TEXT PRIMARY KEY,"
    " token_hash TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX tee_challenges_token ON tee_challenges (token_hash, created_ms);"
    "CREATE TABLE worker_tee_sessions ("
    " session_id TEXT PRIMARY KEY,"
    " token_hash TEXT NOT NULL,"
    " public_key TEXT NOT NULL,"
    " is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),"
    " created_ms INTEGER NOT NULL,"
    " checked_ms INTEGER NOT NULL) STRICT;" /* when the chain was last asked for the key */
    "CREATE INDEX worker_tee_sessions_key ON worker_tee_sessions (public_key) WHERE is_active = 1;"
    "CREATE INDEX worker_tee_sessions_checked ON worker_tee_sessions (checked_ms)"
    " WHERE is_active = 1;";

static const char attestations_v2[] =
    "ALTER TABLE task_attestations ADD COLUMN v2_json TEXT;"; /* as tee/attestation/v2.h writes it */

static const char collaterals[] = "CREATE TABLE collateral_history ("
                                  " id INTEGER PRIMARY KEY AUTOINCREMENT,"
                                  " sha256 TEXT NOT NULL UNIQUE,"
                                  " fmspc TEXT NOT NULL,"
                                  " valid_from INTEGER NOT NULL," /* seconds: TCB info and QE identity both hold */
                                  " valid_until INTEGER NOT NULL,"
                                  " contract_id TEXT NOT NULL,"
                                  " collateral TEXT NOT NULL," /* as the contract has it */
                                  " seen_ms INTEGER NOT NULL) STRICT;"
                                  "CREATE INDEX collateral_history_fmspc ON collateral_history (fmspc, valid_from);";

static const char egress_audits[] = "CREATE TABLE egress_audit ("
                                    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
                                    " job_id INTEGER NOT NULL,"
                                    " project_id TEXT,"
                                    " wasm_checksum TEXT,"
                                    " executed_wasm_sha256 TEXT,"
                                    " connector_id TEXT,"
                                    " host TEXT NOT NULL,"
                                    " bytes INTEGER," /* of the answer's body; NULL: there was none */
                                    " allowed INTEGER NOT NULL CHECK (allowed IN (0, 1)),"
                                    " reason TEXT,"
                                    " created_ms INTEGER NOT NULL) STRICT;"
                                    "CREATE INDEX egress_audit_job ON egress_audit (job_id);"
                                    "CREATE INDEX egress_audit_project ON egress_audit (project_id, host);"
                                    "CREATE INDEX egress_audit_age ON egress_audit (created_ms);";

const struct db_migration coordinator_migrations[] = {{1, first_tables}, {2, job_outcomes},    {3, attestations},
                                                      {4, tee_sessions}, {5, attestations_v2}, {6, collaterals},
                                                      {7, egress_audits}};
const size_t coordinator_migration_count = sizeof coordinator_migrations / sizeof *coordinator_migrations;
