/* Registering projects and their versions. All methods of an owner take the project's name: the id is built from the caller, so a stranger's
 * call finds no project. */
#include "outlayer/projects.h"
#include "codec/hex.h"
#include "outlayer/deposits.h"
#include "outlayer/events.h"
#include "outlayer/project_pricing.h"
#include "outlayer/sources.h"

/* Storage that a project and a version are charged for, in bytes, besides their texts (docs/contract.md). */
enum { PROJECT_BYTES = 200 + 17 + 8 + 16, VERSION_BYTES = 150 + 64 + 8 + 16 };

/* Records */

static struct slice project_key(struct slice id)
{
    return storage_key_text(KEY_PROJECT, id);
}

static struct slice number_of(const struct project *p)
{
    return slice_from(&p->number, sizeof p->number);
}

static struct slice version_key_of(const struct project *p, struct slice hash)
{
    struct buf *name = buf_new();
    buf_append(name, number_of(p));
    buf_append(name, hash);
    return storage_key_text(KEY_VERSION, buf_slice(name));
}

struct project *project_load(struct slice id)
{
    struct project *p = id.len <= PROJECT_ID_MAX ? record_read(project_key(id), &project_record_schema) : NULL;
    if (p)
        p->id = id;
    return p;
}

bool project_exists(struct slice id)
{
    if (id.len > PROJECT_ID_MAX)
        return false;
    return storage_has(project_key(id));
}

/* Says whether there was one already. */
static bool project_store(const struct project *p)
{
    return record_write(project_key(p->id), &project_record_schema, p);
}

struct slice project_uuid(const struct project *p)
{
    uint64_t big_endian = __builtin_bswap64(p->number);
    struct buf *text = buf_new();
    buf_append_byte(text, 'p');
    hex_append(text, slice_from(&big_endian, sizeof big_endian));
    return buf_slice(text);
}

struct slice project_owner(const struct project *p)
{
    struct slice owner;
    slice_cut(p->id, '/', &owner);
    return owner;
}

bool project_uuid_exists(struct slice uuid)
{
    struct project p;
    uint64_t big_endian;
    if (!slice_starts_with(uuid, SLICE("p")) ||
        !hex_decode(slice_skip(uuid, 1), (uint8_t *)&big_endian, sizeof big_endian, NULL))
        return false;
    p.number = __builtin_bswap64(big_endian);
    return slice_eq(uuid, project_uuid(&p)) && set_exists(KEY_VERSIONS, number_of(&p));
}

struct slice version_hash(struct slice version_key)
{
    return slice_skip(storage_key_hash(0, version_key), 1);
}

struct set *project_versions(const struct project *p)
{
    return set_open(KEY_VERSIONS, number_of(p));
}

struct version *version_load(const struct project *p, struct slice hash)
{
    return record_read(version_key_of(p, hash), &version_record_schema);
}

static bool version_store(const struct project *p, struct slice hash, const struct version *v)
{
    return record_write(version_key_of(p, hash), &version_record_schema, v);
}

static struct version *version_take(const struct project *p, struct slice hash)
{
    return record_take(version_key_of(p, hash), &version_record_schema);
}

bool project_code(const struct project *p, struct slice version_key, struct source *code)
{
    struct version *v = version_load(p, version_key.ptr ? version_hash(version_key) : p->active);
    if (!v)
        return false;
    *code = v->code;
    return true;
}

/* Methods */

static struct slice id_of(struct slice owner, struct slice name)
{
    struct buf *id = buf_new();
    append_text(id, "{}/{}", owner, name);
    return buf_slice(id);
}

/* The caller's project of that name. */
static struct project *must_own(struct slice name)
{
    struct project *p = project_load(id_of(call_predecessor(), name));
    require_text(p, "Project not found");
    return p;
}

