#include "outlayer/project_pricing.h"
#include "outlayer/projects.h"

enum { OPERATIONS_MAX = 32, INPUT_MAX = 10000, FULL_SHARE_BP = 10000 };

static struct slice pricing_key(struct slice project_id)
{
    return storage_key_text(KEY_PRICING, project_id);
}

static struct set *priced_projects(void)
{
    return set_open(KEY_PRICED, SLICE(""));
}

struct project_pricing *project_pricing_load(struct slice project_id)
{
    return project_id.len <= PROJECT_ID_MAX ? record_read(pricing_key(project_id), &project_pricing_record_schema) : NULL;
}

static void store(struct slice project_id, const struct project_pricing *p)
{
    record_write(pricing_key(project_id), &project_pricing_record_schema, p);
}

bool project_pricing_drop(struct slice project_id)
{
    struct project_pricing *p = project_pricing_load(project_id);
    if (!p)
        return false;
    storage_remove(pricing_key(project_id));
    struct slice moved = set_remove(priced_projects(), p->place);
    struct project_pricing *other = moved.ptr ? project_pricing_load(moved) : NULL;
    if (other) {
        other->place = p->place;
        store(moved, other);
    }
    return true;
}

/* The operation a request is for: the one top-level member `operation` of its input. Naming it twice is refused, because the program
 * behind may take the other one. */

enum naming { NAMED, NOT_JSON, NOT_NAMED };

static enum naming read_operation(struct slice input, struct slice *operation)
{
    struct json_reader r = json_reader_of(input);
    struct buf *room = buf_new(), *text = buf_new();
    struct slice key;
    size_t times = 0;
    *operation = (struct slice){0};
    if (json_peek(&r) != JSON_KIND_OBJECT) {
        json_skip(&r);
        return json_end(&r) ? NOT_NAMED : NOT_JSON;
    }
    json_begin_object(&r, SLICE("a map"));
    while (json_next_key(&r, &key, room)) {
        bool ours = slice_eq(key, SLICE("operation"));
        times += ours;
        if (ours && json_peek(&r) == JSON_KIND_STRING)
            *operation = text_trim(json_read_string(&r, text));
        else
            json_skip(&r);
    }
    if (!json_end(&r))
        return NOT_JSON;
    return times == 1 && operation->len ? NAMED : NOT_NAMED;
}

static const struct operation_price *find(const struct project_pricing *p, struct slice operation)
{
    const struct operation_price *prices = p->operations.items;
    for (uint32_t i = 0; i < p->operations.count; i++) {
        if (slice_eq(prices[i].operation, operation))
            return &prices[i];
    }
    return NULL;
}

void operation_check(struct slice project_id, struct slice input, u128 attached)
{
    struct slice operation;
    struct project_pricing *p = project_pricing_load(project_id);
    if (!p)
        return;
    require_text(input.len <= INPUT_MAX,
                 "Project '{}' is priced per operation. input_data is {} bytes; a priced project accepts at most {}. Pass a "
                 "reference rather than the payload.",
                 project_id, (uint64_t)input.len, (uint64_t)INPUT_MAX);
    enum naming naming = read_operation(input, &operation);
    require_text(naming != NOT_JSON,
                 "Project '{}' is priced per operation. input_data must be a JSON object naming \"operation\".", project_id);
    require_text(naming == NAMED,
                 "Project '{}' is priced per operation. input_data must name \"operation\" as a non-empty string at the top "
                 "level.",
                 project_id);
    const struct operation_price *price = find(p, operation);
    require_text(price, "Project '{}' does not sell operation '{}'. See get_project_pricing.", project_id, escaped(operation));
    require_text(attached >= price->price_usd,
                 "Operation '{}' of '{}' costs {}; attach at least that as attached_usd (got {}). Anything over comes back.",
                 escaped(operation), project_id, &price->price_usd, &attached);
}

bool operation_price(struct slice project_id, struct slice input, struct operation_price *price, struct slice *author)
{
    struct slice operation;
    struct project_pricing *p = project_pricing_load(project_id);
    if (!p || read_operation(input, &operation) != NAMED)
        return false;
    const struct operation_price *found = find(p, operation);
    if (!found)
        return false;
    *price = *found;
    *author = p->author_account_id;
    return true;
}

/* Methods */

