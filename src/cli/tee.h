/* `outlayer tee …`: who may work, and quotes of the TDX simulator, good and broken. */
#pragma once

int cli_tee(int argc, char **argv);
