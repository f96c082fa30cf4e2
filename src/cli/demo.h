/* `outlayer demo`: one contract asks a question and gets its answer; three attacks end in typed errors, refunds and null. */
#pragma once

int cli_demo(int argc, char **argv);
