/* `outlayer wasm inspect` and `outlayer wasm compile`. */
#include "base/fs.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/wasm.h"
#include "cli/wasm_engine.h"
#include "codec/json_doc.h"
#include "engine/text.h"
#include "wasm/describe.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_SHOWN = 4096 };

struct inspection {
    json_t *parts[4]; /* by enum wasm_part_kind */
};

static json_t *pages(uint64_t count)
{
    return count == UINT64_MAX ? json_null() : json_integer((json_int_t)count);
}

static void note(void *self, const struct wasm_part *part)
{
    const struct inspection *i = self;
    json_t *object = json_object();
    if (part->module.len)
        json_object_set_new(object, "module", json_doc_string(part->module));
    if (part->kind != WASM_PART_MEMORY)
        json_object_set_new(object, "name", json_doc_string(part->name));
    if (part->sort)
        json_object_set_new(object, "kind", json_string(part->sort));
    if (part->kind == WASM_PART_MEMORY) {
        json_object_set_new(object, "min_pages", pages(part->min_pages));
        json_object_set_new(object, "max_pages", pages(part->max_pages));
    }
    if (part->kind == WASM_PART_CUSTOM) {
        json_object_set_new(object, "bytes", json_integer((json_int_t)part->content.len));
        if (slice_eq_str(part->name, "outlayer.manifest")) /* text by its own rules; others mean nothing here */
            json_object_set_new(object, "text", json_doc_string(slice_first(part->content, TEXT_SHOWN)));
    }
    json_array_append_new(i->parts[part->kind], object);
}

static const char *shape_name(enum wasm_shape shape)
{
    return shape == WASM_SHAPE_COMPONENT ? "component" : "module";
}

/* What the bytes are, as the object that --json prints. */
static struct err *inspect(const char *path, json_t **out)
{
    AUTO(buf) struct buf wasm = {0};
    char hex[HASH_HEX_MAX];
    enum wasm_shape shape;
    TRY(fs_read(path, CLI_WASM_MAX, &wasm));
    struct inspection i = {{json_array(), json_array(), json_array(), json_array()}};
    bool whole = wasm_describe(buf_slice(&wasm), &shape, note, &i);
    struct hash hash = hash_sha256(buf_slice(&wasm));
    *out = json_pack("{s:s, s:s, s:I, s:b, s:o, s:o, s:o, s:o}", "kind", shape_name(shape), "code_hash", hash_hex(&hash, hex),
                     "bytes", (json_int_t)wasm.len, "whole", whole, "imports", i.parts[WASM_PART_IMPORT], "exports",
                     i.parts[WASM_PART_EXPORT], "memories", i.parts[WASM_PART_MEMORY], "custom_sections",
                     i.parts[WASM_PART_CUSTOM]);
    if (shape != WASM_SHAPE_NONE)
        return NULL;
    json_decref(*out);
    *out = NULL;
    return err_new(ERR_INVALID, "%s is not WebAssembly: it begins neither as a module nor as a component does", path);
}

/* A program's own text must not command the terminal. */
static void print_clean(const char *before, struct slice text, enum text_lines lines)
{
    AUTO(buf) struct buf clean = {0};
    text_append_clean(&clean, text, text.len, lines);
    printf("%s%s", before, buf_str(&clean));
}

static void print_part(const char *title, const json_t *part)
{
    struct slice module = json_doc_text(json_object_get(part, "module"));
    struct slice name = json_doc_text(json_object_get(part, "name"));
    struct slice text = json_doc_text(json_object_get(part, "text"));
    const char *kind = json_string_value(json_object_get(part, "kind"));
    const json_t *min = json_object_get(part, "min_pages"), *bytes = json_object_get(part, "bytes");
    printf("%-8s", title);
    if (module.ptr)
        print_clean(" ", module, TEXT_ONE_LINE);
    if (name.ptr)
        print_clean(" ", name, TEXT_ONE_LINE);
    if (kind)
        printf(" (%s)", kind);
    if (min)
        printf(" %" JSON_INTEGER_FORMAT " KiB", json_integer_value(min) * 64);
    if (min && json_is_integer(json_object_get(part, "max_pages")))
        printf(", at most %" JSON_INTEGER_FORMAT " KiB", json_integer_value(json_object_get(part, "max_pages")) * 64);
    if (bytes)
        printf(" %" JSON_INTEGER_FORMAT " bytes", json_integer_value(bytes));
    if (text.ptr)
        print_clean("\n", text, TEXT_KEEP_LINES);
    putchar('\n');
}

