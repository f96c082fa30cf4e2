/* Intel's documents: what must be there, once and in its form, and what follows from levels. */
#include "base/test.h"
#include "dcap/collateral.h"
#include "dcap/qe_identity.h"
#include "dcap/tcb_info.h"
#include <string.h>

#define MODULE                                                                                                           \
    "\"mrsigner\":\"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\"," \
    "\"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\""
#define COMPONENTS(first)                                                                                                    \
    "[{\"svn\":" first "},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{" \
    "\"svn\":0},{\"svn\":0},{\"svn\":0},"                                                                                    \
    "{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0,\"category\":\"BIOS\"}]"
#define LEVEL(sgx, pce, status)                                                                               \
    "{\"tcb\":{\"sgxtcbcomponents\":" COMPONENTS(sgx) ",\"pcesvn\":" pce ",\"tdxtcbcomponents\":" COMPONENTS( \
        "1") "},"                                                                                             \
             "\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"" status "\"}"

static const char tcb_text[] = "{\"id\":\"TDX\",\"version\":3,\"issueDate\":\"2025-06-19T10:16:03Z\",\"nextUpdate\":\"2025-07-"
                               "19T10:16:03Z\",\"fmspc\":\"B0c06F000000\","
                               "\"pceId\":\"0000\",\"tcbType\":0,\"tcbEvaluationDataNumber\":17,\"tdxModule\":{" MODULE
                               "},\"tdxModuleIdentities\":[{\"id\":\"TDX_0a\"," MODULE
                               ",\"tcbLevels\":[{\"tcb\":{\"isvsvn\":3},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":"
                               "\"UpToDate\",\"advisoryIDs\":[\"A\",\"B\"]}]}],"
                               "\"tcbLevels\":[" LEVEL("1", "5", "OutOfDate") "," LEVEL("2", "5", "UpToDate") "," LEVEL(
                                   "2", "4", "OutOfDate") "],\"added\":{\"later\":[1]}}";

static const char qe_text[] =
    "{\"id\":\"TD_QE\",\"version\":2,\"issueDate\":\"2025-06-19T10:32:27Z\",\"nextUpdate\":\"2025-07-19T10:32:27Z\","
    "\"tcbEvaluationDataNumber\":17,"
    "\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\",\"attributes\":\"11000000000000000000000000000000\","
    "\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\",\"mrsigner\":"
    "\"DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C5\","
    "\"isvprodid\":2,\"tcbLevels\":[{\"tcb\":{\"isvsvn\":4},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}]}";

static void tcb_info_is_read_and_its_levels_sorted(void **state)
{
    (void)state;
    static struct tcb_info t;
    struct document_fault fault;
    struct slice list, advisory;
    assert_true(tcb_info_read(slice_str(tcb_text), &t, &fault));
    assert_true(t.is_tdx && t.has_module && t.levels[0].has_tdx && t.levels[1].has_tdx && t.levels[2].has_tdx);
    assert_int_equal(t.valid.from, 1750328163);
    assert_memory_equal(t.fmspc, "\xb0\xc0\x6f\0\0\0", 6);
    assert_int_equal(t.level_count, 3);
    assert_int_equal(t.levels[0].sgx[0], 2);
    assert_int_equal(t.levels[0].pce_svn, 5);
    assert_int_equal(t.levels[1].pce_svn, 4);
    assert_int_equal(t.levels[2].sgx[0], 1);
    assert_int_equal(t.identity_count, 1);
    assert_int_equal(t.identities[0].version, 10);
    list = t.identities[0].levels.of[0].is.advisories;
    assert_true(tcb_next_advisory(&list, &advisory) && slice_eq(advisory, SLICE("A")));
    assert_true(tcb_next_advisory(&list, &advisory) && slice_eq(advisory, SLICE("B")));
    assert_false(tcb_next_advisory(&list, &advisory));
}

/* `find` once becomes `put`. */
static void edit(const char *text, const char *find, const char *put, struct buf *out)
{
    const char *at = strstr(text, find);
    assert_non_null(at);
    buf_append(out, slice_from(text, (size_t)(at - text)));
    buf_append_str(out, put);
    buf_append_str(out, at + strlen(find));
}

