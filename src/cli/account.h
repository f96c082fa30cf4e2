/* `outlayer account`: see its --help. Exit status 0 done, 1 failed (the chain or the contract said no), 2 wrong usage. */
#pragma once

int cli_account(int argc, char **argv);
