/* What a program says of itself in its custom section `outlayer.manifest`: a JSON object of at most 64 KiB.
 *
 *     {"connector_id":"weather","capabilities":{"network":["api.weather.example"]},
 *      "limits":[{"operation":"send","window":"day","max_count":50,"applies":"everyone"}]}
 *
 * `network` may also stand at the top; the one of `capabilities` wins. A manifest that is larger or no such object is none. The section
 * is part of the bytes that the code's hash names, and comes from nowhere else.
 *
 *     manifest                        | hosts the program may call
 *     --------------------------------|-----------------------------------------
 *     has a list, even an empty one   | these
 *     no list, and it is a connector  | none
 *     no list                         | all (of the public network)
 *
 * A connector is a project of the network's account for connectors, or a program with a `connector_id` that is not blank.
 */
#pragma once
#include "base/arena.h"
#include "codec/json_doc.h"

enum { MANIFEST_MAX = 64 * 1024 };

struct manifest {
    struct slice connector_id; /* empty: none */
    bool only_listed;
    const char *const *hosts; /* normalised as net/egress.h wants them */
    size_t host_count;
    json_t *limits; /* an array of {"operation","period","max_count","applies"}; a new reference */
};

void manifest_free(struct manifest *m);

static inline void auto_manifest(struct manifest *m)
{
    manifest_free(m);
}

/* Of a project of the network's account for connectors a call is priced by its operation: ERR_INVALID when its input is not a JSON object
 * with one at the top, a text that is not blank. NULL for the input of any other project. */
struct err *manifest_check_input(struct slice project_owner, const char *network_id, struct slice input);

/* Reads the section (empty: there is none); texts live in `arena`. */
void manifest_read(struct slice section, struct slice project_owner, const char *network_id, struct arena *arena,
                   struct manifest *out);