static void check_prices(const struct project_pricing *p)
{
    const struct operation_price *prices = p->operations.items;
    require_text(p->operations.count, "no operations priced: use remove_project_pricing to unprice a project");
    require_text(p->operations.count <= OPERATIONS_MAX, "at most {} operations; the list is read on every call to this project",
                 (uint64_t)OPERATIONS_MAX);
    for (uint32_t i = 0; i < p->operations.count; i++) {
        struct slice name = prices[i].operation;
        require_text(text_trim(name).len, "an operation needs a name");
        require_text(prices[i].developer_share_bp <= FULL_SHARE_BP, "operation '{}' has developer_share_bp {} exceeding {}",
                     escaped(name), (uint64_t)prices[i].developer_share_bp, (uint64_t)FULL_SHARE_BP);
        require_text(find(p, name) == &prices[i], "duplicate operation '{}': one operation has one price", escaped(name));
    }
}

static u128 highest(const struct project_pricing *p)
{
    const struct operation_price *prices = p->operations.items;
    u128 max = 0;
    for (uint32_t i = 0; i < p->operations.count; i++)
        max = prices[i].price_usd > max ? prices[i].price_usd : max;
    return max;
}

struct pricing_args {
    struct slice project_id;
    struct project_pricing pricing;
};
static const struct field pricing_args_fields[] = {
    FIELD(struct pricing_args, project_id),
    FIELD_OF(struct pricing_args, pricing, &project_pricing_schema),
};
static const struct schema pricing_args_schema = STRUCT("Input", struct pricing_args, pricing_args_fields);

CHANGE(set_project_pricing)
{
    struct pricing_args *a = call_args(&pricing_args_schema);
    state_open(FOR_OWNER);
    require_text(project_exists(a->project_id), "Project '{}' does not exist; register it before pricing it",
                 escaped(a->project_id));
    check_prices(&a->pricing);
    struct project_pricing *before = project_pricing_load(a->project_id);
    if (before) {
        a->pricing.place = before->place;
    } else {
        struct set *priced = priced_projects();
        a->pricing.place = set_add(priced, a->project_id);
    }
    store(a->project_id, &a->pricing);
    u128 max = highest(&a->pricing);
    log_text("Priced project {}: {} operation(s), max {}, author {}", a->project_id, (uint64_t)a->pricing.operations.count,
             &max, a->pricing.author_account_id);
}

struct project_args {
    struct slice project_id;
};
static const struct field project_args_fields[] = {FIELD(struct project_args, project_id)};
static const struct schema project_args_schema = STRUCT("Input", struct project_args, project_args_fields);

CHANGE(remove_project_pricing)
{
    struct project_args *a = call_args(&project_args_schema);
    state_open(FOR_OWNER);
    if (project_pricing_drop(a->project_id))
        log_text("Unpriced project {}", a->project_id);
    else
        log_text("Project {} had no price", quoted(a->project_id));
}

/* Views */

VIEW(get_project_pricing)
{
    struct project_args *a = call_args(&project_args_schema);
    struct project_pricing *p = project_pricing_load(a->project_id);
    return_value(&project_pricing_schema, p);
}

VIEW(get_project_max_price)
{
    struct project_args *a = call_args(&project_args_schema);
    struct project_pricing *p = project_pricing_load(a->project_id);
    return_u128(p ? highest(p) : 0);
}

VIEW(get_priced_project_count)
{
    return_u64(priced_projects()->count);
}

struct page_args {
    uint64_t from_index, limit;
    bool has_from_index, has_limit;
};
static const struct field page_fields[] = {
    FIELD_OPT(struct page_args, from_index),
    FIELD_OPT(struct page_args, limit),
};
static const struct schema page_schema = STRUCT("Input", struct page_args, page_fields);

VIEW(get_priced_projects)
{
    enum { DEFAULT_LIMIT = 100, LIMIT_MAX = 500 };
    struct buf *out = buf_new();
    struct page_args *a = call_args(&page_schema);
    uint64_t limit = !a->has_limit ? DEFAULT_LIMIT : a->limit < LIMIT_MAX ? a->limit : LIMIT_MAX;
    struct set *priced = priced_projects();
    json_write_open(out, '[');
    for (uint64_t i = a->from_index; i < priced->count && limit; i++, limit--)
        json_write_string(out, set_at(priced, (uint32_t)i));
    json_write_close(out, ']');
    return_bytes(buf_slice(out));
}