static uint32_t version_bytes(const struct source *s)
{
    size_t texts = s->kind == SOURCE_GITHUB ? s->github.repo.len + s->github.commit.len + s->github.build_target.len
                                            : s->wasm_url.url.len + s->wasm_url.hash.len + s->wasm_url.build_target.len;
    return (uint32_t)texts + VERSION_BYTES;
}

/* Adds a version at the end; says its hash, which stays borrowed. */
static struct slice add(const struct project *p, const struct source *code)
{
    struct slice key = source_version_key(code), hash = version_hash(key);
    struct set *versions = project_versions(p);
    struct version v = {.code = *code, .added_at = call_time_ns(), .storage_bytes = version_bytes(code)};
    v.place = set_add(versions, hash);
    require_text(!version_store(p, hash, &v), "Version '{}' already exists in project", escaped(key));
    return hash;
}

struct create_args {
    struct slice name;
    struct source source;
};
static const struct field create_fields[] = {
    FIELD(struct create_args, name),
    FIELD_OF(struct create_args, source, &code_source_schema),
};
static const struct schema create_schema = STRUCT("Input", struct create_args, create_fields);

PAYABLE(create_project)
{
    struct create_args *a = call_args(&create_schema);
    struct state *s = state_open(FOR_ANYONE_UNLESS_PAUSED);
    project_name_check(a->name);
    source_check(&a->source);
    struct project p = {
        .id = id_of(call_predecessor(), a->name), .number = ++s->projects_created, .created_at = call_time_ns()};
    struct set *projects = set_open(KEY_PROJECTS_OF, call_predecessor());
    p.storage_bytes = PROJECT_BYTES + (uint32_t)p.id.len;
    p.place = set_add(projects, a->name);
    p.active = add(&p, &a->source);
    require_text(!project_store(&p), "Project '{}' already exists", p.id);
    deposit_take(p.storage_bytes + version_bytes(&a->source));
    state_save(s);
    log_text("Project {} is {}", p.id, project_uuid(&p));
}

struct add_args {
    struct slice project_name;
    struct source source;
    bool set_active;
};
static const struct field add_fields[] = {
    FIELD(struct add_args, project_name),
    FIELD_OF(struct add_args, source, &code_source_schema),
    FIELD(struct add_args, set_active),
};
static const struct schema add_schema = STRUCT("Input", struct add_args, add_fields);

PAYABLE(add_version)
{
    struct add_args *a = call_args(&add_schema);
    state_open(FOR_ANYONE_UNLESS_PAUSED);
    struct project *p = must_own(a->project_name);
    source_check(&a->source);
    deposit_take(version_bytes(&a->source));
    struct slice hash = add(p, &a->source);
    if (a->set_active) {
        p->active = hash;
        project_store(p);
    }
    log_text("Version added to {}", p->id);
}

struct version_args {
    struct slice project_name, version_key;
};
static const struct field version_fields[] = {
    FIELD(struct version_args, project_name),
    FIELD(struct version_args, version_key),
};
static const struct schema version_schema = STRUCT("Input", struct version_args, version_fields);

CHANGE(set_active_version)
{
    struct version_args *a = call_args(&version_schema);
    state_open(FOR_ANYONE);
    struct project *p = must_own(a->project_name);
    p->active = version_hash(a->version_key);
    struct version *v = version_load(p, p->active);
    require_text(v, "Version '{}' not found in project", escaped(a->version_key));
    project_store(p);
}

/* The last version takes the place of one that went. */
static void leave_place(const struct project *p, uint32_t place)
{
    struct slice moved = set_remove(project_versions(p), place);
    if (!moved.ptr)
        return;
    struct version *v = version_load(p, moved);
    require_text(v, "Project versions not found");
    v->place = place;
    version_store(p, moved, v);
}