static const struct {
    const char *find, *put;
} tcb_edits[] = {
    {"\"TDX\"", "\"TDY\""},
    {"\"TDX\"", "\"\\u0054DX\""}, /* an escape */
    {"\"fmspc\"", "\"fms\\u0070c\""},
    {"\"fmspc\":\"B0c06F000000\",", ""},
    {"B0c06F000000", "B0c06F00000"},
    {"B0c06F000000", "B0c06F00000x"},
    {"\"version\":3", "\"version\":3,\"version\":3"},
    {"\"version\":3", "\"version\":-3"},
    {"\"version\":3", "\"version\":3.0"},
    {"\"version\":3", "\"version\":\"3\""},
    {"\"tcbType\":0", "\"tcbType\":1"},
    {"2025-07-19T10:16:03Z", "2025-07-19T10:16:03+01:00"},
    {"\"svn\":1}", "\"svn\":256}"},
    {"\"svn\":1}", "\"svn\":-1}"},
    {"\"svn\":1}", "\"sv\":1}"},
    {"{\"svn\":1},", ""},
    {"{\"svn\":1},", "{\"svn\":1},{\"svn\":1},"},
    {"\"pcesvn\":5", "\"pcesvn\":65536"},
    {"OutOfDate", "outofdate"},
    {"TDX_0a", "TDX_a"},
    {"TDX_0a", "TDY_0a"},
    {"[\"A\",\"B\"]", "[\"A\",1]"},
    {"[\"A\",\"B\"]", "[\"A\\n\"]"},
    {"[\"A\",\"B\"]", "\"A\""},
    {"\"isvsvn\":3", "\"isvsvn\":3,\"isvsvn\":4"},
    {"\"added\":{\"later\":[1]}", "\"added\":{\"later\":[1}"},
    {"\"added\":{\"later\":[1]}}", "\"added\":1} x"},
};

static void malformed_tcb_info_is_refused(void **state)
{
    (void)state;
    static struct tcb_info t;
    for (size_t i = 0; i < sizeof tcb_edits / sizeof *tcb_edits; i++) {
        AUTO(buf) struct buf text = {0};
        struct document_fault fault = {0};
        edit(tcb_text, tcb_edits[i].find, tcb_edits[i].put, &text);
        if (tcb_info_read(buf_slice(&text), &t, &fault))
            fail_msg("`%s` for `%s` was accepted", tcb_edits[i].put, tcb_edits[i].find);
        assert_true(fault.what.len > 0);
    }
}

static const struct {
    const char *find, *put;
} qe_edits[] = {
    {"TD_QE", "TDQE"},
    {"\"miscselect\":\"00000000\"", "\"miscselect\":\"0000000\""},
    {"\"miscselect\":\"00000000\"", "\"miscselect\":0"},
    {"\"isvprodid\":2", "\"isvprodid\":65536"},
    {"\"isvprodid\":2,", ""},
    {"\"mrsigner\"", "\"mrsigned\""},
    {"UpToDate", "Fine"},
    {"\"tcbStatus\"", "\"tcbStatus\":\"Revoked\",\"tcbStatus\""},
    {"}]}", "}]"},
};

static void malformed_qe_identities_are_refused(void **state)
{
    (void)state;
    static struct qe_identity q;
    struct document_fault fault;
    assert_true(qe_identity_read(slice_str(qe_text), &q, &fault));
    assert_int_equal(q.levels.of[0].svn, 4);
    for (size_t i = 0; i < sizeof qe_edits / sizeof *qe_edits; i++) {
        AUTO(buf) struct buf text = {0};
        edit(qe_text, qe_edits[i].find, qe_edits[i].put, &text);
        if (qe_identity_read(buf_slice(&text), &q, &fault))
            fail_msg("`%s` for `%s` was accepted", qe_edits[i].put, qe_edits[i].find);
    }
}

static void levels_are_matched_component_by_component(void **state)
{
    (void)state;
    struct tcb_level levels[] = {{.sgx = {1, 2, 3}, .pce_svn = 5}};
    struct pck pck = {.components = {9, 9, 2}, .pce_svn = 5}; /* larger as a word, short in the third */
    static const uint8_t low[16] = {0}, tdx_3[16] = {3, 3};
    assert_null(tcb_match(levels, 1, &pck, NULL, 0));
    pck.components[2] = 3;
    assert_non_null(tcb_match(levels, 1, &pck, NULL, 0));
    pck.pce_svn = 4;
    assert_null(tcb_match(levels, 1, &pck, NULL, 0));
    pck.pce_svn = 6;
    levels[0].tdx[0] = 5;
    assert_null(tcb_match(levels, 1, &pck, low, tcb_start_of(low)));
    assert_null(tcb_match(levels, 1, &pck, tdx_3, 0));
    assert_non_null(tcb_match(levels, 1, &pck, tdx_3, tcb_start_of(tdx_3))); /* the module's identity judges the first two */
}

