/* A Merkle tree over byte strings, as in certificate transparency: leaves and nodes are hashed under different first bytes, and the left subtree of n leaves is the largest
 * full one below n. So no leaf can pass for a node, and no two lists of leaves have one root.
 *
 *     leaf   SHA-256(00 ‖ bytes)
 *     node   SHA-256(01 ‖ left ‖ right)
 *
 * Source: RFC 9162, sections 2.1.1 to 2.1.3.
 */
#pragma once
#include "crypto/hash.h"

enum { MERKLE_PATH_MAX = 32 }; /* steps: enough for 2^32 leaves */

struct merkle_path {
    uint64_t index, count; /* of the leaf, of all leaves */
    struct hash steps[MERKLE_PATH_MAX];
    size_t step_count;
};

struct hash merkle_leaf(struct slice bytes);

/* `count` is at least 1. */
struct hash merkle_root(const struct hash *leaves, size_t count);
/* The way from leaf `index` to the root. */
void merkle_prove(const struct hash *leaves, size_t count, size_t index, struct merkle_path *out);

/* The root that leaf and path lead to; false when the path is none of a tree of that many leaves. */
bool merkle_follow(const struct hash *leaf, const struct merkle_path *path, struct hash *root);
