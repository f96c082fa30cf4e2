/* outlayer vm: contract calls on the NEAR virtual machine, without a chain. */
#pragma once

/* argv[0] is "vm"; the result is the exit status. */
int cli_vm(int argc, char **argv);
