/* The verifier's verdicts: on quotes that Intel's hardware signed, where they are at hand (OUTLAYER_TEST_DATA), and on the simulator's quotes with every
 * one of its defects, each of which must fail for its own reason. Every quote is verified in both ways: in one go, and against a record that was written
 * and read back. */
#include "base/fs.h"
#include "base/test.h"
#include "codec/json_doc.h"
#include "crypto/p256.h"
#include "tee/quote_check.h"
#include "tee/simulator/simulator.h"
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

/* The other way: the record goes through its kept form, and a verifier that only has that checks the quote. */
static void check_split(const struct quote_check *whole, struct slice quote, struct dcap_report *report,
                        struct dcap_record *record, struct buf *kept, struct buf *memory)
{
    struct room room = {buf_reserve(memory, quote.len + whole->collateral.pck_chain.len),
                        quote.len + whole->collateral.pck_chain.len};
    dcap_record_write(&whole->record, kept);
    assert_true(dcap_record_read(buf_slice(kept), record));
    memset(report, 0, sizeof *report);
    dcap_check_quote(&quote_check_crypto, record, quote, whole->collateral.pck_chain, whole->report.now, &room, report);
}

static void assert_both_ways_agree(const struct quote_check *whole, struct slice quote)
{
    AUTO(buf) struct buf kept = {0}, memory = {0}, again = {0};
    struct dcap_report report;
    static struct dcap_record record;
    if (whole->report.verdicts[DCAP_STEP_PCK_CRL] != DCAP_PASS)
        return; /* there is no record */
    memset(&record, 0xee, sizeof record);
    check_split(whole, quote, &report, &record, &kept, &memory);
    assert_int_equal(report.fault.code, whole->report.fault.code);
    assert_int_equal(report.status, whole->report.status);
    assert_int_equal(report.advisory_count, whole->report.advisory_count);
    for (size_t i = DCAP_STEP_DATES; i < DCAP_STEP_COUNT; i++)
        assert_int_equal(report.verdicts[i], whole->report.verdicts[i]);
    dcap_record_write(&record, &again);
    assert_true(slice_eq(buf_slice(&kept), buf_slice(&again)));
}

/* Real quotes. */

static char *sentence(const struct dcap_report *r, struct buf *out)
{
    buf_clear(out);
    dcap_fault_write(&r->fault, out);
    return (char *)(uintptr_t)buf_str(out);
}

struct expected {
    const char *status; /* NULL: refused */
    const char *error;  /* a part of the sentence */
    const json_t *advisories;
};

static void assert_verdict(const char *name, const struct quote_check *c, const struct expected *e)
{
    AUTO(buf) struct buf text = {0};
    const struct dcap_report *r = &c->report;
    const char *said = sentence(r, &text);
    if (!e->status) {
        if (dcap_report_is_good(r) || !e->error || !strcasestr(said, e->error))
            fail_msg("%s: `%s`, expected `%s`", name, said, e->error);
        return;
    }
    struct slice status = tcb_status_name(r->status);
    if (!dcap_report_is_good(r) || !slice_eq_str(status, e->status))
        fail_msg("%s: %.*s, `%s`, expected %s", name, SLICE_FMT(status), said, e->status);
    if (!e->advisories)
        return;
    if (json_array_size(e->advisories) != r->advisory_count)
        fail_msg("%s: %zu advisories, expected %zu", name, r->advisory_count, json_array_size(e->advisories));
    for (size_t i = 0; i < r->advisory_count; i++)
        assert_true(slice_eq(r->advisories[i], json_doc_text(json_array_get(e->advisories, i))));
}

static void verify_files(const char *name, const char *quote_path, const char *collateral_path, uint64_t now,
                         const struct expected *e)
{
    AUTO(buf) struct buf quote = {0}, collateral = {0};
    static struct quote_check c;
    assert_ok(fs_read(quote_path, FILE_MAX, &quote));
    assert_ok(fs_read(collateral_path, FILE_MAX, &collateral));
    quote_check_run(&c, dcap_intel_root, buf_slice(&quote), buf_slice(&collateral), now);
    assert_verdict(name, &c, e);
    assert_both_ways_agree(&c, buf_slice(&quote));
    quote_check_free(&c);
}

static const char *data_folder(void)
{
    static char path[4096];
    const char *data = getenv("OUTLAYER_TEST_DATA");
    snprintf(path, sizeof path, "%s/dcap", data ? data : "");
    if (!data || !fs_exists(path)) {
        print_message("skipped: real quotes are not at hand (OUTLAYER_TEST_DATA)\n");
        skip();
    }
    return path;
}

