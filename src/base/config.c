#include "base/config.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/u128.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_FILE_MAX = 64 * 1024 };

static void option_name(const struct config_item *item, char out[64])
{
    size_t n = 0;
    for (const char *c = item->name; *c && n < 63; c++)
        out[n++] = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
    out[n] = '\0';
}

static struct err *parse_u64(const struct config_item *item, const char *text, uint64_t *out)
{
    u128 value;
    if (!u128_parse(slice_str(text), &value) || value < item->u64_min || value > item->u64_max)
        return err_new(ERR_INVALID, "%s is `%s`, expected a number from %llu to %llu", item->name, text,
                       (unsigned long long)item->u64_min, (unsigned long long)item->u64_max);
    *out = (uint64_t)value;
    return NULL;
}

static struct err *parse_flag(const struct config_item *item, const char *text, bool *out)
{
    if (!strcmp(text, "1") || !strcmp(text, "true"))
        *out = true;
    else if (!strcmp(text, "0") || !strcmp(text, "false") || !*text)
        *out = false;
    else
        return err_new(ERR_INVALID, "%s is `%s`, expected 1, true, 0 or false", item->name, text);
    return NULL;
}

static struct err *set_value(const struct config_item *item, const char *text, struct arena *arena, void *out)
{
    void *slot = (char *)out + item->offset;
    switch (item->kind) {
    case CONFIG_KIND_U64:
        return parse_u64(item, text, slot);
    case CONFIG_KIND_FLAG:
        return parse_flag(item, text, slot);
    case CONFIG_KIND_STR:
    case CONFIG_KIND_SECRET:
        *(const char **)slot = arena_str(arena, slice_str(text));
        return NULL;
    }
    return err_new(ERR_BUG, "setting %s has no kind", item->name);
}

static struct err *read_secret_file(const struct config_item *item, struct arena *arena, void *out)
{
    AUTO(buf) struct buf name = {0};
    buf_append_fmt(&name, "%s_FILE", item->name);
    const char *path = getenv(buf_str(&name));
    if (!path)
        return NULL;
    AUTO(buf) struct buf text = {0};
    TRY_DOING(fs_read(path, SECRET_FILE_MAX, &text), "reading %s", buf_str(&name));
    while (text.len && isspace(text.ptr[text.len - 1]))
        text.len--;
    return set_value(item, buf_str(&text), arena, out);
}

static struct err *load_from_environment(const struct config_item *item, struct arena *arena, void *out)
{
    if (item->kind == CONFIG_KIND_U64)
        *(uint64_t *)(void *)((char *)out + item->offset) = item->u64_default;
    else if (item->kind == CONFIG_KIND_FLAG)
        *(bool *)((char *)out + item->offset) = false;
    else
        *(const char **)(void *)((char *)out + item->offset) = item->str_default;

    const char *text = getenv(item->name);
    if (text)
        return set_value(item, text, arena, out);
    if (item->kind == CONFIG_KIND_SECRET)
        return read_secret_file(item, arena, out);
    return NULL;
}

static const struct config_item *item_of_option(const struct config_item *items, const char *arg)
{
    for (; items->name; items++) {
        char option[64];
        option_name(items, option);
        if (items->kind != CONFIG_KIND_SECRET && !strncmp(arg, "--", 2) && !strcmp(arg + 2, option))
            return items;
    }
    return NULL;
}

static struct err *check_given(const struct config_item *item, const void *out)
{
    bool is_text = item->kind == CONFIG_KIND_STR || item->kind == CONFIG_KIND_SECRET;
    if (is_text && !*(const char *const *)(const void *)((const char *)out + item->offset))
        return err_new(ERR_INVALID, "setting %s is missing: %s", item->name, item->help);
    return NULL;
}

/* Without what follows a `=`: somebody may have tried to give a secret that way. */
static struct err *unknown_argument(const char *arg)
{
    int len = (int)strcspn(arg, "=");
    return err_new(ERR_INVALID, "unknown argument `%.*s`; --help lists what there is", len, arg);
}

struct err *config_load(const struct config_item *items, int argc, char *const *argv, struct arena *arena, void *out)
{
    for (const struct config_item *item = items; item->name; item++)
        TRY(load_from_environment(item, arena, out));
    for (int i = 1; i < argc; i++) {
        const struct config_item *item = item_of_option(items, argv[i]);
        if (!item)
            return unknown_argument(argv[i]);
        if (item->kind == CONFIG_KIND_FLAG)
            TRY(set_value(item, "1", arena, out));
        else if (++i < argc)
            TRY(set_value(item, argv[i], arena, out));
        else
            return err_new(ERR_INVALID, "%s needs a value", argv[i - 1]);
    }
    for (const struct config_item *item = items; item->name; item++)
        TRY(check_given(item, out));
    return NULL;
}

void config_print_help(const struct config_item *items)
{
    for (; items->name; items++) {
        char option[64];
        option_name(items, option);
        if (items->kind == CONFIG_KIND_SECRET)
            printf("  %-26s %s (environment only; %s_FILE names a file)\n", items->name, items->help, items->name);
        else if (items->kind == CONFIG_KIND_U64)
            printf("  --%-24s %s (%s, default %llu)\n", option, items->help, items->name,
                   (unsigned long long)items->u64_default);
        else if (items->kind == CONFIG_KIND_STR && items->str_default)
            printf("  --%-24s %s (%s, default %s)\n", option, items->help, items->name, items->str_default);
        else
            printf("  --%-24s %s (%s)\n", option, items->help, items->name);
    }
}
