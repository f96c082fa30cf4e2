#include "coordinator/pages.h"

/* Lays a file's bytes into this object between `symbol` and `symbol_end`. OUTLAYER_PAGES is the folder, from the build. */
#define EMBED(symbol, file)                                                                                         \
    __asm__(".section .rodata\n.balign 16\n.globl " #symbol "\n" #symbol ":\n.incbin \"" file "\"\n.globl " #symbol \
            "_end\n" #symbol "_end:\n.byte 0\n.previous\n");                                                        \
    extern const uint8_t symbol[], symbol##_end[]

EMBED(page_verify_html, OUTLAYER_PAGES "/verify.html");
EMBED(page_verify_css, OUTLAYER_PAGES "/verify.css");
EMBED(page_verify_js, OUTLAYER_PAGES "/verify.js");
EMBED(page_verifier_wasm, OUTLAYER_PAGES "/verifier.wasm");

static const struct {
    const char *name, *content_type;
    const uint8_t *start, *end;
} files[] = {
    {"verify.html", "text/html; charset=utf-8", page_verify_html, page_verify_html_end},
    {"verify.css", "text/css; charset=utf-8", page_verify_css, page_verify_css_end},
    {"verify.js", "text/javascript; charset=utf-8", page_verify_js, page_verify_js_end},
    {"verifier.wasm", "application/wasm", page_verifier_wasm, page_verifier_wasm_end},
};

bool page_find(struct slice name, struct page *out)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (!slice_eq_str(name, files[i].name))
            continue;
        *out = (struct page){files[i].content_type, slice_from(files[i].start, (size_t)(files[i].end - files[i].start))};
        return true;
    }
    return false;
}