static const char *const real[] = {
    "alibaba_v5_servtd", "automata_sgx_v3",  "automata_v5",      "dcapqvl_tdx_quote_eval20", "gcp_cos113",
    "gotdx_v5",          "near_mpc_2025_10", "near_mpc_2026_01", "near_mpc_2025_10_eval20",  "near_mpc_other_cpu_chain",
    "phala_old_v4",      "trustee_debug_v4",
};

/* Beside each quote stands what the reference verifier made of it, and `status_alt` where Intel's rule gives another status. */
static void verify_folder(const char *data, const char *name)
{
    AUTO(buf) struct buf path = {0}, quote = {0}, collateral = {0}, text = {0};
    AUTO(json) json_t *expect = NULL;
    buf_append_fmt(&path, "%s/real/%s/expect.json", data, name);
    buf_append_fmt(&quote, "%s/real/%s/quote.bin", data, name);
    buf_append_fmt(&collateral, "%s/real/%s/collateral.json", data, name);
    assert_ok(fs_read(buf_str(&path), FILE_MAX, &text));
    assert_ok(json_doc_parse(buf_slice(&text), &expect));
    const json_t *other = json_array_get(json_object_get(expect, "status_alt"), 0);
    struct expected e = {.status = json_string_value(json_object_get(expect, "status")),
                         .error = json_string_value(json_object_get(expect, "error")),
                         .advisories = json_object_get(expect, "advisory_ids")};
    if (other)
        e = (struct expected){.status = json_string_value(other)};
    uint64_t now = (uint64_t)json_integer_value(json_object_get(expect, "time"));
    verify_files(name, buf_str(&quote), buf_str(&collateral), now, &e);
}

static void quotes_of_real_hardware_get_their_verdicts(void **state)
{
    (void)state;
    const char *data = data_folder();
    for (size_t i = 0; i < sizeof real / sizeof *real; i++)
        verify_folder(data, real[i]);
}

/* Three more, and their windows to the second. */
static const struct {
    const char *name;
    uint64_t now;
    const char *status, *error;
} windows[] = {
    {"tdx_quote", 1750329147, "UpToDate", NULL},
    {"tdx_quote", 1750329146, NULL, "QE Identity issue date is in the future"},
    {"tdx_quote", 1752919234, "UpToDate", NULL},
    {"tdx_quote", 1752919235, NULL, "CrlExpired"}, /* a list does not hold at its nextUpdate */
    {"tdx_quote", 1790000000, NULL, "TCBInfo expired"},
    {"tdx_quote", 0, NULL, "TCBInfo issue date is in the future"},
    {"tdx_quote_outdated", 1772707802, NULL, "No matching TCB level found"},
    {"sgx_quote", 1750500000, "ConfigurationAndSWHardeningNeeded", NULL},
};

static void quotes_hold_in_their_window_and_not_beside_it(void **state)
{
    (void)state;
    const char *data = data_folder();
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        AUTO(buf) struct buf quote = {0}, collateral = {0};
        struct expected e = {windows[i].status, windows[i].error, NULL};
        buf_append_fmt(&quote, "%s/%s", data, windows[i].name);
        buf_append_fmt(&collateral, "%s/%s_collateral.json", data, windows[i].name);
        verify_files(windows[i].name, buf_str(&quote), buf_str(&collateral), windows[i].now, &e);
    }
}

/* The simulator's defects. */

