/* A service of the stack as a child process: started with its settings in the environment, ready when it says so on standard
 * output with one line of JSON, its log in a file. It is told to end when its parent dies. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include <jansson.h>
#include <sys/types.h>

struct service_setting {
    const char *name, *value;
};

struct service {
    const char *name; /* "devnet": the program is outlayer-devnet */
    char *log_path;
    pid_t pid;     /* 0: not running */
    json_t *ready; /* what it said: {"ready":true, …} */
};

enum { SERVICE_SETTINGS_MAX = 24 };

/* Starts `<program_dir>/outlayer-<name>` and waits up to 20 s for its ready line. `settings` ends with a NULL name. The rest of
 * the environment is only PATH, HOME and the sanitizers' options. A failure names the last line of the log. */
struct err *service_start(const char *name, const char *program_dir, const char *log_dir,
                          const struct service_setting *settings, struct service *out);

/* A string of the ready line, borrowed; NULL when it is not there. */
const char *service_said(const struct service *s, const char *key);

/* Whether it has ended by itself. */
bool service_has_ended(struct service *s);

/* Asks it to end (SIGTERM), waits up to `grace_ms`, then kills. Harmless when it is not running. */
void service_stop(struct service *s, unsigned grace_ms);

/* Frees what it holds; stop it first. */
void service_free(struct service *s);

/* The last line of its log that is an error or a warning, else the last line; empty when there is none. */
void service_last_words(const struct service *s, struct buf *out);
