/* Any bytes as collateral, as TCB info and as a QE identity: faults have a place in the text. */
#include "dcap/collateral.h"
#include "dcap/qe_identity.h"
#include "dcap/tcb_info.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_documents(struct slice tcb_text, struct slice qe_text)
{
    static struct tcb_info tcb;
    static struct qe_identity qe;
    struct document_fault fault;
    if (!tcb_info_read(tcb_text, &tcb, &fault))
        assert(fault.what.len && fault.at <= tcb_text.len);
    for (size_t i = 0; i < tcb.level_count; i++) {
        struct slice list = tcb.levels[i].is.advisories, advisory;
        while (tcb_next_advisory(&list, &advisory))
            assert(advisory.len && advisory.len <= TCB_ADVISORY_LEN_MAX);
    }
    if (!qe_identity_read(qe_text, &qe, &fault))
        assert(fault.what.len && fault.at <= qe_text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    AUTO(buf) struct buf memory = {0}, why = {0};
    struct slice bytes = slice_from(data, len);
    struct room room = {buf_reserve(&memory, DCAP_ROOM_LEN(len)), DCAP_ROOM_LEN(len)};
    struct dcap_collateral c;
    struct dcap_fault fault = {0};
    if (dcap_collateral_read(bytes, &room, &c, &fault)) {
        read_documents(c.tcb_info.text, c.qe_identity.text);
    } else {
        dcap_fault_write(&fault, &why);
        assert(why.len);
    }
    read_documents(bytes, bytes);
    return 0;
}
