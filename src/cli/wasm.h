/* `outlayer wasm …`: WASI programs in the worker's engine, on this machine. */
#pragma once

/* argv[0] is "wasm". Returns the exit status. */
int cli_wasm(int argc, char **argv);
