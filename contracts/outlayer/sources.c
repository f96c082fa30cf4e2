#include "outlayer/sources.h"

enum { REPO_MAX = 512, COMMIT_MAX = 256, URL_MAX = 2048, HASH_LEN = 64, TARGET_MAX = 64, NAME_MAX = 64 };

static bool is_alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Letters, digits and the bytes of `also`. */
static bool consists_of(struct slice s, const char *also)
{
    for (size_t i = 0; i < s.len; i++) {
        bool fine = is_alphanumeric(s.ptr[i]);
        for (const char *c = also; *c && !fine; c++)
            fine = s.ptr[i] == (uint8_t)*c;
        if (!fine)
            return false;
    }
    return true;
}

static bool contains(struct slice s, struct slice part)
{
    for (size_t i = 0; i + part.len <= s.len; i++) {
        if (s.ptr[i] == part.ptr[0] && slice_eq(slice_from(s.ptr + i, part.len), part))
            return true;
    }
    return false;
}

static bool names_event(struct slice s)
{
    return contains(s, SLICE("EVENT_JSON"));
}

static bool is_path_like(struct slice s, size_t max, const char *also)
{
    return s.len >= 1 && s.len <= max && consists_of(s, also) && s.ptr[0] != '-' && !contains(s, SLICE("..")) &&
           !names_event(s);
}

static bool is_hash(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!(s.ptr[i] >= '0' && s.ptr[i] <= '9') && !(s.ptr[i] >= 'a' && s.ptr[i] <= 'f'))
            return false;
    }
    return s.len == HASH_LEN;
}

/* TLS, except on the machine of whoever runs the worker: a development network serves its own programs. */
static bool has_safe_scheme(struct slice url)
{
    return slice_starts_with(url, SLICE("https://")) || slice_starts_with(url, SLICE("http://127.0.0.1:")) ||
           slice_starts_with(url, SLICE("http://localhost:"));
}

static bool is_url(struct slice url)
{
    for (size_t i = 0; i < url.len; i++) {
        if (url.ptr[i] <= ' ' || url.ptr[i] > '~')
            return false;
    }
    return url.len <= URL_MAX && has_safe_scheme(url) && !names_event(url);
}

static void check_target(struct slice target)
{
    bool fine =
        !target.ptr || (target.len >= 1 && target.len <= TARGET_MAX && consists_of(target, "._-") && !names_event(target));
    require_text(fine, "source.build_target must be null or 1 to 64 characters of A-Z a-z 0-9 . _ -");
}

void source_check(const struct source *s)
{
    if (s->kind == SOURCE_GITHUB) {
        require_text(is_path_like(s->github.repo, REPO_MAX, "._/:-"),
                     "source.repo must be 1 to 512 characters of A-Z a-z 0-9 . _ / : - without a leading - or ..");
        require_text(is_path_like(s->github.commit, COMMIT_MAX, "._/+-"),
                     "source.commit must be 1 to 256 characters of A-Z a-z 0-9 . _ / + - without a leading - or ..");
        check_target(s->github.build_target);
    } else if (s->kind == SOURCE_WASM_URL) {
        require_text(is_hash(s->wasm_url.hash), "source.hash must be 64 lower-case hex digits");
        require_text(is_url(s->wasm_url.url),
                     "source.url must start with https:// and be at most 2048 printable characters without spaces");
        check_target(s->wasm_url.build_target);
    }
}

static void name_check(struct slice name, struct text what, struct text what_name)
{
    require_text(name.len > 0, "{} cannot be empty", what);
    require_text(name.len <= NAME_MAX, "{} too long (max 64 chars)", what_name);
    require_text(consists_of(name, "-_"), "{} must contain only alphanumeric, dash, or underscore", what_name);
}

void profile_check(struct slice profile)
{
    name_check(profile, TEXT("Profile"), TEXT("Profile name"));
}

void project_name_check(struct slice name)
{
    name_check(name, TEXT("Project name"), TEXT("Project name"));
}

struct slice source_version_key(const struct source *s)
{
    struct buf *key = buf_new();
    if (s->kind == SOURCE_WASM_URL)
        return s->wasm_url.hash;
    append_text(key, "{}@{}", s->github.repo, s->github.commit);
    return buf_slice(key);
}
