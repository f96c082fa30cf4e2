/* The wish to end, shared by a service's threads. */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct stop {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool wanted;
};

void stop_init(struct stop *s);

/* Wakes everybody who rests. */
void stop_want(struct stop *s);

bool stop_wanted(struct stop *s);

/* Rests for `ms`, or less when the end is wanted; true then. */
bool stop_rest(struct stop *s, uint64_t ms);
