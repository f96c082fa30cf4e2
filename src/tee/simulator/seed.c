#include "tee/simulator/seed.h"
#include "base/entropy.h"
#include "base/fs.h"
#include "codec/hex.h"
#include "crypto/sha384.h"

enum { FILE_MAX = 256 };

struct err *simulator_seed_read(const char *path, uint8_t seed[SIMULATOR_SEED_LEN])
{
    AUTO(buf) struct buf text = {0};
    struct slice line;
    TRY(fs_read(path, FILE_MAX, &text));
    slice_cut(buf_slice(&text), '\n', &line);
    if (!hex_decode(line, seed, SIMULATOR_SEED_LEN, NULL))
        return err_new(ERR_INVALID, "%s is no seed: expected %d hex digits", path, 2 * SIMULATOR_SEED_LEN);
    return NULL;
}

struct err *simulator_seed_keep(const char *path, uint8_t seed[SIMULATOR_SEED_LEN])
{
    AUTO(buf) struct buf text = {0};
    if (fs_exists(path))
        return simulator_seed_read(path, seed);
    entropy_fill(&entropy_system, seed, SIMULATOR_SEED_LEN);
    hex_append(&text, slice_from(seed, SIMULATOR_SEED_LEN));
    buf_append_str(&text, "\n");
    return fs_write_atomic(path, buf_slice(&text), 0600);
}

void simulator_worker_measurements(struct measurements *out)
{
    for (size_t i = 0; i < MEASUREMENT_COUNT; i++) {
        const struct slice parts[] = {SLICE("OutLayer simulator: worker "), slice_str(measurement_names[i])};
        sha384_parts(parts, 2, out->of[i]);
    }
}
