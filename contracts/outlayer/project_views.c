/* Reading projects. Pages count places of the lists; a page costs what it returns. */
#include "outlayer/deposits.h"
#include "outlayer/projects.h"
#include "outlayer/sources.h"

struct project_args {
    struct slice project_id;
};
static const struct field project_fields[] = {FIELD(struct project_args, project_id)};
static const struct schema project_schema = STRUCT("Input", struct project_args, project_fields);

static void view_of(const struct project *p, struct project_view *view)
{
    struct source code;
    struct slice owner, name = slice_cut(p->id, '/', &owner);
    require_text(project_code(p, (struct slice){0}, &code), "Project versions not found");
    *view = (struct project_view){
        .uuid = project_uuid(p),
        .owner = owner,
        .name = name,
        .project_id = p->id,
        .active_version = source_version_key(&code),
        .created_at = p->created_at,
        .storage_deposit = deposit_of(p->storage_bytes),
    };
}

VIEW(get_project)
{
    struct project_view view;
    struct project_args *a = call_args(&project_schema);
    struct project *p = project_load(a->project_id);
    if (!p) {
        return_null();
        return;
    }
    view_of(p, &view);
    return_value(&project_view_schema, &view);
}

struct list_args {
    struct slice account_id, project_id; /* whose list: one of them */
    uint64_t from_index, limit;
    bool has_from_index, has_limit;
};
static const struct field user_list_fields[] = {
    FIELD_AS(struct list_args, account_id, FIELD_ACCOUNT),
    FIELD_OPT(struct list_args, from_index),
    FIELD_OPT(struct list_args, limit),
};
static const struct schema user_list_schema = STRUCT("Input", struct list_args, user_list_fields);

VIEW(list_user_projects)
{
    enum { LIMIT_MAX = 200 };
    struct buf *out = buf_new();
    struct list_args *a = call_args(&user_list_schema);
    struct set *projects = set_open(KEY_PROJECTS_OF, a->account_id);
    uint64_t end = page_end(a->from_index, a->has_limit ? a->limit : LIMIT_MAX, LIMIT_MAX, projects->count);
    json_write_open(out, '[');
    for (uint64_t i = a->from_index; i < end; i++) {
        struct project_view view;
        struct buf *id = buf_new();
        append_text(id, "{}/{}", a->account_id, set_at(projects, (uint32_t)i));
        struct project *p = project_load(buf_slice(id));
        if (!p)
            continue;
        view_of(p, &view);
        schema_write_json(&project_view_schema, &view, out);
    }
    json_write_close(out, ']');
    return_bytes(buf_slice(out));
}

static struct version_view version_view_of(const struct project *p, struct slice hash, const struct version *v)
{
    return (struct version_view){source_version_key(&v->code), v->code, v->added_at, slice_eq(hash, p->active)};
}

struct version_args {
    struct slice project_id, version_key;
};
static const struct field version_fields[] = {
    FIELD(struct version_args, project_id),
    FIELD(struct version_args, version_key),
};
static const struct schema version_schema = STRUCT("Input", struct version_args, version_fields);

VIEW(get_version)
{
    struct version_args *a = call_args(&version_schema);
    struct slice hash = version_hash(a->version_key);
    struct project *p = project_load(a->project_id);
    struct version *v = p ? version_load(p, hash) : NULL;
    if (!v) {
        return_null();
        return;
    }
    struct version_view view = version_view_of(p, hash, v);
    return_value(&version_view_schema, &view);
}

static const struct field version_list_fields[] = {
    FIELD(struct list_args, project_id),
    FIELD_OPT(struct list_args, from_index),
    FIELD_OPT(struct list_args, limit),
};
static const struct schema version_list_schema = STRUCT("Input", struct list_args, version_list_fields);

VIEW(list_versions)
{
    enum { DEFAULT_LIMIT = 50, LIMIT_MAX = 100 };
    static const struct set none;
    struct buf *out = buf_new();
    struct list_args *a = call_args(&version_list_schema);
    struct project *p = project_load(a->project_id);
    const struct set *versions = p ? project_versions(p) : &none;
    uint64_t end = page_end(a->from_index, a->has_limit ? a->limit : DEFAULT_LIMIT, LIMIT_MAX, versions->count);
    json_write_open(out, '[');
    for (uint64_t i = a->from_index; i < end; i++) {
        struct slice hash = set_at(versions, (uint32_t)i);
        struct version *v = version_load(p, hash);
        if (!v)
            continue;
        struct version_view view = version_view_of(p, hash, v);
        schema_write_json(&version_view_schema, &view, out);
    }
    json_write_close(out, ']');
    return_bytes(buf_slice(out));
}

VIEW(get_version_count)
{
    struct project_args *a = call_args(&project_schema);
    struct project *p = project_load(a->project_id);
    return_u64(p ? project_versions(p)->count : 0);
}

struct uuid_args {
    struct slice project_uuid;
};
static const struct field uuid_fields[] = {FIELD(struct uuid_args, project_uuid)};
static const struct schema uuid_schema = STRUCT("Input", struct uuid_args, uuid_fields);

VIEW(has_project_uuid)
{
    struct uuid_args *a = call_args(&uuid_schema);
    return_bool(project_uuid_exists(a->project_uuid));
}
