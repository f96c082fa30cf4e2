#include "base/test.h"
#include "codec/json_doc.h"
#include "coordinator/code_source.h"

static struct err *parse(const char *text, struct arena *arena, struct code_source *out)
{
    AUTO(json) json_t *doc = NULL;
    TRY(json_doc_parse(slice_str(text), &doc));
    return code_source_parse(doc, arena, out);
}

static void repositories_have_one_normal_form(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"https://github.com/o/r.git", "https://github.com/o/r.git"},
        {"http://x/y", "http://x/y"},
        {"git@github.com:o/r.git", "https://github.com/o/r"},
        {"git@github.com:o/r", "https://github.com/o/r"},
        {"ssh://git@github.com/o/r.git", "https://github.com/o/r"},
        {"ssh://git@example.com/o/r.git", "ssh://git@example.com/o/r.git"},
        {"github.com/o/r", "https://github.com/o/r"},
        {"o/r", "https://github.com/o/r"},
        {"name", "name"},
        {"", ""},
    };
    AUTO(arena) struct arena arena = {0};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct slice got = code_source_normal_repo(slice_str(pairs[i][0]), &arena);
        assert_true(slice_eq_str(got, pairs[i][1]));
    }
}

static void github_checksum_is_the_hash_of_the_coordinates(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct code_source source;
    char hex[HASH_HEX_MAX];
    struct hash hash = hash_sha256(SLICE("https://github.com/o/r:abc:wasm32-wasip1"));
    assert_ok(parse("{\"type\":\"GitHub\",\"repo\":\"o/r\",\"commit\":\"abc\"}", &arena, &source));
    assert_string_equal(source.checksum, hash_hex(&hash, hex));
    hash = hash_sha256(SLICE("https://github.com/o/r::wasm32-wasi"));
    assert_ok(
        parse("{\"type\":\"GitHub\",\"repo\":\"o/r\",\"commit\":\"\",\"build_target\":\"wasm32-wasi\"}", &arena, &source));
    assert_string_equal(source.checksum, hash_hex(&hash, hex));
}

static void wasm_url_checksum_is_its_hash_in_lower_case(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct code_source source;
    assert_ok(parse("{\"type\":\"WasmUrl\",\"url\":\"https://x/y\",\"hash\":"
                    "\"ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef0123456789\"}",
                    &arena, &source));
    assert_string_equal(source.checksum, "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789");
    assert_ok(parse("{\"type\":\"WasmUrl\",\"url\":\"https://x/y\",\"hash\":\"../../etc/passwd\"}", &arena, &source));
    assert_string_equal(source.checksum, "");
    assert_true(slice_eq_str(source.build_target, "wasm32-wasip1"));
}

static void other_shapes_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[]",
        "{}",
        "{\"type\":7}",
        "{\"type\":\"Other\"}",
        "{\"type\":\"GitHub\"}",
        "{\"type\":\"GitHub\",\"repo\":\"o/r\",\"commit\":7}",
        "{\"type\":\"GitHub\",\"repo\":\"o/r\\u0000\",\"commit\":\"x\"}",
        "{\"type\":\"WasmUrl\",\"url\":\"x\"}",
        "{\"type\":\"WasmUrl\",\"url\":\"x\",\"hash\":\"y\",\"build_target\":[]}",
        "{\"GitHub\":{\"repo\":\"o/r\",\"commit\":\"x\"}}",
    };
    AUTO(arena) struct arena arena = {0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct code_source source;
        struct err *e = parse(texts[i], &arena, &source);
        assert_non_null(e);
        assert_int_equal(err_code(e), ERR_INVALID);
        err_free(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repositories_have_one_normal_form),
        cmocka_unit_test(github_checksum_is_the_hash_of_the_coordinates),
        cmocka_unit_test(wasm_url_checksum_is_its_hash_in_lower_case),
        cmocka_unit_test(other_shapes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