CHANGE(remove_version)
{
    struct version_args *a = call_args(&version_schema);
    state_open(FOR_ANYONE);
    struct project *p = must_own(a->project_name);
    struct slice hash = version_hash(a->version_key);
    require_text(!slice_eq(hash, p->active), "Cannot remove active version. Switch to another version first.");
    struct version *v = version_take(p, hash);
    require_text(v, "Version not found");
    leave_place(p, v->place);
    deposit_give_back(call_predecessor(), deposit_of(v->storage_bytes));
}

/* Takes the project out of its owner's list. */
static void unlist(const struct project *p)
{
    struct slice moved = set_remove(set_open(KEY_PROJECTS_OF, project_owner(p)), p->place);
    if (!moved.ptr)
        return;
    struct project *other = project_load(id_of(project_owner(p), moved));
    require_text(other, "Project not found");
    other->place = p->place;
    project_store(other);
}

/* Removes every version; says the sum of their deposits. */
static u128 remove_versions(const struct project *p)
{
    enum { VERSIONS_MAX = 500 };
    struct set *versions = project_versions(p);
    u128 sum = 0;
    require_text(versions->count <= VERSIONS_MAX, "Project has {} versions. Remove some first: at most {} go with it.",
                 (uint64_t)versions->count, (uint64_t)VERSIONS_MAX);
    for (struct slice hash; (hash = set_drain(versions)).ptr;) {
        struct version *v = version_take(p, hash);
        require_text(v, "Project versions not found");
        sum += deposit_of(v->storage_bytes);
    }
    return sum;
}

struct cleanup_event {
    struct slice project_id, project_uuid;
    uint64_t timestamp;
};
static const struct field cleanup_fields[] = {
    FIELD(struct cleanup_event, project_id),
    FIELD(struct cleanup_event, project_uuid),
    FIELD(struct cleanup_event, timestamp),
};
static const struct schema cleanup_schema = STRUCT("ProjectStorageCleanup", struct cleanup_event, cleanup_fields);

struct name_args {
    struct slice project_name;
};
static const struct field name_fields[] = {FIELD(struct name_args, project_name)};
static const struct schema name_schema = STRUCT("Input", struct name_args, name_fields);

CHANGE(delete_project)
{
    struct name_args *a = call_args(&name_schema);
    struct state *s = state_open(FOR_ANYONE);
    struct project *p = must_own(a->project_name);
    storage_remove(project_key(p->id));
    unlist(p);
    project_pricing_drop(p->id);
    deposit_give_back(call_predecessor(), deposit_of(p->storage_bytes) + remove_versions(p));
    struct cleanup_event event = {p->id, project_uuid(p), call_time_ns()};
    system_event(s, &cleanup_schema, &event);
}

/* Handing over. Whoever takes a project over says so first: nobody can put a project into another's namespace, nor the duty to keep it. */

struct acceptance_args {
    struct slice new_owner, from, name;
};
static const struct field acceptance_fields[] = {
    FIELD_AS(struct acceptance_args, from, FIELD_ACCOUNT), FIELD(struct acceptance_args, name),
    FIELD_AS(struct acceptance_args, new_owner, FIELD_ACCOUNT), /* the caller, in what the caller sends */
};
static const struct schema acceptance_schema = STRUCT_FIRST("Input", struct acceptance_args, acceptance_fields, 2),
                           acceptance_view_schema = STRUCT("Input", struct acceptance_args, acceptance_fields);

static const struct field transfer_event_fields[] = {
    FIELD(struct acceptance_args, new_owner),
    FIELD(struct acceptance_args, from),
    FIELD(struct acceptance_args, name),
};
static const struct schema transfer_accepted_schema =
                               STRUCT("ProjectTransferAccepted", struct acceptance_args, transfer_event_fields),
                           transfer_revoked_schema =
                               STRUCT("ProjectTransferRevoked", struct acceptance_args, transfer_event_fields);

static struct slice acceptance_key(const struct acceptance_args *a)
{
    struct buf *name = buf_new();
    schema_write_borsh(&transfer_accepted_schema, a, name);
    return storage_key_hash(KEY_ACCEPTANCE, buf_slice(name));
}

