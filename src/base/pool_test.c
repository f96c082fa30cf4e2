#include "base/pool.h"
#include "base/test.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int worked, given_up;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void work(void *item)
{
    pthread_mutex_lock(&gate);
    worked += *(int *)item;
    pthread_mutex_unlock(&gate);
}

static void give_up(void *item)
{
    given_up += *(int *)item;
}

static int reset(void **state)
{
    (void)state;
    worked = given_up = 0;
    return 0;
}

static struct pool *start(size_t threads, size_t queue_max)
{
    return pool_start(&(struct pool_config){.threads = threads, .queue_max = queue_max, .work = work, .give_up = give_up});
}

static void every_item_is_worked_on_once(void **state)
{
    (void)state;
    static int items[1000];
    struct pool *p = start(3, 1000);
    for (int i = 0; i < 1000; i++) {
        items[i] = i;
        assert_true(pool_take(p, &items[i]));
    }
    while (worked < 499500)
        usleep(1000);
    pool_stop(p);
    assert_int_equal(worked, 499500);
    assert_int_equal(given_up, 0);
}

static void *stop(void *pool)
{
    pool_stop(pool);
    return NULL;
}

/* While the one thread is held up, the queue fills; what still waits at the end is given up. */
static void too_many_are_refused_and_the_rest_given_up(void **state)
{
    (void)state;
    static int one = 1;
    int taken = 0;
    struct pool *p = start(1, 4);
    pthread_mutex_lock(&gate);
    for (int i = 0; i < 100; i++)
        taken += pool_take(p, &one);
    assert_in_range(taken, 4, 5); /* the thread may hold one */
    pthread_t stopper;
    pthread_create(&stopper, NULL, stop, p);
    usleep(20000);
    pthread_mutex_unlock(&gate);
    pthread_join(stopper, NULL);
    assert_int_equal(worked + given_up, taken);
}

static void stopping_nothing_is_fine(void **state)
{
    (void)state;
    pool_stop(NULL);
    pool_stop(start(2, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_item_is_worked_on_once, reset),
        cmocka_unit_test_setup(too_many_are_refused_and_the_rest_given_up, reset),
        cmocka_unit_test_setup(stopping_nothing_is_fine, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
