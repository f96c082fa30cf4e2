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

static void end_cells(struct waiting_program *p)
{
    for (size_t i = 0; i < p->count; i++)
        cell_close(&p->cells[i]);
    p->count = 0;
}

void waiting_note(struct waiting *w, const struct hash *code)
{
    struct waiting_program *p = find(w, code);
    if (!p) {
        p = oldest(w);
        end_cells(p);
        *p = (struct waiting_program){.code = *code};
    }
    p->runs++;
    p->used_at = ++w->uses;
}

bool waiting_take(struct waiting *w, const struct hash *code, struct cell *out)
{
    struct waiting_program *p = find(w, code);
    while (p && p->count) {
        *out = p->cells[0];
        p->count--;
        memmove(p->cells, p->cells + 1, p->count * sizeof *p->cells);
        if (cell_is_there(out))
            return true;
        cell_close(out);
    }
    return false;
}

void waiting_refill(struct waiting *w, struct zygote *z, const struct hash *code)
{
    struct waiting_program *p = find(w, code);
    if (!p || p->runs < RUNS_IN_DEMAND)
        return;
    for (; p->count < WAITING_EACH; p->count++) {
        AUTO(err) struct err *e = cell_order(z, code, &p->cells[p->count]);
        if (e)
            return;
    }
}

void waiting_drop(struct waiting *w, const struct hash *code)
{
    for (size_t i = 0; i < WAITING_PROGRAMS; i++)
        if (!code || hash_eq(&w->programs[i].code, code))
            end_cells(&w->programs[i]);
}
