#include "dcap/tcb_info.h"

static const struct document_member tcb_members[] = {
    DOCUMENT_COMPONENTS_OF("sgxtcbcomponents", struct tcb_level, sgx, "SGX component count mismatch: expected 16"),
    DOCUMENT_PLAIN("pcesvn", struct tcb_level, pce_svn, DOCUMENT_NUMBER),
    DOCUMENT_COMPONENTS_OF("tdxtcbcomponents", struct tcb_level, tdx, "TDX component count mismatch: expected 16",
                           DOCUMENT_HAS(struct tcb_level, has_tdx)),
};
static const struct document_object tcb = DOCUMENT_TABLE(struct tcb_level, tcb_members, 2);

static const struct document_member level_members[] = {
    DOCUMENT_PART("tcb", &tcb),
    DOCUMENT_PLAIN("tcbDate", struct tcb_level, is.date, DOCUMENT_TIME),
    DOCUMENT_CHOICE_OF("tcbStatus", struct tcb_level, is.status, tcb_status_names, TCB_STATUS_COUNT),
    DOCUMENT_PLAIN("advisoryIDs", struct tcb_level, is.advisories, DOCUMENT_ADVISORIES),
};
static const struct document_object level = DOCUMENT_TABLE(struct tcb_level, level_members, 3);

/* `tdxModule` has the first three. */
static const struct document_member module_members[] = {
    DOCUMENT_PLAIN("mrsigner", struct tcb_module, signer, DOCUMENT_HEX),
    DOCUMENT_PLAIN("attributes", struct tcb_module, attributes, DOCUMENT_HEX),
    DOCUMENT_PLAIN("attributesMask", struct tcb_module, attributes_mask, DOCUMENT_HEX),
    DOCUMENT_PLAIN("id", struct tcb_module, version, DOCUMENT_MODULE_ID),
    DOCUMENT_LIST_OF("tcbLevels", struct tcb_module, levels.of, levels.count, &document_svn_level),
};
static const struct document_object module = {
    .members = module_members, .size = sizeof(struct tcb_module), .needed = 3, .count = 3};
static const struct document_object identity = DOCUMENT_TABLE(struct tcb_module, module_members, 5);

static const struct document_member members[] = {
    DOCUMENT_CHOICE_OF("id", struct tcb_info, is_tdx, "SGX\0TDX", 2),
    DOCUMENT_PLAIN("version", struct tcb_info, version, DOCUMENT_NUMBER),
    DOCUMENT_PLAIN("issueDate", struct tcb_info, valid.from, DOCUMENT_TIME),
    DOCUMENT_PLAIN("nextUpdate", struct tcb_info, valid.until, DOCUMENT_TIME),
    DOCUMENT_PLAIN("fmspc", struct tcb_info, fmspc, DOCUMENT_HEX),
    DOCUMENT_PLAIN("pceId", struct tcb_info, pce_id, DOCUMENT_HEX),
    {.name = "tcbType", .form = DOCUMENT_NUMBER}, /* how components are to be compared: 0 is the one way that there is */
    DOCUMENT_PLAIN("tcbEvaluationDataNumber", struct tcb_info, evaluation_number, DOCUMENT_NUMBER),
    DOCUMENT_LIST_OF("tcbLevels", struct tcb_info, levels, level_count, &level),
    DOCUMENT_OBJECT_OPT("tdxModule", struct tcb_info, module, has_module, &module),
    DOCUMENT_LIST_OF("tdxModuleIdentities", struct tcb_info, identities, identity_count, &identity),
};
const struct document_object tcb_info_document = DOCUMENT_TABLE(struct tcb_info, members, 9);

bool tcb_info_read(struct slice text, struct tcb_info *out, struct document_fault *fault)
{
    bool ok = document_read(text, &tcb_info_document, out, fault);
    tcb_sort(out->levels, out->level_count);
    return ok;
}
