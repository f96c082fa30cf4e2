#include "tee/attestation/merkle.h"

struct hash merkle_leaf(struct slice bytes)
{
    const struct slice parts[] = {slice_from("\0", 1), bytes};
    return hash_sha256_parts(parts, 2);
}

static struct hash node(const struct hash *left, const struct hash *right)
{
    const struct slice parts[] = {slice_from("\1", 1), hash_slice(left), hash_slice(right)};
    return hash_sha256_parts(parts, 3);
}

/* The largest power of two below n > 1. */
static size_t split_of(size_t n)
{
    size_t k = 1;
    while (k < n - k)
        k *= 2;
    return k;
}

struct hash merkle_root(const struct hash *leaves, size_t count)
{
    if (count == 1)
        return leaves[0];
    size_t k = split_of(count);
    struct hash left = merkle_root(leaves, k), right = merkle_root(leaves + k, count - k);
    return node(&left, &right);
}

/* Steps are found from the root down and stand from the leaf up. */
static void prove(const struct hash *leaves, size_t count, size_t index, struct merkle_path *out)
{
    if (count == 1)
        return;
    size_t k = split_of(count);
    bool right = index >= k;
    prove(right ? leaves + k : leaves, right ? count - k : k, right ? index - k : index, out);
    out->steps[out->step_count++] = right ? merkle_root(leaves, k) : merkle_root(leaves + k, count - k);
}

void merkle_prove(const struct hash *leaves, size_t count, size_t index, struct merkle_path *out)
{
    *out = (struct merkle_path){.index = index, .count = count};
    prove(leaves, count, index, out);
}

bool merkle_follow(const struct hash *leaf, const struct merkle_path *path, struct hash *root)
{
    uint64_t at = path->index, last = path->count - 1;
    struct hash h = *leaf;
    if (path->count == 0 || path->index >= path->count || path->step_count > MERKLE_PATH_MAX)
        return false;
    for (size_t i = 0; i < path->step_count; i++) {
        if (last == 0)
            return false;
        if (at % 2 == 1 || at == last) {
            h = node(&path->steps[i], &h);
            while (at % 2 == 0 && at != 0) {
                at /= 2;
                last /= 2;
            }
        } else {
            h = node(&h, &path->steps[i]);
        }
        at /= 2;
        last /= 2;
    }
    *root = h;
    return last == 0;
}
