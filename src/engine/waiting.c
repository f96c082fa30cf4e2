#include "engine/waiting.h"
#include <string.h>

enum { RUNS_IN_DEMAND = 2 };

static struct waiting_program *find(struct waiting *w, const struct hash *code)
{
    for (size_t i = 0; i < WAITING_PROGRAMS; i++)
        if (w->programs[i].runs && hash_eq(&w->programs[i].code, code))
            return &w->programs[i];
    return NULL;
}

static struct waiting_program *oldest(struct waiting *w)
{
    struct waiting_program *found = &w->programs[0];
    for (size_t i = 0; i < WAITING_PROGRAMS; i++)
        if (w->programs[i].used_at < found->used_at)
            found = &w->programs[i];
    return found;
}

static void end_cells(struct waiting_cells *c)
{
    for (size_t i = 0; i < c->count; i++)
        cell_close(&c->cells[i]);
    c->count = 0;
}

static void order_cells(struct waiting_cells *c, struct zygote *z, const struct hash *code)
{
    for (; c->count < WAITING_EACH; c->count++) {
        AUTO(err) struct err *e = cell_order(z, code, &c->cells[c->count]);
        if (e)
            return;
    }
}

static bool take_cell(struct waiting_cells *c, struct cell *out)
{
    while (c->count) {
        *out = c->cells[0];
        c->count--;
        memmove(c->cells, c->cells + 1, c->count * sizeof *c->cells);
        if (cell_is_there(out))
            return true;
        cell_close(out);
    }
    return false;
}

void waiting_note(struct waiting *w, const struct hash *code)
{
    struct waiting_program *p = find(w, code);
    if (!p) {
        p = oldest(w);
        end_cells(&p->cells);
        *p = (struct waiting_program){.code = *code};
    }
    p->runs++;
    p->used_at = ++w->uses;
}

bool waiting_take(struct waiting *w, const struct hash *code, struct cell *out)
{
    struct waiting_program *p = find(w, code);
    if (p && take_cell(&p->cells, out))
        return true;
    return take_cell(&w->spare, out) && cell_choose(out, code);
}

void waiting_refill(struct waiting *w, struct zygote *z, const struct hash *code)
{
    struct waiting_program *p = find(w, code);
    if (p && p->runs >= RUNS_IN_DEMAND)
        order_cells(&p->cells, z, code);
}

void waiting_refill_spare(struct waiting *w, struct zygote *z)
{
    order_cells(&w->spare, z, NULL);
}

void waiting_drop_spare(struct waiting *w)
{
    end_cells(&w->spare);
}

void waiting_drop(struct waiting *w, const struct hash *code)
{
    for (size_t i = 0; i < WAITING_PROGRAMS; i++)
        if (!code || hash_eq(&w->programs[i].code, code))
            end_cells(&w->programs[i].cells);
    waiting_drop_spare(w);
}
