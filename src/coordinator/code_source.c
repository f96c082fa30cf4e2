#include "coordinator/code_source.h"
#include "codec/json_doc.h"
#include <ctype.h>
#include <string.h>

static bool cut_prefix(struct slice *s, struct slice head)
{
    if (!slice_starts_with(*s, head))
        return false;
    *s = slice_skip(*s, head.len);
    return true;
}

struct slice code_source_normal_repo(struct slice repo, struct arena *arena)
{
    struct slice rest = repo;
    if (cut_prefix(&rest, SLICE("git@github.com:")) || cut_prefix(&rest, SLICE("ssh://git@github.com/"))) {
        if (slice_ends_with(rest, SLICE(".git")))
            rest.len -= 4;
        return slice_str(arena_fmt(arena, "https://github.com/%.*s", SLICE_FMT(rest)));
    }
    if (slice_starts_with(repo, SLICE("http://")) || slice_starts_with(repo, SLICE("https://")) ||
        slice_starts_with(repo, SLICE("ssh://")) || repo.len == 0 || !memchr(repo.ptr, '/', repo.len))
        return repo;
    if (slice_starts_with(repo, SLICE("github.com/")))
        return slice_str(arena_fmt(arena, "https://%.*s", SLICE_FMT(repo)));
    return slice_str(arena_fmt(arena, "https://github.com/%.*s", SLICE_FMT(repo)));
}

bool code_checksum_is_valid(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!(text.ptr[i] >= '0' && text.ptr[i] <= '9') && !(text.ptr[i] >= 'a' && text.ptr[i] <= 'f'))
            return false;
    }
    return text.len == HASH_HEX_MAX - 1;
}

static struct slice lower_case(struct slice text, struct arena *arena)
{
    char *copy = arena_str(arena, text);
    for (size_t i = 0; i < text.len; i++)
        copy[i] = (char)tolower((unsigned char)copy[i]);
    return slice_from(copy, text.len);
}

static struct err *parse_text(const json_t *value, const char *name, struct arena *arena, struct slice *out)
{
    TRY(json_doc_str(value, name, out));
    if (memchr(out->ptr, '\0', out->len))
        return err_new(ERR_INVALID, "member `%s` holds a NUL character", name);
    *out = arena_copy(arena, *out);
    return NULL;
}

static struct err *parse_github(const json_t *value, struct arena *arena, struct code_source *out)
{
    out->kind = CODE_GITHUB;
    TRY(parse_text(value, "repo", arena, &out->repo));
    TRY(parse_text(value, "commit", arena, &out->commit));
    out->repo = code_source_normal_repo(out->repo, arena);
    const struct slice parts[] = {out->repo, SLICE(":"), out->commit, SLICE(":"), out->build_target};
    struct hash hash = hash_sha256_parts(parts, sizeof parts / sizeof *parts);
    hash_hex(&hash, out->checksum);
    return NULL;
}

static struct err *parse_wasm_url(const json_t *value, struct arena *arena, struct code_source *out)
{
    out->kind = CODE_WASM_URL;
    TRY(parse_text(value, "url", arena, &out->url));
    TRY(parse_text(value, "hash", arena, &out->hash));
    out->hash = lower_case(out->hash, arena);
    if (code_checksum_is_valid(out->hash))
        memcpy(out->checksum, out->hash.ptr, out->hash.len);
    return NULL;
}

struct err *code_source_parse(const json_t *value, struct arena *arena, struct code_source *out)
{
    if (!json_is_object(value))
        return err_new(ERR_INVALID, "a code source is an object with the member `type`");
    *out = (struct code_source){.build_target = SLICE("wasm32-wasip1")};
    struct slice type;
    TRY(json_doc_str(value, "type", &type));
    const json_t *target = json_object_get(value, "build_target");
    if (target && !json_is_null(target))
        TRY(parse_text(value, "build_target", arena, &out->build_target));
    if (slice_eq_str(type, "GitHub"))
        return parse_github(value, arena, out);
    if (slice_eq_str(type, "WasmUrl"))
        return parse_wasm_url(value, arena, out);
    return err_new(ERR_INVALID, "code source type is `%.20s`, expected GitHub or WasmUrl", (const char *)type.ptr);
}

json_t *code_source_write(const struct code_source *source)
{
    json_t *out = json_object();
    bool github = source->kind == CODE_GITHUB;
    json_object_set_new(out, "type", json_string(github ? "GitHub" : "WasmUrl"));
    json_object_set_new(out, github ? "repo" : "url", json_doc_string(github ? source->repo : source->url));
    json_object_set_new(out, github ? "commit" : "hash", json_doc_string(github ? source->commit : source->hash));
    json_object_set_new(out, "build_target", json_doc_string(source->build_target));
    return out;
}