static const struct {
    const char *defect;
    enum dcap_code code;
    enum tcb_status status; /* when nothing fails */
} defects[] = {
    {"none", DCAP_NONE, TCB_UP_TO_DATE},
    {"not-a-quote", DCAP_QUOTE_VERSION, 0},
    {"empty-quote", DCAP_QUOTE_SHORT, 0},
    {"truncated-header", DCAP_QUOTE_SHORT, 0},
    {"truncated-body", DCAP_QUOTE_SHORT, 0},
    {"truncated-signature", DCAP_QUOTE_SHORT, 0},
    {"version-6", DCAP_QUOTE_VERSION, 0},
    {"version-3-tdx", DCAP_QUOTE_TDX_VERSION, 0},
    {"version-4-sgx", DCAP_QUOTE_SGX_VERSION, 0},
    {"key-type-3", DCAP_QUOTE_KEY_TYPE, 0},
    {"tee-type", DCAP_QUOTE_TEE, 0},
    {"vendor", DCAP_QUOTE_VENDOR, 0},
    {"auth-length", DCAP_QUOTE_LONG, 0},
    {"auth-leftover", DCAP_QUOTE_LEFTOVER, 0},
    {"outer-leftover", DCAP_QUOTE_LEFTOVER, 0},
    {"inner-leftover", DCAP_PCK_CHAIN_SHORT, 0},
    {"chain-leftover", DCAP_PCK_CHAIN_SHORT, 0},
    {"outer-type", DCAP_QUOTE_DATA, 0},
    {"inner-type", DCAP_PCK_DATA, 0},
    {"no-chain", DCAP_PCK_CHAIN_SHORT, 0},
    {"padding", DCAP_NONE, TCB_UP_TO_DATE},
    {"v5-size", DCAP_QUOTE_BODY, 0},
    {"v5-type", DCAP_QUOTE_BODY, 0},
    {"v5-sgx-body", DCAP_QUOTE_BODY, 0},
    {"quote-signature", DCAP_QUOTE_SIGNATURE, 0},
    {"quote-signature-zero", DCAP_QUOTE_SIGNATURE, 0},
    {"quote-signature-one", DCAP_QUOTE_SIGNATURE, 0},
    {"quote-signer", DCAP_QUOTE_SIGNATURE, 0},
    {"quote-other-s", DCAP_NONE, TCB_UP_TO_DATE},
    {"key-off-curve", DCAP_QUOTE_SIGNATURE, 0},
    {"qe-report-signature", DCAP_QE_REPORT_SIGNATURE, 0},
    {"qe-report-signer", DCAP_QE_REPORT_SIGNATURE, 0},
    {"qe-report-data", DCAP_QE_REPORT_HASH, 0},
    {"qe-auth-length", DCAP_QE_AUTH_LEN, 0},
    {"pck-expired", DCAP_CERT_EXPIRED, 0},
    {"pck-not-yet", DCAP_CERT_NOT_YET, 0},
    {"pck-signature", DCAP_CERT_SIGNATURE, 0},
    {"pck-signer", DCAP_CERT_SIGNATURE, 0},
    {"pck-is-ca", DCAP_CERT_IS_CA, 0},
    {"pck-name", DCAP_CERT_NAME, 0},
    {"pck-version-1", DCAP_CERT_FORM, 0},
    {"pck-critical", DCAP_CERT_CRITICAL, 0},
    {"pck-sha384", DCAP_CERT_ALGORITHM, 0},
    {"pck-serial", DCAP_CERT_FORM, 0},
    {"pck-der-negative", DCAP_CERT_FORM, 0},
    {"pck-der-long", DCAP_CERT_FORM, 0},
    {"pck-der-trailing", DCAP_CERT_FORM, 0},
    {"pck-other-s", DCAP_NONE, TCB_UP_TO_DATE},
    {"pck-processor-ca", DCAP_CERT_ISSUER, 0},
    {"sgx-extension-none", DCAP_PCK_NO_EXTENSION, 0},
    {"sgx-extension-twice", DCAP_PCK_TWO_EXTENSIONS, 0},
    {"fmspc-length", DCAP_PCK_FMSPC, 0},
    {"cpusvn-length", DCAP_PCK_CPU_SVN, 0},
    {"pcesvn-negative", DCAP_PCK_PCE_SVN, 0},
    {"ca-expired", DCAP_CERT_EXPIRED, 0},
    {"ca-signature", DCAP_CERT_SIGNATURE, 0},
    {"ca-signer", DCAP_CERT_SIGNATURE, 0},
    {"ca-not-ca", DCAP_CERT_NOT_CA, 0},
    {"ca-critical", DCAP_CERT_CRITICAL, 0},
    {"root-expired", DCAP_CERT_EXPIRED, 0},
    {"root-path-length", DCAP_CERT_PATH_LEN, 0},
    {"root-crl-expired", DCAP_LIST_EXPIRED, 0},
    {"root-crl-signature", DCAP_LIST_SIGNATURE, 0},
    {"root-crl-signer", DCAP_LIST_SIGNATURE, 0},
    {"root-crl-not-hex", DCAP_COLLATERAL_HEX, 0},
    {"root-crl-not-der", DCAP_LIST_FORM, 0},
    {"pck-crl-expired", DCAP_LIST_EXPIRED, 0},
    {"pck-crl-signature", DCAP_LIST_SIGNATURE, 0},
    {"pck-crl-signer", DCAP_LIST_SIGNATURE, 0},
    {"pck-crl-issuer", DCAP_LIST_ISSUER, 0},
    {"crls-swapped", DCAP_LIST_ISSUER, 0},
    {"crl-chain", DCAP_CA_CHAIN_SHORT, 0},
    {"pck-revoked", DCAP_CERT_REVOKED, 0},
    {"ca-revoked", DCAP_CERT_REVOKED, 0},
    {"signer-revoked", DCAP_CERT_REVOKED, 0},
    {"signer-expired", DCAP_CERT_EXPIRED, 0},
    {"signer-signature", DCAP_CERT_SIGNATURE, 0},
    {"signer-name", DCAP_CERT_NAME, 0},
    {"signer-is-ca", DCAP_CERT_IS_CA, 0},
    {"ca-signs-tcb", DCAP_CERT_IS_CA, 0},
    {"ca-signs-qe", DCAP_CERT_IS_CA, 0},
    {"pck-signs-tcb", DCAP_CERT_ROOT, 0},
    {"pck-signs-qe", DCAP_CERT_ROOT, 0},
    {"tcb-expired", DCAP_TCB_EXPIRED, 0},
    {"tcb-future", DCAP_TCB_FUTURE, 0},
    {"tcb-signature", DCAP_TCB_SIGNATURE, 0},
    {"tcb-signature-zero", DCAP_TCB_SIGNATURE, 0},
    {"tcb-signer", DCAP_TCB_SIGNATURE, 0},
    {"tcb-other-s", DCAP_NONE, TCB_UP_TO_DATE},
    {"tcb-chain-short", DCAP_TCB_CHAIN_SHORT, 0},
    {"tcb-chain-format", DCAP_TCB_CHAIN_SHORT, 0},
    {"tcb-json", DCAP_TCB_FORM, 0},
    {"tcb-duplicate", DCAP_TCB_FORM, 0},
    {"tcb-id", DCAP_TCB_NOT_TDX, 0},
    {"tcb-id-sgx", DCAP_TCB_NOT_SGX, 0},
    {"tcb-version", DCAP_TCB_NOT_TDX, 0},
    {"tcb-fmspc", DCAP_FMSPC, 0},
    {"tcb-pceid", DCAP_PCE_ID, 0},
    {"tcb-no-levels", DCAP_NO_LEVEL, 0},
    {"tcb-sgx-high", DCAP_NO_LEVEL, 0},
    {"tcb-tdx-high", DCAP_NO_LEVEL, 0},
    {"tcb-pcesvn-high", DCAP_NO_LEVEL, 0},
    {"tcb-sgx-15", DCAP_TCB_FORM, 0},
    {"tcb-sgx-17", DCAP_TCB_FORM, 0},
    {"tcb-tdx-15", DCAP_TCB_FORM, 0},
    {"tcb-tdx-none", DCAP_NO_TDX, 0},
    {"tcb-unknown-status", DCAP_TCB_FORM, 0},
    {"tcb-out-of-date", DCAP_NONE, TCB_OUT_OF_DATE},
    {"tcb-hardening", DCAP_NONE, TCB_SW_HARDENING_NEEDED},
    {"tcb-configuration", DCAP_NONE, TCB_CONFIGURATION_NEEDED},
    {"tcb-revoked", DCAP_REVOKED, 0},
    {"tcb-advisories", DCAP_NONE, TCB_UP_TO_DATE},
    {"tcb-old-platform", DCAP_NONE, TCB_OUT_OF_DATE},
    {"module-missing", DCAP_MODULE_MISSING, 0},
    {"module-unknown", DCAP_MODULE_UNKNOWN, 0},
    {"module-none", DCAP_MODULE_UNKNOWN, 0},
    {"module-signer", DCAP_MODULE_SIGNER, 0},
    {"module-attributes", DCAP_MODULE_ATTRIBUTES, 0},
    {"module-old", DCAP_NONE, TCB_OUT_OF_DATE},
    {"module-too-old", DCAP_MODULE_SVN, 0},
    {"module-3", DCAP_NONE, TCB_UP_TO_DATE},
    {"relaunch", DCAP_NONE, TCB_OUT_OF_DATE},
    {"relaunch-configuration", DCAP_NONE, TCB_OUT_OF_DATE_CONFIGURATION_NEEDED},
    {"relaunch-in-vain", DCAP_NONE, TCB_OUT_OF_DATE},
    {"module-now-old", DCAP_NONE, TCB_UP_TO_DATE},
    {"module-now-too-old", DCAP_MODULE_SVN, 0},
    {"module-now-unknown", DCAP_MODULE_UNKNOWN, 0},
    {"module-now-no-level", DCAP_NO_LEVEL_NOW, 0},
    {"qe-expired", DCAP_QE_EXPIRED, 0},
    {"qe-future", DCAP_QE_FUTURE, 0},
    {"qe-signature", DCAP_QE_SIGNATURE, 0},
    {"qe-identity-signer", DCAP_QE_SIGNATURE, 0},
    {"qe-chain-short", DCAP_QE_CHAIN_SHORT, 0},
    {"qe-json", DCAP_QE_FORM, 0},
    {"qe-id", DCAP_QE_TEE, 0},
    {"qe-version", DCAP_QE_TEE, 0},
    {"qe-mrsigner", DCAP_QE_SIGNER, 0},
    {"qe-prod-id", DCAP_QE_PROD_ID, 0},
    {"qe-miscselect", DCAP_QE_MISC, 0},
    {"qe-attributes", DCAP_QE_ATTRIBUTES, 0},
    {"qe-debug", DCAP_QE_DEBUG, 0},
    {"qe-old", DCAP_NONE, TCB_OUT_OF_DATE},
    {"qe-too-old", DCAP_QE_SVN, 0},
    {"qe-revoked", DCAP_REVOKED, 0},
    {"debug", DCAP_DEBUG, 0},
    {"debug-group", DCAP_DEBUG_GROUP, 0},
    {"sept-ve-off", DCAP_SEPT_VE, 0},
    {"migratable", DCAP_RESERVED, 0},
    {"reserved-bits", DCAP_RESERVED, 0},
    {"pks", DCAP_NONE, TCB_UP_TO_DATE},
    {"key-locker", DCAP_NONE, TCB_UP_TO_DATE},
    {"service-td", DCAP_SERVICE_TD, 0},
    {"sgx-debug", DCAP_DEBUG, 0},
    {"collateral-member", DCAP_COLLATERAL_MEMBER, 0},
    {"collateral-array", DCAP_COLLATERAL_JSON, 0},
    {"pck-chain-in-collateral", DCAP_NONE, TCB_UP_TO_DATE},
};

