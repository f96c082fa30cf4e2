/* `outlayer keys`: keys of NEAR accounts on this machine (near/credentials.h). */
#pragma once

/* argv[0] is "keys". Data goes to standard output, the rest to standard error. Exit status 0 ok, 1 failed, 2 usage. */
int cli_keys(int argc, char **argv);
