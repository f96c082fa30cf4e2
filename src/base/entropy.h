/* Randomness behind an interface, so that a test or the simulation can repeat a run. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct entropy {
    void (*fill)(void *self, void *out, size_t len);
    void *self;
};

/* The kernel's generator (getrandom). */
extern const struct entropy entropy_system;

static inline void entropy_fill(const struct entropy *e, void *out, size_t len)
{
    e->fill(e->self, out, len);
}