static void statuses_merge_by_intels_rules(void **state)
{
    (void)state;
    static const struct {
        enum tcb_status platform, component, merged;
    } cases[] = {
        {TCB_UP_TO_DATE, TCB_UP_TO_DATE, TCB_UP_TO_DATE},
        {TCB_UP_TO_DATE, TCB_OUT_OF_DATE, TCB_OUT_OF_DATE},
        {TCB_SW_HARDENING_NEEDED, TCB_OUT_OF_DATE, TCB_OUT_OF_DATE},
        {TCB_CONFIGURATION_NEEDED, TCB_OUT_OF_DATE, TCB_OUT_OF_DATE_CONFIGURATION_NEEDED},
        {TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED, TCB_OUT_OF_DATE, TCB_OUT_OF_DATE_CONFIGURATION_NEEDED},
        {TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, TCB_UP_TO_DATE, TCB_OUT_OF_DATE_CONFIGURATION_NEEDED},
        {TCB_OUT_OF_DATE, TCB_UP_TO_DATE, TCB_OUT_OF_DATE},
        {TCB_UP_TO_DATE, TCB_REVOKED, TCB_REVOKED},
        {TCB_REVOKED, TCB_UP_TO_DATE, TCB_REVOKED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(tcb_merge(cases[i].platform, cases[i].component), cases[i].merged);
}

static enum dcap_code read_collateral(const char *json)
{
    static uint8_t memory[4096];
    struct room room = {memory, sizeof memory};
    struct dcap_collateral c;
    struct dcap_fault fault = {0};
    dcap_collateral_read(slice_str(json), &room, &c, &fault);
    return fault.code;
}

#define SIGNATURE                                                        \
    "\"0000000000000000000000000000000000000000000000000000000000000000" \
    "0000000000000000000000000000000000000000000000000000000000000000\""
#define COLLATERAL                                                                                                        \
    "{\"pck_crl_issuer_chain\":\"a\\n\",\"root_ca_crl\":\"00\",\"pck_crl\":\"01\",\"tcb_info_issuer_chain\":\"b\",\"tcb_" \
    "info\":\"{\\\"id\\\":1}\","                                                                                          \
    "\"tcb_info_signature\":" SIGNATURE                                                                                   \
    ",\"qe_identity_issuer_chain\":\"c\",\"qe_identity\":\"d\",\"qe_identity_signature\":" SIGNATURE ",\"more\":1}"

static void collateral_needs_its_nine_members(void **state)
{
    (void)state;
    static const struct {
        const char *find, *put;
        enum dcap_code code;
    } cases[] = {
        {"\"root_ca_crl\"", "\"root_ca_crm\"", DCAP_COLLATERAL_MEMBER},
        {"\"root_ca_crl\":\"00\"", "\"root_ca_crl\":0", DCAP_COLLATERAL_MEMBER}, /* a wrong type counts as missing */
        {"\"root_ca_crl\":\"00\"", "\"root_ca_crl\":\"0\"", DCAP_COLLATERAL_HEX},
        {"\"root_ca_crl\":\"00\"", "\"root_ca_crl\":\"0x\"", DCAP_COLLATERAL_HEX},
        {"\"tcb_info_signature\":\"00", "\"tcb_info_signature\":\"", DCAP_COLLATERAL_HEX},
        {"\"pck_crl\":\"01\"", "\"pck_crl\":\"01\",\"pck_crl\":\"01\"", DCAP_COLLATERAL_JSON},
        {"{\"pck_crl_issuer_chain\"", "[\"pck_crl_issuer_chain\"", DCAP_COLLATERAL_JSON},
        {"\"more\":1}", "\"more\":1", DCAP_COLLATERAL_JSON},
    };
    assert_int_equal(read_collateral(COLLATERAL), DCAP_NONE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf text = {0};
        edit(COLLATERAL, cases[i].find, cases[i].put, &text);
        assert_int_equal(read_collateral(buf_str(&text)), cases[i].code);
    }
}

static void collateral_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    uint8_t memory[16];
    struct room room = {memory, sizeof memory};
    struct dcap_collateral c;
    struct dcap_fault fault = {0};
    assert_false(dcap_collateral_read(SLICE(COLLATERAL), &room, &c, &fault));
    assert_int_equal(fault.code, DCAP_ROOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcb_info_is_read_and_its_levels_sorted),  cmocka_unit_test(malformed_tcb_info_is_refused),
        cmocka_unit_test(malformed_qe_identities_are_refused),     cmocka_unit_test(levels_are_matched_component_by_component),
        cmocka_unit_test(statuses_merge_by_intels_rules),          cmocka_unit_test(collateral_needs_its_nine_members),
        cmocka_unit_test(collateral_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
