#include "cli/quote.h"
#include "base/clock.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/quote_files.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "dcap/time.h"
#include "tee/quote_check.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Quotes of Intel TDX and SGX, down to Intel's root, without trusting anybody.\n"
    "\n"
    "Usage:\n"
    "  outlayer quote verify --quote FILE --collateral FILE   verify everything, list every step\n"
    "  outlayer quote inspect --quote FILE                    print every field; verifies nothing\n"
    "\n"
    "Options of verify:\n"
    "  --quote FILE        the quote: bytes, or their hex or base64\n"
    "  --collateral FILE   JSON: pck_crl_issuer_chain, root_ca_crl, pck_crl, tcb_info_issuer_chain, tcb_info,\n"
    "                      tcb_info_signature, qe_identity_issuer_chain, qe_identity, qe_identity_signature\n"
    "  --at UNIX           the time to verify at, in seconds (default: now)\n"
    "  --root FILE         trust this root certificate (DER) instead of Intel's\n"
    "  --allow STATUS,…    accept these TCB statuses, with or without advisories; any: all but Revoked\n"
    "                      (default: UpToDate without advisories)\n"
    "  --json              print one JSON object\n"
    "\n"
    "Example:  outlayer quote verify --quote quote.bin --collateral collateral.json --at 1751000000\n"
    "Exit status: 0 every check holds and the status is accepted, 1 not so, 2 wrong usage.\n";

struct request {
    const char *quote, *collateral, *root, *allow;
    uint64_t at;
    bool json;
};

/* Remedies */

/* What whoever gave these files can do about the fault; NULL where only another quote helps. */
static const char *remedy_of(enum dcap_code code)
{
    switch (code) {
    case DCAP_COLLATERAL_JSON:
    case DCAP_COLLATERAL_MEMBER:
    case DCAP_COLLATERAL_HEX:
        return "give --collateral a JSON object with the members that `outlayer quote --help` lists";
    case DCAP_ROOT_FORM:
        return "give --root one certificate in DER, as `outlayer tee simulate` writes root.der";
    case DCAP_LIST_ISSUER:
    case DCAP_CERT_ISSUER:
    case DCAP_CERT_ROOT:
        return "these documents are under another root: fetch Intel's, or name a root that you trust with --root";
    case DCAP_LIST_EXPIRED:
    case DCAP_CERT_EXPIRED:
    case DCAP_TCB_EXPIRED:
    case DCAP_QE_EXPIRED:
        return "fetch newer collateral, or ask about a time at which this one held with --at";
    case DCAP_CERT_NOT_YET:
    case DCAP_TCB_FUTURE:
    case DCAP_QE_FUTURE:
        return "ask about a later time with --at, or take the collateral of that time";
    case DCAP_QUOTE_SHORT:
    case DCAP_QUOTE_LONG:
    case DCAP_QUOTE_VERSION:
        return "give --quote the whole quote: its bytes, or their hex or base64";
    case DCAP_PCK_DATA:
        return "the quote has no certificate of its platform: take collateral with pck_certificate_chain";
    case DCAP_QE_REPORT_SIGNATURE:
        return "if the collateral has pck_certificate_chain, it is another processor's: take it out";
    case DCAP_FMSPC:
    case DCAP_PCE_ID:
    case DCAP_TCB_NOT_TDX:
    case DCAP_TCB_NOT_SGX:
    case DCAP_QE_TEE:
        return "fetch the collateral of the quote's platform: `outlayer quote inspect` shows its FMSPC and TEE";
    case DCAP_NO_LEVEL:
    case DCAP_NO_LEVEL_NOW:
    case DCAP_MODULE_SVN:
    case DCAP_QE_SVN:
        return "the platform needs an update: `outlayer tcb forecast` shows which component is short";
    default:
        return NULL;
    }
}

/* Fields */

static void add_hex(json_t *object, const char *name, const void *bytes, size_t len)
{
    AUTO(buf) struct buf text = {0};
    hex_append(&text, slice_from(bytes, len));
    json_object_set_new(object, name, json_doc_string(buf_slice(&text)));
}

struct layout {
    const char *name;
    size_t offset, len;
};
#define FIELD(type, member) {#member, offsetof(struct type, member), sizeof(((struct type *)0)->member)}

