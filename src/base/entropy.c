#include "base/entropy.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

static void system_fill(void *self, void *out, size_t len)
{
    (void)self;
    uint8_t *at = out;
    while (len) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            perror("getrandom"); /* no key may ever be made without it */
            abort();
        }
        at += got;
        len -= (size_t)got;
    }
}

const struct entropy entropy_system = {system_fill, NULL};
