#include "outlayer/subscriptions.h"
#include "outlayer/events.h"
#include "outlayer/payment_keys.h"

enum { PLANS_MAX = 16 };

static struct slice plans_key(void)
{
    return storage_key_text(KEY_PLANS, SLICE(""));
}

static struct list *plans_load(void)
{
    return record_read_or_zeros(plans_key(), &subscription_plans_schema);
}

struct plans_args {
    struct list plans;
};
static const struct field plans_args_fields[] = {
    FIELD_OF(struct plans_args, plans, &subscription_plans_schema),
};
static const struct schema plans_args_schema = STRUCT("Input", struct plans_args, plans_args_fields);

static void check_plan(const struct subscription_plan *plans, uint32_t at)
{
    const struct subscription_plan *plan = &plans[at];
    for (uint32_t i = 0; i < at; i++)
        require_text(plans[i].index != plan->index, "duplicate plan index {}: an index identifies exactly one offer",
                     (uint64_t)plan->index);
    require_text(text_trim(plan->name).len, "a plan needs a name");
    require_text(plan->price_usd, "plan {} has no price: a free plan is granted, not sold", escaped(plan->name));
}

/* Who bought an index bought what it was called then, so the name stays with it, even while the plan is off the list. */
static void keep_name(const struct subscription_plan *plan)
{
    struct slice key = storage_key_text(KEY_PLAN_NAME, slice_from(&plan->index, 1)), name = storage_read(key);
    if (name.ptr)
        require_text(slice_eq(name, plan->name), "plan index {} is already `{}`; an index may not be repointed at `{}`",
                     (uint64_t)plan->index, escaped(name), escaped(plan->name));
    else
        storage_write(key, plan->name);
}

CHANGE(set_subscription_plans)
{
    struct plans_args *a = call_args(&plans_args_schema);
    state_open(FOR_OWNER);
    require_text(a->plans.count <= PLANS_MAX, "at most {} plans; the list is deserialised on every call", (uint64_t)PLANS_MAX);
    const struct subscription_plan *plans = a->plans.items;
    for (uint32_t i = 0; i < a->plans.count; i++)
        check_plan(plans, i);
    for (uint32_t i = 0; i < a->plans.count; i++)
        keep_name(&plans[i]);
    record_write(plans_key(), &subscription_plans_schema, &a->plans);
    log_text("{} subscription plans", (uint64_t)a->plans.count);
}

VIEW(get_subscription_plans)
{
    return_value(&subscription_plans_schema, plans_load());
}

static bool is_on_sale(uint8_t index, u128 amount)
{
    const struct list *list = plans_load();
    const struct subscription_plan *plans = list->items;
    for (uint32_t i = 0; i < list->count; i++) {
        if (plans[i].index == index && plans[i].active && amount >= plans[i].price_usd)
            return true;
    }
    return false;
}

static const struct field purchase_fields[] = {
    FIELD(struct purchase, owner),    FIELD(struct purchase, nonce), FIELD(struct purchase, plan),
    FIELD(struct purchase, paid_usd), FIELD(struct purchase, payer),
};
static const struct schema purchase_schema = STRUCT("SubscriptionPurchased", struct purchase, purchase_fields);

void subscription_buy(const struct state *s, const struct purchase *p)
{
    require_text(is_on_sale(p->plan, p->paid_usd), "No plan {} on sale that {} covers. Check get_subscription_plans().",
                 (uint64_t)p->plan, &p->paid_usd);
    require_text(payment_key_exists(p->owner, p->nonce), "No payment key {}:{}. Create it before buying a subscription for it.",
                 p->owner, (uint64_t)p->nonce);
    system_event(s, &purchase_schema, p);
    return_u128(0);
}
