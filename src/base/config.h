/* Settings of a service: a table of names, each with its kind, default and help; values come from the environment (UPPER_CASE)
 * or from `--lower-case VALUE` arguments, which win.
 *
 *     struct settings { const char *listen; uint64_t lease_ms; };
 *     static const struct config_item items[] = {
 *         CONFIG_STR(struct settings, listen, "LISTEN", "127.0.0.1:0", "address to listen on"),
 *         CONFIG_U64(struct settings, lease_ms, "LEASE_MS", 60000, 1000, 3600000, "how long a claim lasts"),
 *         {0},
 *     };
 *
 * ERR_INVALID names the setting, what was given and what would be right. Values never appear in an error when the item is secret.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

enum config_kind { CONFIG_KIND_STR = 1, CONFIG_KIND_SECRET, CONFIG_KIND_U64, CONFIG_KIND_FLAG };

struct config_item {
    const char *name; /* as in the environment; `--` form is lower case with dashes */
    enum config_kind kind;
    size_t offset;
    const char *str_default; /* NULL: must be given */
    uint64_t u64_default, u64_min, u64_max;
    const char *help;
};

#define CONFIG_STR(type, member, name_, default_, help_) \
    {.name = (name_), .kind = CONFIG_KIND_STR, .offset = offsetof(type, member), .str_default = (default_), .help = (help_)}
/* Read from the environment or, as `NAME_FILE`, from a file; never from an argument. */
#define CONFIG_SECRET(type, member, name_, default_, help_) \
    {.name = (name_), .kind = CONFIG_KIND_SECRET, .offset = offsetof(type, member), .str_default = (default_), .help = (help_)}
#define CONFIG_U64(type, member, name_, default_, min_, max_, help_) \
    {.name = (name_),                                                \
     .kind = CONFIG_KIND_U64,                                        \
     .offset = offsetof(type, member),                               \
     .u64_default = (default_),                                      \
     .u64_min = (min_),                                              \
     .u64_max = (max_),                                              \
     .help = (help_)}
/* A bool member: `--name` sets it, or 1/true/0/false in the environment; default false. */
#define CONFIG_FLAG(type, member, name_, help_) \
    {.name = (name_), .kind = CONFIG_KIND_FLAG, .offset = offsetof(type, member), .help = (help_)}

/* Fills `*out` (strings live in `arena`). `argv[0]` is skipped; an argument that no item names is ERR_INVALID. */
struct err *config_load(const struct config_item *items, int argc, char *const *argv, struct arena *arena, void *out);

/* Prints one line an item, for `--help`. */
void config_print_help(const struct config_item *items);
