/* The first line is the content type, the rest the form. */
#include "coordinator/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct multipart form;
    struct slice type, body = slice_cut(slice_from(data, size), '\n', &type);
    AUTO(err) struct err *e = multipart_parse(type, body, &form);
    if (!e)
        multipart_value(&form, "wasm_file");
    return 0;
}