static const struct layout header_fields[] = {
    FIELD(quote_header, version), FIELD(quote_header, key_type),  FIELD(quote_header, tee_type),  FIELD(quote_header, qe_svn),
    FIELD(quote_header, pce_svn), FIELD(quote_header, qe_vendor), FIELD(quote_header, user_data),
};
static const struct layout td_fields[] = {
    FIELD(td_report, tee_tcb_svn),
    FIELD(td_report, mr_seam),
    FIELD(td_report, mr_signer_seam),
    FIELD(td_report, seam_attributes),
    FIELD(td_report, td_attributes),
    FIELD(td_report, xfam),
    FIELD(td_report, mr_td),
    FIELD(td_report, mr_config_id),
    FIELD(td_report, mr_owner),
    FIELD(td_report, mr_owner_config),
    {"rtmr0", offsetof(struct td_report, rtmr[0]), 48},
    {"rtmr1", offsetof(struct td_report, rtmr[1]), 48},
    {"rtmr2", offsetof(struct td_report, rtmr[2]), 48},
    {"rtmr3", offsetof(struct td_report, rtmr[3]), 48},
    FIELD(td_report, report_data),
};
static const struct layout td_15_fields[] = {FIELD(td_report_15, tee_tcb_svn2), FIELD(td_report_15, mr_service_td)};
static const struct layout sgx_fields[] = {
    FIELD(sgx_report, cpu_svn),   FIELD(sgx_report, misc_select), FIELD(sgx_report, attributes), FIELD(sgx_report, mr_enclave),
    FIELD(sgx_report, mr_signer), FIELD(sgx_report, isv_prod_id), FIELD(sgx_report, isv_svn),    FIELD(sgx_report, report_data),
};
static const struct layout pck_fields[] = {{"ppid", offsetof(struct pck, ppid), PCK_PPID_LEN},
                                           {"fmspc", offsetof(struct pck, fmspc), PCK_FMSPC_LEN},
                                           {"pce_id", offsetof(struct pck, pce_id), PCK_PCE_ID_LEN},
                                           {"cpu_svn", offsetof(struct pck, cpu_svn), PCK_COMPONENTS}};

/* A part of a quote: its name, its bytes and their layout. */
struct part {
    const char *name;
    const void *bytes;
    const struct layout *fields;
    size_t count;
};
#define PART(name, bytes, fields) {(name), (bytes), (fields), sizeof(fields) / sizeof *(fields)}

enum { PARTS_MAX = 5 };

static void parts_of(const struct quote *q, struct part out[PARTS_MAX])
{
    const struct part parts[PARTS_MAX] = {PART("header", q->header, header_fields), PART("td_report", q->td, td_fields),
                                          PART("td_report_15", q->td_15, td_15_fields), PART("enclave", q->enclave, sgx_fields),
                                          PART("quoting_enclave", q->qe, sgx_fields)};
    memcpy(out, parts, sizeof parts);
}

static json_t *fields_value(const struct dcap_report *r)
{
    struct part parts[PARTS_MAX];
    json_t *all = json_object();
    parts_of(&r->quote, parts);
    for (size_t i = 0; i < PARTS_MAX; i++) {
        if (!parts[i].bytes)
            continue;
        json_t *part = json_object();
        for (size_t k = 0; k < parts[i].count; k++)
            add_hex(part, parts[i].fields[k].name, (const uint8_t *)parts[i].bytes + parts[i].fields[k].offset,
                    parts[i].fields[k].len);
        json_object_set_new(all, parts[i].name, part);
    }
    if (r->quote.qe) {
        json_t *signature = json_object();
        add_hex(signature, "signature", r->quote.signature, QUOTE_SIGNATURE_LEN);
        add_hex(signature, "attestation_key", r->quote.key, QUOTE_KEY_LEN);
        add_hex(signature, "qe_signature", r->quote.qe_signature, QUOTE_SIGNATURE_LEN);
        add_hex(signature, "qe_auth_data", r->quote.qe_auth_data.ptr, r->quote.qe_auth_data.len);
        json_object_set_new(signature, "data_type", json_integer(r->quote.data_type));
        json_object_set_new(signature, "data_len", json_integer((json_int_t)r->quote.data.len));
        json_object_set_new(all, "signature", signature);
    }
    if (r->opened && !r->pck_code) {
        json_t *pck = json_object();
        for (size_t k = 0; k < sizeof pck_fields / sizeof *pck_fields; k++)
            add_hex(pck, pck_fields[k].name,
                    *(const uint8_t *const *)(const void *)((const char *)&r->pck + pck_fields[k].offset), pck_fields[k].len);
        add_hex(pck, "components", r->pck.components, PCK_COMPONENTS);
        json_object_set_new(pck, "pce_svn", json_integer(r->pck.pce_svn));
        add_hex(pck, "serial", r->leaf.serial.ptr, r->leaf.serial.len);
        json_object_set_new(pck, "not_before", json_integer((json_int_t)r->leaf.valid.from));
        json_object_set_new(pck, "not_after", json_integer((json_int_t)r->leaf.valid.until));
        json_object_set_new(all, "pck", pck);
    }
    return all;
}

