/* Custom sections: what a program's author put beside the code.
 * Source: WebAssembly core specification, "Custom Section"; component model, "Binary": a component nests modules and components. */
#pragma once
#include "base/slice.h"

/* The payload of the first custom section of that name, in the order of the bytes: of a module, or of a component and everything that
 * is nested in it. A NULL pointer when there is none before the end or the first broken section. Borrowed. */
struct slice wasm_find_custom(struct slice wasm, struct slice name);
