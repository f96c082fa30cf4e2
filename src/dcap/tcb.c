#include "dcap/tcb.h"

const char tcb_status_names[] = "UpToDate\0SWHardeningNeeded\0ConfigurationNeeded\0ConfigurationAndSWHardeningNeeded\0"
                                "OutOfDate\0OutOfDateConfigurationNeeded\0Revoked";

struct slice tcb_status_name(enum tcb_status status)
{
    const char *name = tcb_status_names;
    for (size_t i = 0; i < status; i++)
        name += __builtin_strlen(name) + 1;
    return slice_str(name);
}

bool tcb_status_of(struct slice name, enum tcb_status *out)
{
    for (size_t i = 0; i < TCB_STATUS_COUNT; i++) {
        if (slice_eq(tcb_status_name((enum tcb_status)i), name)) {
            *out = (enum tcb_status)i;
            return true;
        }
    }
    return false;
}

static bool reaches(const uint8_t *have, const uint8_t *need, size_t start)
{
    for (size_t i = start; i < PCK_COMPONENTS; i++) {
        if (have[i] < need[i])
            return false;
    }
    return true;
}

const struct tcb_level *tcb_match(const struct tcb_level *levels, size_t count, const struct pck *pck,
                                  const uint8_t *tee_tcb_svn, size_t start)
{
    for (const struct tcb_level *l = levels; l < levels + count; l++) {
        if (pck->pce_svn >= l->pce_svn && reaches(pck->components, l->sgx, 0) &&
            (!tee_tcb_svn || reaches(tee_tcb_svn, l->tdx, start)))
            return l;
    }
    return NULL;
}

size_t tcb_start_of(const uint8_t tee_tcb_svn[16])
{
    return tee_tcb_svn[1] ? 2 : 0;
}

const struct tcb_svn_level *tcb_match_svn(const struct tcb_svn_levels *levels, uint16_t svn)
{
    for (size_t i = 0; i < levels->count; i++) {
        if (svn >= levels->of[i].svn)
            return &levels->of[i];
    }
    return NULL;
}

static int order(const struct tcb_level *a, const struct tcb_level *b)
{
    int by = __builtin_memcmp(a->sgx, b->sgx, sizeof a->sgx);
    if (by == 0)
        by = (int)a->pce_svn - (int)b->pce_svn;
    return by ? by : __builtin_memcmp(a->tdx, b->tdx, sizeof a->tdx);
}

void tcb_sort(struct tcb_level *levels, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct tcb_level level = levels[i];
        size_t at = i;
        for (; at > 0 && order(&levels[at - 1], &level) < 0; at--)
            levels[at] = levels[at - 1];
        levels[at] = level;
    }
}

enum tcb_status tcb_merge(enum tcb_status platform, enum tcb_status component)
{
    if (platform == TCB_REVOKED || component == TCB_REVOKED)
        return TCB_REVOKED;
    bool configure = platform == TCB_CONFIGURATION_NEEDED || platform == TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED;
    if (component >= TCB_OUT_OF_DATE && configure)
        return TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
    return component > platform ? component : platform;
}

bool tcb_next_advisory(struct slice *list, struct slice *advisory)
{
    struct slice text;
    slice_cut(*list, '"', &text); /* what stands before the name: nothing, a comma, white space */
    if (text.len == list->len)
        return false;
    *list = slice_cut(slice_skip(*list, text.len + 1), '"', advisory);
    return true;
}
