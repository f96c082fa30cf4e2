/* `outlayer up`: the stack in the foreground until Ctrl-C. */
#pragma once

int cli_up(int argc, char **argv);
