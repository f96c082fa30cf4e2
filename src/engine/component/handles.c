/* Resources of a guest. Free entries are a list through `next`; the table doubles up to its limit. */
#include "base/mem.h"
#include "engine/component/call.h"
#include <assert.h>

struct component_handle {
    enum component_kind kind; /* 0: free */
    uint32_t next;            /* when free: the next free entry, NONE: there is none */
    void *object;
    void (*drop)(void *object);
};

enum { FIRST_ROOM = 16 };

#define NONE UINT32_MAX

static void grow(struct component *g)
{
    uint32_t room = g->handles_room ? g->handles_room * 2 : FIRST_ROOM;
    if (room > COMPONENT_HANDLES_MAX)
        room = COMPONENT_HANDLES_MAX;
    g->handles = mem_realloc(g->handles, room * sizeof *g->handles);
    for (uint32_t i = g->handles_room; i < room; i++)
        g->handles[i] = (struct component_handle){.next = i + 1 < room ? i + 1 : NONE};
    g->handles_free = g->handles_room;
    g->handles_room = room;
}

bool component_handle_new(struct component_call *c, enum component_kind kind, void *object, void (*drop)(void *object),
                          union shim_value *slot)
{
    struct component *g = c->guest;
    assert(object);
    if (g->handles_used == COMPONENT_HANDLES_MAX) {
        if (drop)
            drop(object);
        return component_fault(g, "too many resources at a time");
    }
    if (g->handles_used == g->handles_room)
        grow(g);
    uint32_t at = g->handles_free;
    g->handles_free = g->handles[at].next;
    g->handles[at] = (struct component_handle){.kind = kind, .object = object, .drop = drop};
    g->handles_used++;
    slot->n = at;
    return true;
}

/* wasmtime hands out only numbers that it got; the kind is looked at all the same. */
static struct component_handle *find(struct component_call *c, enum component_kind kind, uint64_t number)
{
    struct component *g = c->guest;
    if (number < g->handles_room && g->handles[number].kind == kind)
        return &g->handles[number];
    component_fault(g, "a resource that does not exist");
    return NULL;
}

static void release(struct component *g, struct component_handle *handle)
{
    *handle = (struct component_handle){.next = g->handles_used == g->handles_room ? NONE : g->handles_free};
    g->handles_free = (uint32_t)(handle - g->handles);
    g->handles_used--;
}

void *component_handle_get(struct component_call *c, enum component_kind kind, uint64_t number)
{
    struct component_handle *handle = find(c, kind, number);
    return handle ? handle->object : NULL;
}

void *component_handle_take(struct component_call *c, enum component_kind kind, uint64_t number)
{
    struct component_handle *handle = find(c, kind, number);
    void *object = handle ? handle->object : NULL;
    if (handle)
        release(c->guest, handle);
    return object;
}

bool component_handle_drop(struct component_call *c, enum component_kind kind, uint64_t number)
{
    struct component_handle *handle = find(c, kind, number);
    if (!handle)
        return false;
    void *object = handle->object;
    void (*drop)(void *) = handle->drop;
    release(c->guest, handle);
    if (drop)
        drop(object);
    return true;
}

void component_free(struct component *guest)
{
    for (uint32_t i = 0; i < guest->handles_room; i++)
        if (guest->handles[i].kind && guest->handles[i].drop)
            guest->handles[i].drop(guest->handles[i].object);
    assert(guest->held == 0); /* all of it by its resources */
    mem_free(guest->handles);
    arena_free(&guest->results);
}