static void simulate(enum simulator_kind kind, unsigned defect, struct simulator_output *out)
{
    struct simulator_config config = {
        .now = 1767225600, .kind = kind, .defect = defect, .seed = "a seed of the tests, 32 bytes..."};
    memset(config.report_data, 0xdd, 32);
    simulator_make(&config, out);
}

static void check_simulated(enum simulator_kind kind, unsigned defect, struct quote_check *c)
{
    AUTO(simulator_output) struct simulator_output out = {0};
    simulate(kind, defect, &out);
    quote_check_run(c, buf_slice(&out.root), buf_slice(&out.quote), buf_slice(&out.collateral), 1767225600);
    assert_both_ways_agree(c, buf_slice(&out.quote));
}

/* Everything before the fault passed, nothing after it is claimed. */
static void assert_one_reason(const struct dcap_report *r)
{
    enum dcap_step failed = dcap_report_failed_step(r);
    for (size_t i = 0; i < DCAP_STEP_COUNT && failed != DCAP_STEP_COUNT; i++)
        assert_int_equal(r->verdicts[i], i < failed ? DCAP_PASS : i == failed ? DCAP_FAIL : DCAP_UNPROVEN);
}

static void assert_defect(size_t row, enum simulator_kind kind)
{
    AUTO(buf) struct buf text = {0};
    static struct quote_check c;
    unsigned index = 0;
    assert_true(simulator_defect_find(defects[row].defect, &index));
    check_simulated(kind, index, &c);
    if (c.report.fault.code != defects[row].code)
        fail_msg("%s: %s: %s, expected %s", defects[row].defect, dcap_code_name(c.report.fault.code),
                 sentence(&c.report, &text), dcap_code_name(defects[row].code));
    assert_one_reason(&c.report);
    assert_int_equal(dcap_report_is_good(&c.report), defects[row].code == DCAP_NONE);
    if (defects[row].code == DCAP_NONE)
        assert_int_equal(c.report.status, defects[row].status);
    quote_check_free(&c);
}

