/* `outlayer verify …`: is this result what an approved enclave made of this request? */
#pragma once
#include "cli/verify_gather.h"

int cli_verify(int argc, char **argv);

/* The report as people read it: every step with its verdict and what was seen. */
void verify_print(const struct verify_report *report);
/* In one line. */
void verify_print_verdict(const struct verify_report *report);
