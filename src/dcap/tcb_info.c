#include "dcap/tcb_info.h"
#include "codec/hex.h"

static void fail(struct json_reader *r, struct slice what)
{
    json_fail(r, JSON_CUSTOM, what);
}

/* Platform levels */

static const char *const component_names[] = {"svn"};
static const struct document_members component_members = {component_names, 1, 1};

static void read_components(struct json_reader *r, struct slice mismatch, uint8_t out[PCK_COMPONENTS])
{
    size_t count = 0;
    json_begin_array(r, SLICE("a list"));
    for (; json_next_item(r); count++) {
        uint32_t seen = 0;
        uint8_t svn = 0;
        json_begin_object(r, SLICE("a component"));
        while (document_next(r, &component_members, &seen) != DOCUMENT_END)
            svn = (uint8_t)document_number(r, UINT8_MAX);
        if (count < PCK_COMPONENTS)
            out[count] = svn;
    }
    if (count != PCK_COMPONENTS)
        fail(r, mismatch);
}

enum { TCB_SGX, TCB_PCE_SVN, TCB_TDX };
static const char *const tcb_names[] = {"sgxtcbcomponents", "pcesvn", "tdxtcbcomponents"};
static const struct document_members tcb_members = {tcb_names, 3, 1 << TCB_SGX | 1 << TCB_PCE_SVN};

/* Says whether there were components of TDX. */
static bool read_tcb(struct json_reader *r, struct tcb_level *out)
{
    uint32_t seen = 0;
    json_begin_object(r, SLICE("tcb"));
    for (int member; (member = document_next(r, &tcb_members, &seen)) != DOCUMENT_END;) {
        if (member == TCB_PCE_SVN)
            out->pce_svn = (uint16_t)document_number(r, UINT16_MAX);
        else if (member == TCB_SGX)
            read_components(r, SLICE("SGX component count mismatch: expected 16"), out->sgx);
        else
            read_components(r, SLICE("TDX component count mismatch: expected 16"), out->tdx);
    }
    return seen >> TCB_TDX & 1;
}

enum { LEVEL_TCB, LEVEL_DATE, LEVEL_STATUS, LEVEL_ADVISORIES };
static const char *const level_names[] = {"tcb", "tcbDate", "tcbStatus", "advisoryIDs"};
static const struct document_members level_members = {level_names, 4, 1 << LEVEL_TCB | 1 << LEVEL_DATE | 1 << LEVEL_STATUS};

static bool read_level(struct json_reader *r, struct tcb_level *out)
{
    uint32_t seen = 0;
    bool has_tdx = false;
    *out = (struct tcb_level){0};
    json_begin_object(r, SLICE("a level"));
    for (int member; (member = document_next(r, &level_members, &seen)) != DOCUMENT_END;) {
        if (member == LEVEL_TCB)
            has_tdx = read_tcb(r, out);
        else if (member == LEVEL_DATE)
            out->is.date = document_time(r);
        else if (member == LEVEL_STATUS)
            document_status(r, &out->is);
        else
            document_advisories(r, &out->is);
    }
    return has_tdx;
}

/* Says whether every level had components of TDX. */
static bool read_levels(struct json_reader *r, struct tcb_info *out)
{
    bool all_have_tdx = true;
    json_begin_array(r, SLICE("a list"));
    while (json_next_item(r)) {
        if (out->level_count == TCB_LEVELS_MAX) {
            fail(r, SLICE("too many levels"));
            return false;
        }
        all_have_tdx &= read_level(r, &out->levels[out->level_count++]);
    }
    return all_have_tdx;
}

/* Modules */

enum { MODULE_SIGNER, MODULE_ATTRIBUTES, MODULE_MASK, MODULE_ID, MODULE_LEVELS };
static const char *const module_names[] = {"mrsigner", "attributes", "attributesMask", "id", "tcbLevels"};

/* TDX_nn, where nn are two hex digits. */
static uint8_t read_module_id(struct json_reader *r)
{
    uint8_t version = 0;
    struct slice id = json_read_string(r, NULL), head = slice_first(id, 4);
    bool known = slice_eq(head, SLICE("TDX_")) || slice_eq(head, SLICE("tdx_"));
    if (!known || !hex_decode(slice_skip(id, head.len), &version, 1, NULL))
        fail(r, SLICE("not TDX_ and two hex digits"));
    return version;
}

static void read_module(struct json_reader *r, bool is_identity, struct tcb_module *out)
{
    uint32_t common = 1 << MODULE_SIGNER | 1 << MODULE_ATTRIBUTES | 1 << MODULE_MASK, seen = 0;
    struct document_members members = {module_names, is_identity ? 5 : 3,
                                       is_identity ? common | 1 << MODULE_ID | 1 << MODULE_LEVELS : common};
    json_begin_object(r, SLICE("a module"));
    for (int member; (member = document_next(r, &members, &seen)) != DOCUMENT_END;) {
        if (member == MODULE_SIGNER)
            document_hex(r, out->signer, sizeof out->signer);
        else if (member == MODULE_ATTRIBUTES)
            document_hex(r, out->attributes, sizeof out->attributes);
        else if (member == MODULE_MASK)
            document_hex(r, out->attributes_mask, sizeof out->attributes_mask);
        else if (member == MODULE_ID)
            out->version = read_module_id(r);
        else
            document_svn_levels(r, &out->levels);
    }
}

static void read_identities(struct json_reader *r, struct tcb_info *out)
{
    json_begin_array(r, SLICE("a list"));
    while (json_next_item(r)) {
        if (out->identity_count == TCB_MODULES_MAX) {
            fail(r, SLICE("too many module identities"));
            return;
        }
        read_module(r, true, &out->identities[out->identity_count++]);
    }
}

/* The document */

enum { ID, VERSION, ISSUED, NEXT_UPDATE, FMSPC, PCE_ID, TCB_TYPE, EVALUATION, LEVELS, MODULE, IDENTITIES };
static const char *const names[] = {
    "id",        "version",   "issueDate",          "nextUpdate", "fmspc", "pceId", "tcbType", "tcbEvaluationDataNumber",
    "tcbLevels", "tdxModule", "tdxModuleIdentities"};
static const struct document_members members = {names, 11, (1 << MODULE) - 1};

static bool read_member(struct json_reader *r, int member, struct tcb_info *out)
{
    switch (member) {
    case ID:
        out->is_tdx = document_either(r, SLICE("TDX"), SLICE("SGX"));
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
    case FMSPC:
        document_hex(r, out->fmspc, sizeof out->fmspc);
        return true;
    case PCE_ID:
        document_hex(r, out->pce_id, sizeof out->pce_id);
        return true;
    case TCB_TYPE: /* how components are to be compared: 0 is the one way that there is */
        document_number(r, 0);
        return true;
    case EVALUATION:
        out->evaluation_number = document_number(r, UINT32_MAX);
        return true;
    case LEVELS:
        out->has_tdx_components = read_levels(r, out);
        return true;
    case MODULE:
        out->has_module = true;
        read_module(r, false, &out->module);
        return true;
    case IDENTITIES:
        read_identities(r, out);
        return true;
    default:
        return false;
    }
}

bool tcb_info_read(struct slice text, struct tcb_info *out, struct document_fault *fault)
{
    struct json_reader r = json_reader_of(text);
    uint32_t seen = 0;
    __builtin_memset(out, 0, sizeof *out);
    json_begin_object(&r, SLICE("an object"));
    while (read_member(&r, document_next(&r, &members, &seen), out)) {
    }
    tcb_sort(out->levels, out->level_count);
    return document_end(&r, fault);
}
