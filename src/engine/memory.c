#include "engine/memory.h"
#include "base/mem.h"
#include <sys/mman.h>

struct linear_memory {
    struct memory_budget *budget;
    uint8_t *base;
    size_t len, reserved, mapped; /* bytes the guest sees, may see in this place, with guard */
};

void memory_budget_start(struct memory_budget *budget, uint64_t limit)
{
    budget->limit = limit;
    budget->peak = budget->used;
    budget->refused = 0;
}

/* Whether the sum may become `total`. */
static bool allows(struct memory_budget *budget, uint64_t total)
{
    if (total <= budget->limit)
        return true;
    budget->refused = total;
    return false;
}

static void use(struct memory_budget *budget, uint64_t total)
{
    budget->used = total;
    if (total > budget->peak)
        budget->peak = total;
}

static wasmtime_error_t *grow(void *env, size_t new_len)
{
    struct linear_memory *m = env;
    struct memory_budget *budget = m->budget;
    uint64_t total = budget->used - m->len + new_len;
    if (!allows(budget, total))
        return wasmtime_error_new("memory limit reached");
    if (new_len > m->reserved || mprotect(m->base + m->len, new_len - m->len, PROT_READ | PROT_WRITE)) {
        budget->refused = total;
        return wasmtime_error_new("no memory");
    }
    m->len = new_len;
    use(budget, total);
    return NULL;
}

bool memory_budget_grow_table(void *env, size_t from, size_t to)
{
    struct memory_budget *budget = env;
    uint64_t more = (to - from) * TABLE_ELEMENT_LEN;
    if (to > TABLE_ELEMENTS_MAX || !allows(budget, budget->used + more))
        return false;
    budget->tables += more;
    use(budget, budget->used + more);
    return true;
}

void memory_budget_drop_tables(struct memory_budget *budget)
{
    budget->used -= budget->tables;
    budget->tables = 0;
}

static uint8_t *get(void *env, size_t *len, size_t *capacity)
{
    const struct linear_memory *m = env;
    *len = m->len;
    *capacity = m->reserved;
    return m->base;
}

static void release(void *env)
{
    struct linear_memory *m = env;
    m->budget->used -= m->len;
    munmap(m->base, m->mapped);
    mem_free(m);
}

static wasmtime_error_t *new_memory(void *env, const wasm_memorytype_t *type, size_t minimum, size_t maximum, size_t reserved,
                                    size_t guard, wasmtime_linear_memory_t *out)
{
    (void)type, (void)maximum;
    size_t mapped = reserved + guard;
    uint8_t *base = mmap(NULL, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return wasmtime_error_new("no address space for a linear memory");
    struct linear_memory *m = mem_calloc(1, sizeof *m);
    *m = (struct linear_memory){.budget = env, .base = base, .reserved = reserved, .mapped = mapped};
    wasmtime_error_t *error = grow(m, minimum);
    if (error) {
        release(m);
        return error;
    }
    *out = (wasmtime_linear_memory_t){.env = m, .get_memory = get, .grow_memory = grow, .finalizer = release};
    return NULL;
}

void memory_budget_install(wasm_config_t *config, struct memory_budget *budget)
{
    wasmtime_memory_creator_t creator = {.env = budget, .new_memory = new_memory};
    wasmtime_config_host_memory_creator_set(config, &creator);
}
