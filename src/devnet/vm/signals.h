/* The engine turns guest traps into signals (an illegal instruction, an access to guarded memory) and catches them with handlers
 * that it installs once a process. Other code may replace them later, as a test framework does: then the next trap would end the
 * process. So the handlers are remembered when the first engine is made and put back before contract code runs. */
#pragma once

/* Call right after making an engine. Only the first call of a process counts. */
void signals_remember(void);

/* Puts back what was replaced, and lets this thread take the signals: one that a thread blocks ends the process. */
void signals_restore(void);
