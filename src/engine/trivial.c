#include "engine/trivial.h"

static const uint8_t bytes[] = {0, 'a', 's', 'm', 1,   0,   0,   0,   1,   4,   1, 0x60, 0,  0, 3, 2, 1, 0,
                                7, 10,  1,   6,   '_', 's', 't', 'a', 'r', 't', 0, 0,    10, 4, 1, 2, 0, 0x0b};

const struct slice trivial_program = {bytes, sizeof bytes};