static void print_parts(const char *title, const json_t *parts)
{
    size_t at = 0;
    const json_t *part = NULL;
    json_array_foreach((json_t *)(uintptr_t)parts, at, part) print_part(title, part);
}

static void print_inspection(const json_t *o)
{
    printf("%s, %" JSON_INTEGER_FORMAT " bytes, sha-256 %s\n", json_string_value(json_object_get(o, "kind")),
           json_integer_value(json_object_get(o, "bytes")), json_string_value(json_object_get(o, "code_hash")));
    print_parts("import", json_object_get(o, "imports"));
    print_parts("export", json_object_get(o, "exports"));
    print_parts("memory", json_object_get(o, "memories"));
    print_parts("section", json_object_get(o, "custom_sections"));
    if (!json_is_true(json_object_get(o, "whole")))
        puts("… and then the file is cut off, or has a form that is not known here");
}

/* One file and --json. */
static struct err *read_arguments(int *argc, char **argv, bool *json)
{
    const struct cli_option options[] = {{"--json", CLI_FLAG, json}, {0}};
    TRY(cli_options_read(options, argc, argv));
    if (*argc != 2)
        return err_new(ERR_INVALID, "`outlayer wasm %s` takes one file, see `outlayer wasm --help`", argv[0]);
    return NULL;
}

int wasm_inspect(int argc, char **argv)
{
    bool json = false;
    AUTO(json) json_t *object = NULL;
    struct err *e = read_arguments(&argc, argv, &json);
    if (e)
        return cli_exit(e);
    e = inspect(argv[1], &object);
    if (e)
        return cli_exit_failed(e);
    if (json)
        cli_print_json(object);
    else
        print_inspection(object);
    return 0;
}

static struct err *compile(const char *path, json_t **out)
{
    AUTO(buf) struct buf wasm = {0};
    struct engine *engine = NULL;
    struct hash hash;
    char hex[HASH_HEX_MAX];
    struct engine_artifact artifact = {0};
    uint64_t compile_ms = 0;
    TRY(fs_read(path, CLI_WASM_MAX, &wasm));
    TRY(wasm_engine_open(&engine));
    struct err *e = wasm_engine_prepare(engine, path, buf_slice(&wasm), &hash, &compile_ms);
    if (!e)
        e = engine_artifact(engine, &hash, &artifact);
    engine_close(engine);
    TRY(e);
    *out = json_pack("{s:s, s:s, s:I, s:I, s:I, s:b}", "kind", artifact.is_component ? "component" : "module", "code_hash",
                     hash_hex(&hash, hex), "bytes", (json_int_t)wasm.len, "artifact_bytes", (json_int_t)artifact.len,
                     "compile_ms", (json_int_t)compile_ms, "cached", compile_ms == 0);
    return NULL;
}

static void print_compiled(const json_t *o)
{
    printf("sha-256 %s: %" JSON_INTEGER_FORMAT " bytes, compiled %" JSON_INTEGER_FORMAT " bytes",
           json_string_value(json_object_get(o, "code_hash")), json_integer_value(json_object_get(o, "bytes")),
           json_integer_value(json_object_get(o, "artifact_bytes")));
    if (json_is_true(json_object_get(o, "cached")))
        puts(", was in the cache");
    else
        printf(" in %" JSON_INTEGER_FORMAT " ms\n", json_integer_value(json_object_get(o, "compile_ms")));
}

int wasm_compile(int argc, char **argv)
{
    bool json = false;
    AUTO(json) json_t *object = NULL;
    struct err *e = read_arguments(&argc, argv, &json);
    if (e)
        return cli_exit(e);
    e = compile(argv[1], &object);
    if (e)
        return cli_exit_failed(e);
    if (json)
        cli_print_json(object);
    else
        print_compiled(object);
    return 0;
}