static void every_defect_fails_for_its_own_reason(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof defects / sizeof *defects; row++) {
        unsigned index = 0;
        assert_true(simulator_defect_find(defects[row].defect, &index));
        struct simulator_defect d = simulator_defect_at(index);
        for (unsigned kind = 0; kind <= SIMULATOR_SGX_V3; kind++) {
            if (!d.one_kind || d.kind == (enum simulator_kind)kind)
                assert_defect(row, (enum simulator_kind)kind);
        }
    }
}

/* Starting the TD anew helps when the module that is loaded now is better than the one it was started under. */
static void a_relaunch_is_advised_where_it_helps(void **state)
{
    (void)state;
    static const struct {
        const char *defect, *seen; /* of the status step */
        bool advised;
    } cases[] = {
        {"none", "UpToDate", false},
        {"module-old", "OutOfDate, advisories INTEL-SA-00003", false}, /* TD report 1.0 does not say what is loaded now */
        {"relaunch", "OutOfDate, advisories INTEL-SA-00003, a relaunch of the TD is advised", true},
        {"relaunch-configuration", "OutOfDateConfigurationNeeded, advisories INTEL-SA-00003, a relaunch of the TD is advised",
         true},
        {"relaunch-in-vain", "OutOfDate, advisories INTEL-SA-00003", false},
        {"module-now-old", "UpToDate", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct quote_check c;
        AUTO(buf) struct buf seen = {0};
        unsigned index = 0;
        assert_true(simulator_defect_find(cases[i].defect, &index));
        check_simulated(SIMULATOR_TDX_V5, index, &c);
        dcap_report_write_seen(&c.report, DCAP_STEP_TCB_STATUS, &seen);
        if (strcmp(buf_str(&seen), cases[i].seen) != 0 || c.report.relaunch_advised != cases[i].advised)
            fail_msg("%s: %s", cases[i].defect, buf_str(&seen));
        quote_check_free(&c);
    }
}

static void no_defect_of_the_simulator_is_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < simulator_defect_count(); i++) {
        size_t row = 0;
        while (row < sizeof defects / sizeof *defects && strcmp(defects[row].defect, simulator_defect_at(i).name) != 0)
            row++;
        if (row == sizeof defects / sizeof *defects)
            fail_msg("what must `%s` give?", simulator_defect_at(i).name);
    }
}

