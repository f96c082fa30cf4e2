#include "dcap/qe_identity.h"

enum { ID, VERSION, ISSUED, NEXT_UPDATE, EVALUATION, MISC, MISC_MASK, ATTRIBUTES, MASK, SIGNER, PROD_ID, LEVELS, MEMBERS };
static const char *const names[] = {"id",         "version",        "issueDate",  "nextUpdate",     "tcbEvaluationDataNumber",
                                    "miscselect", "miscselectMask", "attributes", "attributesMask", "mrsigner",
                                    "isvprodid",  "tcbLevels"};
static const struct document_members members = {names, MEMBERS, (1 << MEMBERS) - 1};

static bool read_member(struct json_reader *r, int member, struct qe_identity *out)
{
    switch (member) {
    case ID:
        out->is_tdx = document_either(r, SLICE("TD_QE"), SLICE("QE"));
        return true;
    case VERSION:
        out->version = document_number(r, UINT32_MAX);
        return true;
    case ISSUED:
        out->issued = document_time(r);
        return true;
    case NEXT_UPDATE:
        out->next_update = document_time(r);
        return true;
    case EVALUATION:
        out->evaluation_number = document_number(r, UINT32_MAX);
        return true;
    case MISC:
        document_hex(r, out->misc_select, sizeof out->misc_select);
        return true;
    case MISC_MASK:
        document_hex(r, out->misc_select_mask, sizeof out->misc_select_mask);
        return true;
    case ATTRIBUTES:
        document_hex(r, out->attributes, sizeof out->attributes);
        return true;
    case MASK:
        document_hex(r, out->attributes_mask, sizeof out->attributes_mask);
        return true;
    case SIGNER:
        document_hex(r, out->signer, sizeof out->signer);
        return true;
    case PROD_ID:
        out->prod_id = (uint16_t)document_number(r, UINT16_MAX);
        return true;
    case LEVELS:
        document_svn_levels(r, &out->levels);
        return true;
    default:
        return false;
    }
}

bool qe_identity_read(struct slice text, struct qe_identity *out, struct document_fault *fault)
{
    struct json_reader r = json_reader_of(text);
    uint32_t seen = 0;
    __builtin_memset(out, 0, sizeof *out);
    json_begin_object(&r, SLICE("an object"));
    while (read_member(&r, document_next(&r, &members, &seen), out)) {
    }
    return document_end(&r, fault);
}
