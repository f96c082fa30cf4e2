#include "dcap/qe_identity.h"

static const struct document_member members[] = {
    DOCUMENT_CHOICE_OF("id", struct qe_identity, is_tdx, "QE\0TD_QE", 2),
    DOCUMENT_PLAIN("version", struct qe_identity, version, DOCUMENT_NUMBER),
    DOCUMENT_PLAIN("issueDate", struct qe_identity, valid.from, DOCUMENT_TIME),
    DOCUMENT_PLAIN("nextUpdate", struct qe_identity, valid.until, DOCUMENT_TIME),
    DOCUMENT_PLAIN("tcbEvaluationDataNumber", struct qe_identity, evaluation_number, DOCUMENT_NUMBER),
    DOCUMENT_PLAIN("miscselect", struct qe_identity, misc_select, DOCUMENT_HEX),
    DOCUMENT_PLAIN("miscselectMask", struct qe_identity, misc_select_mask, DOCUMENT_HEX),
    DOCUMENT_PLAIN("attributes", struct qe_identity, attributes, DOCUMENT_HEX),
    DOCUMENT_PLAIN("attributesMask", struct qe_identity, attributes_mask, DOCUMENT_HEX),
    DOCUMENT_PLAIN("mrsigner", struct qe_identity, signer, DOCUMENT_HEX),
    DOCUMENT_PLAIN("isvprodid", struct qe_identity, prod_id, DOCUMENT_NUMBER),
    DOCUMENT_LIST_OF("tcbLevels", struct qe_identity, levels.of, levels.count, &document_svn_level),
};
const struct document_object qe_identity_document = DOCUMENT_TABLE(struct qe_identity, members, 12);

bool qe_identity_read(struct slice text, struct qe_identity *out, struct document_fault *fault)
{
    return document_read(text, &qe_identity_document, out, fault);
}