/* Takes the document. */
static void print_json(json_t *doc)
{
    cli_print_json(doc);
    json_decref(doc);
}

static void print_fields(json_t *all)
{
    const char *part, *name;
    json_t *fields, *value;
    json_object_foreach(all, part, fields)
    {
        printf("%s\n", part);
        json_object_foreach(fields, name, value)
        {
            if (json_is_string(value))
                printf("  %-16s %s\n", name, json_string_value(value));
            else
                printf("  %-16s %lld\n", name, (long long)json_integer_value(value));
        }
    }
    json_decref(all);
}

static struct err *run_inspect(const struct request *r)
{
    AUTO(buf) struct buf quote = {0}, memory = {0}, why = {0};
    static struct dcap_report report;
    struct slice none = {0};
    if (!r->quote)
        return err_new(ERR_INVALID, "--quote is missing: say which file holds the quote");
    TRY(quote_file_read(r->quote, &quote));
    struct room room = {buf_reserve(&memory, quote.len + 1), quote.len};
    bool opened = dcap_open_quote(buf_slice(&quote), none, &room, &report);
    if (!opened && report.fault.code >= DCAP_QUOTE_SHORT && report.fault.code <= DCAP_QUOTE_VENDOR) {
        const char *remedy = remedy_of(report.fault.code);
        dcap_fault_write(&report.fault, &why);
        return err_new(ERR_DENIED, "%s%s%s", buf_str(&why), remedy ? "; " : "", remedy ? remedy : "");
    }
    if (r->json)
        print_json(fields_value(&report));
    else
        print_fields(fields_value(&report));
    return NULL;
}

/* Verdicts */

/* The status is one of the list, which names statuses between commas. */
static bool is_listed(struct slice list, struct slice status)
{
    while (list.len) {
        struct slice name;
        list = slice_cut(list, ',', &name);
        if (slice_eq(name, status) || slice_eq(name, SLICE("any")))
            return true;
    }
    return false;
}

static struct err *check_allow(struct slice list)
{
    while (list.len) {
        struct slice name;
        enum tcb_status status;
        list = slice_cut(list, ',', &name);
        if (!slice_eq(name, SLICE("any")) && !tcb_status_of(name, &status))
            return err_new(ERR_INVALID, "--allow takes TCB statuses like UpToDate or OutOfDate, or any, not `%.*s`",
                           SLICE_FMT(name));
    }
    return NULL;
}

static bool is_accepted(const struct dcap_report *report, const char *allow)
{
    if (!dcap_report_is_good(report))
        return false;
    if (!allow)
        return report->status == TCB_UP_TO_DATE && report->advisory_count == 0;
    return is_listed(slice_str(allow), tcb_status_name(report->status));
}

static json_t *advisories_value(const struct dcap_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->advisory_count; i++)
        json_array_append_new(list, json_doc_string(report->advisories[i]));
    return list;
}

static json_t *steps_value(const struct dcap_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < DCAP_STEP_COUNT; i++) {
        AUTO(buf) struct buf seen = {0};
        dcap_report_write_seen(report, (enum dcap_step)i, &seen);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "step", dcap_step_name((enum dcap_step)i), "verdict",
                                              dcap_verdict_name(report->verdicts[i]), "what", dcap_step_what((enum dcap_step)i),
                                              "seen", json_doc_string(buf_slice(&seen))));
    }
    return list;
}

static json_t *fault_value(const struct dcap_report *report)
{
    AUTO(buf) struct buf text = {0};
    enum dcap_step step = dcap_report_failed_step(report);
    if (!report->fault.code)
        return json_null();
    dcap_fault_write(&report->fault, &text);
    return json_pack("{s:s, s:s, s:o, s:s?}", "code", dcap_code_name(report->fault.code), "step",
                     step == DCAP_STEP_COUNT ? "collateral" : dcap_step_name(step), "text", json_doc_string(buf_slice(&text)),
                     "remedy", remedy_of(report->fault.code));
}

