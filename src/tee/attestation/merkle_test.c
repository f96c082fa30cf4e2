#include "base/test.h"
#include "codec/hex.h"
#include "tee/attestation/merkle.h"

enum { COUNT_MAX = 40 };

static void make_leaves(struct hash *leaves)
{
    for (size_t i = 0; i < COUNT_MAX; i++) {
        uint8_t byte = (uint8_t)i;
        leaves[i] = merkle_leaf(slice_from(&byte, 1));
    }
}

/* The eight inputs and the roots that RFC 6962 implementations are tested with (certificate-transparency, merkletree tests). */
static void test_roots_of_the_known_tree(void **state)
{
    (void)state;
    static const struct slice inputs[] = {SLICE(""),
                                          SLICE("\x00"),
                                          SLICE("\x10"),
                                          SLICE("\x20\x21"),
                                          SLICE("\x30\x31"),
                                          SLICE("\x40\x41\x42\x43"),
                                          SLICE("\x50\x51\x52\x53\x54\x55\x56\x57"),
                                          SLICE("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f")};
    static const char *const roots[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
    struct hash leaves[8];
    for (size_t i = 0; i < 8; i++) {
        char hex[HASH_HEX_MAX];
        leaves[i] = merkle_leaf(inputs[i]);
        struct hash root = merkle_root(leaves, i + 1);
        assert_string_equal(hash_hex(&root, hex), roots[i]);
    }
}

static void test_every_leaf_of_every_tree_is_proven(void **state)
{
    (void)state;
    struct hash leaves[COUNT_MAX], root;
    make_leaves(leaves);
    for (size_t count = 1; count <= COUNT_MAX; count++) {
        struct hash wanted = merkle_root(leaves, count);
        for (size_t i = 0; i < count; i++) {
            struct merkle_path path;
            merkle_prove(leaves, count, i, &path);
            assert_true(merkle_follow(&leaves[i], &path, &root));
            assert_true(hash_eq(&root, &wanted));
        }
    }
}

static void test_a_path_belongs_to_one_leaf_and_place(void **state)
{
    (void)state;
    struct hash leaves[COUNT_MAX], root;
    make_leaves(leaves);
    for (size_t count = 2; count <= COUNT_MAX; count++) {
        struct hash wanted = merkle_root(leaves, count);
        struct merkle_path path;
        merkle_prove(leaves, count, count / 2, &path);
        for (size_t other = 0; other < count; other++) {
            struct merkle_path moved = path;
            moved.index = other;
            bool same = merkle_follow(&leaves[count / 2], &moved, &root) && hash_eq(&root, &wanted);
            assert_int_equal(same, other == count / 2);
            bool swapped = merkle_follow(&leaves[other], &path, &root) && hash_eq(&root, &wanted);
            assert_int_equal(swapped, other == count / 2);
        }
    }
}

static void test_impossible_paths_are_refused(void **state)
{
    (void)state;
    struct hash leaves[COUNT_MAX], root;
    struct merkle_path path;
    make_leaves(leaves);
    merkle_prove(leaves, 8, 3, &path);
    path.step_count--;
    assert_false(merkle_follow(&leaves[3], &path, &root));
    path.step_count += 2;
    path.steps[3] = leaves[0];
    assert_false(merkle_follow(&leaves[3], &path, &root));
    merkle_prove(leaves, 8, 3, &path);
    path.index = 8;
    assert_false(merkle_follow(&leaves[3], &path, &root));
    path = (struct merkle_path){0};
    assert_false(merkle_follow(&leaves[3], &path, &root));
    path = (struct merkle_path){.count = 1, .step_count = MERKLE_PATH_MAX + 1};
    assert_false(merkle_follow(&leaves[3], &path, &root));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roots_of_the_known_tree),
        cmocka_unit_test(test_every_leaf_of_every_tree_is_proven),
        cmocka_unit_test(test_a_path_belongs_to_one_leaf_and_place),
        cmocka_unit_test(test_impossible_paths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
