#include "cli/print.h"
#include "codec/json_doc.h"
#include <stdio.h>

void cli_print_json(const json_t *doc)
{
    AUTO(buf) struct buf text = {0};
    json_doc_write(doc, &text);
    puts(buf_str(&text));
    fflush(stdout);
}
