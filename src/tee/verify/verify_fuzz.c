/* A bundle as a stranger hands it over: whatever stands in it, every step has a verdict, and nothing is proven without collateral. */
#include "tee/verify/verify.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    AUTO(json) json_t *bundle = NULL;
    AUTO(json) json_t *chain = NULL;
    AUTO(verify_report) struct verify_report report = {0};
    struct err *e = json_doc_parse(slice_from(data, len), &bundle);
    if (e) {
        err_free(e);
        return 0;
    }
    struct verify_evidence evidence = {.attestation = json_object_get(bundle, "attestation"),
                                       .chain = json_object_get(bundle, "chain"),
                                       .collateral = json_doc_text(json_object_get(bundle, "collateral")),
                                       .network = "devnet",
                                       .contract_id = "outlayer.test.near"};
    verify_run(&evidence, &report);
    if (verify_report_verdict(&report) == VERIFY_PASS)
        abort();
    err_free(verify_chain_read(json_object_get(bundle, "transaction"), "outlayer.test.near", 1, NULL, NULL, &chain));
    return 0;
}