static json_t *verdict_value(const struct quote_check *c, bool accepted, bool intel, uint64_t now)
{
    const struct dcap_report *r = &c->report;
    bool rated = r->verdicts[DCAP_STEP_TCB_STATUS] != DCAP_UNPROVEN;
    json_t *doc = json_pack("{s:b, s:b, s:o, s:o, s:I, s:b, s:o, s:b, s:o}", "accepted", accepted, "verified",
                            dcap_report_is_good(r), "status", rated ? json_doc_string(tcb_status_name(r->status)) : json_null(),
                            "advisory_ids", advisories_value(r), "time", (json_int_t)now, "intel_root", intel, "fault",
                            fault_value(r), "relaunch_advised", r->relaunch_advised, "steps", steps_value(r));
    if (r->verdicts[DCAP_STEP_QUOTE] == DCAP_PASS)
        json_object_set_new(doc, "fields", fields_value(r));
    return doc;
}

static void print_verdict(const struct quote_check *c, bool accepted, bool intel)
{
    const struct dcap_report *r = &c->report;
    AUTO(buf) struct buf text = {0}, advisories = {0};
    bool rated = r->verdicts[DCAP_STEP_TCB_STATUS] != DCAP_UNPROVEN;
    for (size_t i = 0; i < r->advisory_count; i++)
        buf_append_fmt(&advisories, "%s%.*s", i ? " " : "", SLICE_FMT(r->advisories[i]));
    printf("%s\n", accepted ? "accepted" : dcap_report_is_good(r) ? "verified, but its status is not accepted" : "refused");
    if (!intel)
        printf("root         not Intel's: the one that --root names\n");
    printf("status       %.*s\nadvisories   %s\n", SLICE_FMT(rated ? tcb_status_name(r->status) : SLICE("unknown")),
           advisories.len ? buf_str(&advisories)
           : rated        ? "none"
                          : "unknown");
    if (r->fault.code) {
        dcap_fault_write(&r->fault, &text);
        enum dcap_step step = dcap_report_failed_step(r);
        printf("failed       %s: %s\n", step == DCAP_STEP_COUNT ? "collateral" : dcap_step_name(step), buf_str(&text));
    }
    const char *remedy =
        dcap_report_is_good(r) ? "accept this status with --allow, or update the platform" : remedy_of(r->fault.code);
    if (!accepted && remedy)
        printf("remedy       %s\n", remedy);
    for (size_t i = 0; i < DCAP_STEP_COUNT; i++) {
        buf_clear(&text);
        dcap_report_write_seen(r, (enum dcap_step)i, &text);
        printf("%-9s %-16s %s%s%s\n", dcap_verdict_name(r->verdicts[i]), dcap_step_name((enum dcap_step)i),
               dcap_step_what((enum dcap_step)i), text.len ? ": " : "", buf_str(&text));
    }
}

static struct err *run_verify(const struct request *r, bool *accepted)
{
    AUTO(buf) struct buf quote = {0}, collateral = {0}, root_file = {0};
    static struct quote_check c;
    struct slice root;
    if (!r->quote || !r->collateral)
        return err_new(ERR_INVALID, "--quote and --collateral are needed (`outlayer quote --help`)");
    if (r->allow)
        TRY(check_allow(slice_str(r->allow)));
    TRY(quote_file_read(r->quote, &quote));
    TRY(collateral_file_read(r->collateral, &collateral));
    TRY(root_file_read(r->root, &root_file, &root));
    bool intel = slice_eq(root, dcap_intel_root);
    quote_check_run(&c, root, buf_slice(&quote), buf_slice(&collateral), r->at);
    *accepted = is_accepted(&c.report, r->allow);
    if (r->json)
        print_json(verdict_value(&c, *accepted, intel, r->at));
    else
        print_verdict(&c, *accepted, intel);
    quote_check_free(&c);
    return NULL;
}

static struct err *run(int argc, char **argv, bool *accepted)
{
    struct request r = {.at = clock_wall_ns(&clock_system) / NS_PER_SEC};
    const struct cli_option options[] = {
        {"--quote", CLI_STR, &r.quote},
        {"--collateral", CLI_STR, &r.collateral},
        {"--root", CLI_STR, &r.root},
        {"--allow", CLI_STR, &r.allow},
        {"--at", CLI_U64, &r.at},
        {"--json", CLI_FLAG, &r.json},
        {0},
    };
    TRY(cli_options_read(options, &argc, argv));
    if (argc == 2 && !strcmp(argv[1], "verify"))
        return run_verify(&r, accepted);
    *accepted = true;
    if (argc == 2 && !strcmp(argv[1], "inspect"))
        return run_inspect(&r);
    return err_new(ERR_INVALID, "say what to do: verify or inspect (`outlayer quote --help`)");
}

int cli_quote(int argc, char **argv)
{
    bool accepted = false;
    if (cli_wants_help(argc, argv)) {
        fputs(help, stdout);
        return 0;
    }
    struct err *e = run(argc, argv, &accepted);
    return e ? cli_exit(e) : !accepted;
}