static void the_simulator_is_nobody_under_intels_root(void **state)
{
    (void)state;
    AUTO(simulator_output) struct simulator_output out = {0};
    static struct quote_check c;
    simulate(SIMULATOR_TDX_V4, 0, &out);
    assert_false(quote_check_run(&c, dcap_intel_root, buf_slice(&out.quote), buf_slice(&out.collateral), 1767225600));
    assert_int_equal(c.report.verdicts[DCAP_STEP_ROOT], DCAP_PASS);
    assert_int_equal(c.report.fault.code, DCAP_LIST_ISSUER);
    quote_check_free(&c);
}

static void intels_root_is_read_to_what_contracts_have_of_it(void **state)
{
    (void)state;
    struct dcap_anchor anchor;
    assert_true(dcap_anchor_read(&quote_check_crypto, dcap_intel_root, &anchor));
    assert_memory_equal(&anchor.authority, &dcap_intel_anchor.authority, sizeof anchor.authority);
    assert_int_equal(anchor.dated.from, dcap_intel_anchor.dated.from);
    assert_int_equal(anchor.dated.until, dcap_intel_anchor.dated.until);
    assert_true(anchor.allows_authorities && dcap_intel_anchor.allows_authorities);
}

static void a_root_must_be_a_certificate(void **state)
{
    (void)state;
    AUTO(simulator_output) struct simulator_output out = {0};
    static struct quote_check c;
    simulate(SIMULATOR_TDX_V4, 0, &out);
    assert_false(quote_check_run(&c, SLICE("0"), buf_slice(&out.quote), buf_slice(&out.collateral), 1767225600));
    assert_int_equal(c.report.fault.code, DCAP_ROOT_FORM);
    quote_check_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_of_real_hardware_get_their_verdicts),
        cmocka_unit_test(quotes_hold_in_their_window_and_not_beside_it),
        cmocka_unit_test(every_defect_fails_for_its_own_reason),
        cmocka_unit_test(a_relaunch_is_advised_where_it_helps),
        cmocka_unit_test(no_defect_of_the_simulator_is_left_out),
        cmocka_unit_test(the_simulator_is_nobody_under_intels_root),
        cmocka_unit_test(intels_root_is_read_to_what_contracts_have_of_it),
        cmocka_unit_test(a_root_must_be_a_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
