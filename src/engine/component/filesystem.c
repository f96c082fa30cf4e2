/* wasi:filesystem: no folder is preopened, so there never is a descriptor and nothing takes one. */
#include "engine/component/call.h"

/* An empty list of folders; no error-code for an error of another interface. */
static bool return_nothing(struct component_call *c)
{
    (void)c;
    return true;
}

static const struct component_type_row types[] = {
    {"fs-error", "enum{access, would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, "
                 "illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, "
                 "message-size, name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, "
                 "not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, not-permitted, "
                 "pipe, read-only, invalid-seek, text-file-busy, cross-device}"},
    {"descriptor-type", "enum{unknown, block-device, character-device, directory, fifo, symbolic-link, regular-file, socket}"},
    {"descriptor-flags", "flags{read, write, file-integrity-sync, data-integrity-sync, requested-write-sync, "
                         "mutate-directory}"},
    {"path-flags", "flags{symlink-follow}"},
    {"open-flags", "flags{create, directory, exclusive, truncate}"},
    {"advice", "enum{normal, sequential, random, will-need, dont-need, no-reuse}"},
    {"new-timestamp", "variant{no-change, now, timestamp(datetime)}"},
    {"descriptor-stat", "record{type: descriptor-type, link-count: u64, size: u64, data-access-timestamp: option<datetime>, "
                        "data-modification-timestamp: option<datetime>, status-change-timestamp: option<datetime>}"},
    {"directory-entry", "record{type: descriptor-type, name: string}"},
    {"metadata-hash", "record{lower: u64, upper: u64}"},
    {0},
};

static const struct component_resource_row resources[] = {
    {"descriptor", KIND_DESCRIPTOR},
    {"directory-entry-stream", KIND_DIRECTORY_ENTRY_STREAM},
    {0},
};

#define DESCRIPTOR(name, params, result) \
    {"[method]descriptor." name, "(borrow<descriptor>" params ") -> result<" result ", fs-error>", NULL}

static const struct component_function_row functions[] = {
    DESCRIPTOR("read-via-stream", ", u64", "own<input-stream>"),
    DESCRIPTOR("write-via-stream", ", u64", "own<output-stream>"),
    DESCRIPTOR("append-via-stream", "", "own<output-stream>"),
    DESCRIPTOR("advise", ", u64, u64, advice", "_"),
    DESCRIPTOR("sync-data", "", "_"),
    DESCRIPTOR("get-flags", "", "descriptor-flags"),
    DESCRIPTOR("get-type", "", "descriptor-type"),
    DESCRIPTOR("set-size", ", u64", "_"),
    DESCRIPTOR("set-times", ", new-timestamp, new-timestamp", "_"),
    DESCRIPTOR("read", ", u64, u64", "tuple<list<u8>, bool>"),
    DESCRIPTOR("write", ", list<u8>, u64", "u64"),
    DESCRIPTOR("read-directory", "", "own<directory-entry-stream>"),
    DESCRIPTOR("sync", "", "_"),
    DESCRIPTOR("create-directory-at", ", string", "_"),
    DESCRIPTOR("stat", "", "descriptor-stat"),
    DESCRIPTOR("stat-at", ", path-flags, string", "descriptor-stat"),
    DESCRIPTOR("set-times-at", ", path-flags, string, new-timestamp, new-timestamp", "_"),
    DESCRIPTOR("link-at", ", path-flags, string, borrow<descriptor>, string", "_"),
    DESCRIPTOR("open-at", ", path-flags, string, open-flags, descriptor-flags", "own<descriptor>"),
    DESCRIPTOR("readlink-at", ", string", "string"),
    DESCRIPTOR("remove-directory-at", ", string", "_"),
    DESCRIPTOR("rename-at", ", string, borrow<descriptor>, string", "_"),
    DESCRIPTOR("symlink-at", ", string, string", "_"),
    DESCRIPTOR("unlink-file-at", ", string", "_"),
    {"[method]descriptor.is-same-object", "(borrow<descriptor>, borrow<descriptor>) -> bool", NULL},
    DESCRIPTOR("metadata-hash", "", "metadata-hash"),
    DESCRIPTOR("metadata-hash-at", ", path-flags, string", "metadata-hash"),
    {"[method]directory-entry-stream.read-directory-entry",
     "(borrow<directory-entry-stream>) -> result<option<directory-entry>, fs-error>", NULL},
    {"filesystem-error-code", "(borrow<error>) -> option<fs-error>", return_nothing},
    {0},
};

const struct component_interface component_filesystem_types = {"wasi:filesystem/types@0.2.0", types, resources, functions};

static const struct component_function_row preopens[] = {
    {"get-directories", "() -> list<tuple<own<descriptor>, string>>", return_nothing},
    {0},
};

const struct component_interface component_filesystem_preopens = {"wasi:filesystem/preopens@0.2.0", NULL, NULL, preopens};
