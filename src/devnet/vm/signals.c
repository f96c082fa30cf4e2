#include "devnet/vm/signals.h"
#include <pthread.h>
#include <signal.h>

static const int trap_signals[] = {SIGSEGV, SIGILL, SIGFPE, SIGBUS};

enum { TRAP_SIGNAL_COUNT = sizeof trap_signals / sizeof *trap_signals };

static struct sigaction engine_actions[TRAP_SIGNAL_COUNT];

static void remember_once(void)
{
    for (int i = 0; i < TRAP_SIGNAL_COUNT; i++)
        sigaction(trap_signals[i], NULL, &engine_actions[i]);
}

void signals_remember(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, remember_once);
}

void signals_restore(void)
{
    sigset_t traps;
    sigemptyset(&traps);
    for (int i = 0; i < TRAP_SIGNAL_COUNT; i++) {
        struct sigaction now;
        sigaction(trap_signals[i], NULL, &now);
        if (now.sa_sigaction != engine_actions[i].sa_sigaction)
            sigaction(trap_signals[i], &engine_actions[i], NULL);
        sigaddset(&traps, trap_signals[i]);
    }
    pthread_sigmask(SIG_UNBLOCK, &traps, NULL);
}
