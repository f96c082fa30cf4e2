#include "worker/manifest.h"
#include "net/egress.h"
#include <string.h>

static bool is_blank(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] > ' ')
            return false;
    }
    return true;
}

static bool is_connectors(struct slice owner, const char *network_id)
{
    return (!strcmp(network_id, "mainnet") && slice_eq_str(owner, "connectors.outlayer.near")) ||
           (!strcmp(network_id, "testnet") && slice_eq_str(owner, "connectors.outlayer.testnet"));
}

struct err *manifest_check_input(struct slice project_owner, const char *network_id, struct slice input)
{
    AUTO(json) json_t *doc = NULL;
    if (!is_connectors(project_owner, network_id))
        return NULL;
    AUTO(err) struct err *none = json_doc_parse(input, &doc);
    if (none || !json_is_object(doc))
        return err_new(ERR_INVALID, "This is a connector call and its input is not a JSON object naming \"operation\". Nothing "
                                    "was executed.");
    if (is_blank(json_doc_text(json_object_get(doc, "operation"))))
        return err_new(ERR_INVALID,
                       "This is a connector call and its input does not name \"operation\" as a non-empty string at "
                       "the top level. Nothing was executed.");
    return NULL;
}

/* What stands where the list should; NULL: nothing. */
static const json_t *network_of(const json_t *doc)
{
    const json_t *inner = json_object_get(json_object_get(doc, "capabilities"), "network");
    return inner ? inner : json_object_get(doc, "network");
}

static void read_hosts(const json_t *network, struct arena *arena, struct manifest *out)
{
    const char **hosts = ARENA_ARRAY(arena, const char *, json_array_size(network) + 1);
    size_t i;
    const json_t *item;
    json_array_foreach(network, i, item)
    {
        char host[URL_HOST_MAX + 1];
        if (egress_host_normalise(json_doc_text(item), host))
            hosts[out->host_count++] = arena_str(arena, slice_str(host));
    }
    out->hosts = hosts;
}

static void read_limits(const json_t *limits, struct manifest *out)
{
    size_t i;
    const json_t *item;
    json_array_foreach(limits, i, item)
    {
        struct slice applies = json_doc_text(json_object_get(item, "applies"));
        const json_t *count = json_object_get(item, "max_count");
        json_t *limit =
            json_pack("{s:o,s:o,s:o,s:o}", "operation", json_doc_string(json_doc_text(json_object_get(item, "operation"))),
                      "period", json_doc_string(json_doc_text(json_object_get(item, "window"))), "max_count",
                      json_is_integer(count) ? json_integer(json_integer_value(count)) : json_null(), "applies",
                      json_doc_string(applies.ptr ? applies : SLICE("everyone")));
        json_array_append_new(out->limits, limit);
    }
}

void manifest_read(struct slice section, struct slice project_owner, const char *network_id, struct arena *arena,
                   struct manifest *out)
{
    AUTO(json) json_t *doc = NULL;
    *out = (struct manifest){.limits = json_array()};
    if (section.len && section.len <= MANIFEST_MAX)
        err_free(json_doc_parse(section, &doc));
    struct slice id = json_doc_text(json_object_get(doc, "connector_id"));
    if (!is_blank(id))
        out->connector_id = arena_copy(arena, id);
    const json_t *network = network_of(doc);
    /* whatever stands there, somebody meant to restrict it */
    out->only_listed = (network && !json_is_null(network)) || out->connector_id.len || is_connectors(project_owner, network_id);
    read_hosts(network, arena, out);
    read_limits(json_object_get(doc, "limits"), out);
}

void manifest_free(struct manifest *m)
{
    json_decref(m->limits);
    m->limits = NULL;
}
