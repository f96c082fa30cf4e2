/* alt_bn128 and BLS12-381. None of the functions pays the base fee. */
#include "base/buf.h"
#include "devnet/vm/curves.h"
#include "devnet/vm/host.h"
#include "devnet/vm/imports.h"

/* The bytes as Rust prints an array with {:X?}: "[0, 1F, …]". */
static bool fail_bn128(struct vm_run *run, enum bn128_status status, struct slice bad)
{
    static const char *const names[] = {
        [BN128_BOOL] = "bool", [BN128_FQ] = "fq", [BN128_FR] = "fr", [BN128_G1] = "g1", [BN128_G2] = "g2",
    };
    AUTO(buf) struct buf text = {0};
    buf_append_fmt(&text, "invalid %s: [", names[status]);
    for (size_t i = 0; i < bad.len; i++)
        buf_append_fmt(&text, i ? ", %X" : "%X", bad.ptr[i]);
    buf_append_str(&text, "]");
    return host_fail_text(run, HOST_ALT_BN128_INVALID_INPUT, buf_slice(&text));
}

/* Charges for the items and reads them. */
static bool read_bn128(struct vm_run *run, const uint64_t *args, enum vm_cost base, enum vm_cost element, size_t item_len,
                       struct slice *items)
{
    CHECK(host_pay(run, base, 1));
    CHECK(host_read_input(run, args[0], args[1], items));
    if (items->len % item_len != 0) {
        const char *text =
            arena_fmt(run->arena, "slice of size %zu cannot be precisely split into chunks of size %zu", items->len, item_len);
        return host_fail_text(run, HOST_ALT_BN128_INVALID_INPUT, slice_str(text));
    }
    return host_pay(run, element, items->len / item_len);
}

bool host_fn_alt_bn128_g1_multiexp(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice items;
    uint8_t sum[BN128_G1_LEN];
    size_t at, len;
    CHECK(read_bn128(run, args, VM_COST_ALT_BN128_G1_MULTIEXP_BASE, VM_COST_ALT_BN128_G1_MULTIEXP_ELEMENT,
                     BN128_MULTIEXP_ITEM_LEN, &items));
    enum bn128_status status = outlayer_bn128_g1_multiexp(items.ptr, items.len, sum, &at, &len);
    if (status != BN128_OK)
        return fail_bn128(run, status, slice_from(items.ptr + at, len));
    return host_set_register(run, args[2], slice_from(sum, sizeof sum));
}

bool host_fn_alt_bn128_g1_sum(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice items;
    uint8_t sum[BN128_G1_LEN];
    size_t at, len;
    CHECK(read_bn128(run, args, VM_COST_ALT_BN128_G1_SUM_BASE, VM_COST_ALT_BN128_G1_SUM_ELEMENT, BN128_SUM_ITEM_LEN, &items));
    enum bn128_status status = outlayer_bn128_g1_sum(items.ptr, items.len, sum, &at, &len);
    if (status != BN128_OK)
        return fail_bn128(run, status, slice_from(items.ptr + at, len));
    return host_set_register(run, args[2], slice_from(sum, sizeof sum));
}

bool host_fn_alt_bn128_pairing_check(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    struct slice items;
    bool is_one = false;
    size_t at, len;
    CHECK(read_bn128(run, args, VM_COST_ALT_BN128_PAIRING_CHECK_BASE, VM_COST_ALT_BN128_PAIRING_CHECK_ELEMENT,
                     BN128_PAIRING_ITEM_LEN, &items));
    enum bn128_status status = outlayer_bn128_pairing_check(items.ptr, items.len, &is_one, &at, &len);
    if (status != BN128_OK)
        return fail_bn128(run, status, slice_from(items.ptr + at, len));
    *result = is_one;
    return true;
}

static bool check_bls12381_len(struct vm_run *run, const char *name, size_t len, size_t item_len)
{
    if (len % item_len == 0)
        return true;
    const char *text =
        arena_fmt(run->arena, "Incorrect input length for bls12381_%s: %zu is not divisible by %zu", name, len, item_len);
    return host_fail_text(run, HOST_BLS12381_INVALID_INPUT, slice_str(text));
}

struct bls12381_function {
    const char *name; /* as its refusal of a wrong length calls it */
    enum vm_cost base, element;
    size_t item_len;
    size_t point_len; /* of the one point; 0: a point twice the item's length for each item */
    bls12381_fn *compute;
};

/* The items are paid for by the length argument, so input from a register overflows: the network keeps this. */
static bool call_bls12381(struct vm_run *run, const struct bls12381_function *f, const uint64_t *args, uint64_t *result)
{
    struct slice input;
    CHECK(host_pay(run, f->base, 1));
    CHECK(host_pay(run, f->element, args[0] / f->item_len));
    CHECK(host_read_input(run, args[0], args[1], &input));
    CHECK(check_bls12381_len(run, f->name, input.len, f->item_len));
    size_t len = f->point_len ? f->point_len : 2 * input.len;
    uint8_t *out = ARENA_ARRAY(run->arena, uint8_t, len);
    *result = f->compute(input.ptr, input.len, out);
    return *result == BLS12381_OK ? host_set_register(run, args[2], slice_from(out, len)) : true;
}

/* function, cost, name in a refusal, bytes of an item, bytes of the one point */
#define BLS12381_FUNCTIONS(X)                               \
    X(p1_sum, P1_SUM, "p1_sum", 97, 96)                     \
    X(p2_sum, P2_SUM, "p2_sum", 193, 192)                   \
    X(g1_multiexp, G1_MULTIEXP, "p1_multiexp", 128, 96)     \
    X(g2_multiexp, G2_MULTIEXP, "p2_multiexp", 224, 192)    \
    X(map_fp_to_g1, MAP_FP_TO_G1, "map_fp_to_g1", 48, 0)    \
    X(map_fp2_to_g2, MAP_FP2_TO_G2, "map_fp2_to_g2", 96, 0) \
    X(p1_decompress, P1_DECOMPRESS, "p1_decompress", 48, 0) \
    X(p2_decompress, P2_DECOMPRESS, "p2_decompress", 96, 0)

#define X(function, cost, name, item_len, point_len)                                                \
    bool host_fn_bls12381_##function(struct vm_run *run, const uint64_t *args, uint64_t *result)    \
    {                                                                                               \
        static const struct bls12381_function f = {                                                 \
            name,      VM_COST_BLS12381_##cost##_BASE, VM_COST_BLS12381_##cost##_ELEMENT, item_len, \
            point_len, outlayer_bls12381_##function,                                                \
        };                                                                                          \
        return call_bls12381(run, &f, args, result);                                                \
    }
BLS12381_FUNCTIONS(X)
#undef X

/* Unlike its siblings it pays for what it read. */
bool host_fn_bls12381_pairing_check(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    enum { ITEM_LEN = 288 };
    struct slice input;
    CHECK(host_pay(run, VM_COST_BLS12381_PAIRING_BASE, 1));
    CHECK(host_read_input(run, args[0], args[1], &input));
    CHECK(host_pay(run, VM_COST_BLS12381_PAIRING_ELEMENT, input.len / ITEM_LEN));
    CHECK(check_bls12381_len(run, "pairing_check", input.len, ITEM_LEN));
    *result = outlayer_bls12381_pairing_check(input.ptr, input.len);
    return true;
}
