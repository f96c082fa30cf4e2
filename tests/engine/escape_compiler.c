/* What an attacker runs who has broken the compiler: native code in the real process, where the program is looked at. Linked into a
 * compiler that is otherwise the real one: its calls of wasm_sniff come here. A custom section `attack` of the program names the attack;
 * what comes back alive from its system call goes on compiling, which src/engine/escape_test.c takes for an escape. */
#include "escape_attacks.h"
#include "wasm/custom.h"
#include "wasm/sniff.h"

bool __real_wasm_sniff(struct slice bytes, struct arena *arena, struct wasm_facts *out);
bool __wrap_wasm_sniff(struct slice bytes, struct arena *arena, struct wasm_facts *out);

bool __wrap_wasm_sniff(struct slice bytes, struct arena *arena, struct wasm_facts *out)
{
    attack(wasm_find_custom(bytes, SLICE("attack")));
    return __real_wasm_sniff(bytes, arena, out);
}
