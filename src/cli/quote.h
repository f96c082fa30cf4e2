/* outlayer quote inspect|verify, outlayer tcb forecast: Intel's quotes without trusting anybody. */
#pragma once
int cli_quote(int argc, char **argv);
int cli_tcb(int argc, char **argv);
