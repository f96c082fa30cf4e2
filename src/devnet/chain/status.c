/* How far a transaction is. */
#include "devnet/chain/internal.h"

static const char *const level_names[] = {
    [CHAIN_LEVEL_NONE] = "NONE",
    [CHAIN_LEVEL_INCLUDED] = "INCLUDED",
    [CHAIN_LEVEL_EXECUTED_OPTIMISTIC] = "EXECUTED_OPTIMISTIC",
    [CHAIN_LEVEL_INCLUDED_FINAL] = "INCLUDED_FINAL",
    [CHAIN_LEVEL_EXECUTED] = "EXECUTED",
    [CHAIN_LEVEL_FINAL] = "FINAL",
};

const char *chain_level_name(enum chain_level level)
{
    return level_names[level];
}

bool chain_level_parse(struct slice text, enum chain_level *out)
{
    for (int i = CHAIN_LEVEL_NONE; i <= CHAIN_LEVEL_FINAL; i++) {
        if (slice_eq_str(text, level_names[i])) {
            *out = (enum chain_level)i;
            return true;
        }
    }
    return false;
}

bool chain_level_satisfies(enum chain_level actual, enum chain_level wanted)
{
    if (wanted == CHAIN_LEVEL_EXECUTED_OPTIMISTIC && actual == CHAIN_LEVEL_INCLUDED_FINAL)
        return false;
    return actual >= wanted;
}

/* What is still to run of a transaction. */
struct rest {
    bool work;    /* a receipt that is not a last refund */
    bool refunds; /* only refunds that end an outcome's list */
};

/* A visit of the tree of receipts, depth first; `list` collects executed ones when it is not NULL. */
struct walk {
    struct chain *c;
    struct arena *arena;
    struct rest rest;
    bool collect;
    struct chain_receipt *list;
    size_t count;
};

/* A chain of receipts can be as long as its gas reaches, so the walk keeps its own stack of what is to visit. */
struct visit {
    struct hash id;
    bool last; /* of its parent's list */
};

static void push_children(struct walk *w, struct visit **stack, size_t *depth, const struct outcome *o)
{
    for (size_t i = o->receipt_id_count; i-- > 0;) {
        *stack = runtime_grow(w->arena, *stack, *depth, sizeof **stack);
        (*stack)[(*depth)++] = (struct visit){o->receipt_ids[i], i + 1 == o->receipt_id_count};
    }
}

static struct err *walk_receipts(struct walk *w, const struct outcome *root)
{
    struct visit *stack = NULL;
    size_t depth = 0;
    push_children(w, &stack, &depth, root);
    while (depth) {
        struct visit v = stack[--depth];
        struct chain_receipt r;
        TRY(chain_load_receipt(w->c, &v.id, w->arena, &r));
        if (!r.executed) {
            if (v.last && receipt_is_refund(&r.receipt))
                w->rest.refunds = true;
            else
                w->rest.work = true;
            continue;
        }
        push_children(w, &stack, &depth, &r.outcome);
        if (!w->collect)
            continue;
        w->list = runtime_grow(w->arena, w->list, w->count, sizeof *w->list);
        w->list[w->count++] = r;
    }
    return NULL;
}

static enum chain_level level_of(const struct rest *rest)
{
    if (rest->work)
        return CHAIN_LEVEL_INCLUDED_FINAL;
    return rest->refunds ? CHAIN_LEVEL_EXECUTED : CHAIN_LEVEL_FINAL;
}

struct err *chain_level_locked(struct chain *c, const struct hash *tx_hash, enum chain_level *out)
{
    AUTO(arena) struct arena arena = {0};
    struct err *fault = NULL;
    *out = CHAIN_LEVEL_NONE;
    if (!chain_tx_known(c, tx_hash, &fault))
        return fault;
    struct chain_tx tx;
    struct walk w = {.c = c, .arena = &arena};
    TRY(chain_load_tx(c, tx_hash, &arena, &tx));
    TRY(walk_receipts(&w, &tx.outcome));
    *out = level_of(&w.rest);
    return NULL;
}

struct err *chain_tx_level(struct chain *c, const struct hash *tx_hash, enum chain_level *out)
{
    chain_lock(c);
    struct err *e = chain_level_locked(c, tx_hash, out);
    chain_unlock(c);
    return e;
}

static struct err *load_status(struct chain *c, const struct hash *tx_hash, struct arena *arena, struct chain_tx_status *out)
{
    struct walk w = {.c = c, .arena = arena, .collect = true};
    *out = (struct chain_tx_status){0};
    TRY(chain_load_tx(c, tx_hash, arena, &out->tx));
    TRY(walk_receipts(&w, &out->tx.outcome));
    out->level = level_of(&w.rest);
    out->receipts = w.list;
    out->receipt_count = w.count;
    return NULL;
}

struct err *chain_tx_status(struct chain *c, const struct hash *tx_hash, struct arena *arena, struct chain_tx_status *out)
{
    chain_lock(c);
    struct err *e = load_status(c, tx_hash, arena, out);
    chain_unlock(c);
    return e;
}

bool chain_tx_pooled(struct chain *c, const struct hash *tx_hash)
{
    bool found = false;
    chain_lock(c);
    for (size_t i = 0; i < c->pool_count && !found; i++)
        found = hash_eq(&c->pool[i].hash, tx_hash);
    chain_unlock(c);
    return found;
}
