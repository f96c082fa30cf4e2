/* The smallest program there is, (module (func (export "_start"))): compiled to start what compiling needs, run to warm what running needs. */
#pragma once
#include "base/slice.h"

extern const struct slice trivial_program;