static uint32_t acceptance_bytes(const struct acceptance_args *a)
{
    return (uint32_t)(40 + 1 + 4 + a->new_owner.len + 4 + a->from.len + 4 + a->name.len + 16);
}

/* Ends an acceptance; false when there was none. The deposit goes back to who made it. */
static bool take_acceptance(const struct acceptance_args *a)
{
    if (!storage_remove(acceptance_key(a)))
        return false;
    deposit_give_back(a->new_owner, deposit_of(acceptance_bytes(a)));
    return true;
}

PAYABLE(accept_project_transfer)
{
    struct acceptance_args *a = call_args(&acceptance_schema);
    struct state *s = state_open(FOR_ANYONE_UNLESS_PAUSED);
    project_name_check(a->name);
    a->new_owner = call_predecessor();
    require_text(!storage_write(acceptance_key(a), SLICE("")), "Transfer of '{}/{}' is already accepted", a->from, a->name);
    deposit_take(acceptance_bytes(a));
    system_event(s, &transfer_accepted_schema, a);
}

CHANGE(revoke_project_transfer)
{
    struct acceptance_args *a = call_args(&acceptance_schema);
    struct state *s = state_open(FOR_ANYONE);
    a->new_owner = call_predecessor();
    require_text(take_acceptance(a), "No acceptance of '{}/{}' found", a->from, escaped(a->name));
    system_event(s, &transfer_revoked_schema, a);
}

VIEW(get_project_transfer_acceptance)
{
    struct acceptance_args *a = call_args(&acceptance_view_schema);
    if (storage_has(acceptance_key(a)))
        return_u128(deposit_of(acceptance_bytes(a)));
    else
        return_null();
}

VIEW(estimate_transfer_acceptance_cost)
{
    struct acceptance_args *a = call_args(&acceptance_view_schema);
    return_u128(deposit_of(acceptance_bytes(a)));
}

struct transfer_args {
    struct slice project_name, new_owner;
};
static const struct field transfer_fields[] = {
    FIELD(struct transfer_args, project_name),
    FIELD_AS(struct transfer_args, new_owner, FIELD_ACCOUNT),
};
static const struct schema transfer_schema = STRUCT("Input", struct transfer_args, transfer_fields);

struct transferred_event {
    struct slice old_project_id, new_project_id, project_uuid, old_owner, new_owner;
};
static const struct field transferred_fields[] = {
    FIELD(struct transferred_event, old_project_id), FIELD(struct transferred_event, new_project_id),
    FIELD(struct transferred_event, project_uuid),   FIELD(struct transferred_event, old_owner),
    FIELD(struct transferred_event, new_owner),
};
static const struct schema transferred_schema = STRUCT("ProjectTransferred", struct transferred_event, transferred_fields);

CHANGE(transfer_project)
{
    struct transfer_args *a = call_args(&transfer_schema);
    struct state *s = state_open(FOR_ANYONE);
    struct project *p = must_own(a->project_name);
    struct transferred_event event = {p->id, id_of(a->new_owner, a->project_name), project_uuid(p), call_predecessor(),
                                      a->new_owner};
    require_text(!project_pricing_load(p->id),
                 "Project '{}' is priced. remove_project_pricing first: its prices name its author.", p->id);
    require_text(!project_exists(event.new_project_id), "Project '{}' already exists", event.new_project_id);
    require_text(take_acceptance(&(struct acceptance_args){a->new_owner, call_predecessor(), a->project_name}),
                 "{} has not accepted this project. They must call accept_project_transfer first.", a->new_owner);
    storage_remove(project_key(p->id));
    unlist(p);
    struct set *projects = set_open(KEY_PROJECTS_OF, a->new_owner);
    p->id = event.new_project_id;
    p->place = set_add(projects, a->project_name);
    project_store(p);
    system_event(s, &transferred_schema, &event);
}
