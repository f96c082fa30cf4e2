#include "coordinator/collateral.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "crypto/hash.h"
#include "dcap/time.h"
#include <string.h>

static struct err *read_date(const json_t *document, const char *name, uint64_t *out)
{
    struct slice text;
    TRY(json_doc_str(document, name, &text));
    return time_from_rfc3339(text, out) ? NULL : err_new(ERR_INVALID, "member `%s` is no date", name);
}

/* Narrows the window to that of one of the signed documents, which stand in the collateral as text. */
static struct err *narrow(const json_t *collateral, const char *name, struct collateral *out, json_t **document)
{
    struct slice text;
    uint64_t from = 0, until = 0;
    TRY(json_doc_str(collateral, name, &text));
    TRY(json_doc_parse(text, document));
    TRY(read_date(*document, "issueDate", &from));
    TRY(read_date(*document, "nextUpdate", &until));
    out->valid_from = from > out->valid_from ? from : out->valid_from;
    out->valid_until = until < out->valid_until ? until : out->valid_until;
    return NULL;
}

struct err *collateral_parse(struct slice text, struct collateral *out)
{
    AUTO(json) json_t *doc = NULL;
    AUTO(json) json_t *tcb = NULL;
    AUTO(json) json_t *qe = NULL;
    uint8_t fmspc[6];
    struct slice hex;
    *out = (struct collateral){.text = text, .valid_until = INT64_MAX};
    TRY(json_doc_parse(text, &doc));
    TRY_DOING(narrow(doc, "tcb_info", out, &tcb), "tcb_info");
    TRY_DOING(narrow(doc, "qe_identity", out, &qe), "qe_identity");
    TRY(json_doc_str(tcb, "fmspc", &hex));
    if (!hex_decode(hex, fmspc, sizeof fmspc, NULL))
        return err_new(ERR_INVALID, "member `fmspc` is not 12 hex digits");
    hex_encode(slice_from(fmspc, sizeof fmspc), out->fmspc);
    return NULL;
}

struct err *collateral_store(struct db *db, const struct collateral *c, const char *contract_id, uint64_t now_ms, bool *created)
{
    static const char sql[] =
        "INSERT INTO collateral_history (sha256, fmspc, valid_from, valid_until, contract_id, collateral, seen_ms)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING";
    struct hash hash = hash_sha256(c->text);
    char hex[HASH_HEX_MAX];
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, sql, &s));
    db_bind_text(s, 1, slice_str(hash_hex(&hash, hex)));
    db_bind_text(s, 2, slice_str(c->fmspc));
    db_bind_u64(s, 3, c->valid_from);
    db_bind_u64(s, 4, c->valid_until);
    db_bind_text(s, 5, slice_str(contract_id));
    db_bind_text(s, 6, c->text);
    db_bind_u64(s, 7, now_ms);
    TRY(db_run(s));
    *created = db_changes(db) == 1;
    return NULL;
}

static json_t *write_row(struct db_stmt *s, uint64_t at_s)
{
    uint64_t from = db_u64(s, 2), until = db_u64(s, 3);
    json_t *out = json_pack("{sI sI sb ss}", "valid_from", (json_int_t)from, "valid_until", (json_int_t)until,
                            "covers_requested_time", from <= at_s && at_s <= until, "source", "register_contract");
    json_object_set_new(out, "collateral", json_doc_string(db_text(s, 5)));
    json_object_set_new(out, "fmspc", json_doc_string(db_text(s, 1)));
    json_object_set_new(out, "contract_id", json_doc_string(db_text(s, 4)));
    json_object_set_new(out, "collateral_sha256", json_doc_string(db_text(s, 0)));
    return out;
}

struct err *collateral_find(struct db *db, struct slice fmspc, uint64_t at_s, json_t **out)
{
    static const char sql[] =
        "SELECT sha256, fmspc, valid_from, valid_until, contract_id, collateral FROM collateral_history WHERE fmspc = ?1"
        " ORDER BY (valid_from <= ?2 AND ?2 <= valid_until) DESC, valid_from DESC, id DESC LIMIT 1";
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    *out = NULL;
    TRY(db_prepare(db, sql, &s));
    db_bind_text(s, 1, fmspc);
    db_bind_u64(s, 2, at_s);
    TRY(db_step(s, &row));
    if (row)
        *out = write_row(s, at_s);
    return NULL;
}
