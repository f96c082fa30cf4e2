/* `outlayer tee approve|retire|keys`: what the owner of a register contract does about workers. */
#pragma once
#include <stdbool.h>

bool cli_tee_register_knows(const char *verb);

/* argv[1] is one of its verbs. */
int cli_tee_register(int argc, char **argv);
