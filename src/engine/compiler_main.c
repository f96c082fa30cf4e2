/* outlayer-compiler PARENT_PID MAX_MEMORY_BYTES MAX_CPU_SECONDS
 *
 * Compiles the program in descriptor 3 into descriptor 4 and reports on descriptor 5 (wire.h). Started by the engine only. The
 * program is a stranger's and compiling is the largest surface it meets: this process has no secrets and nothing to reach. */
#include "base/fs.h"
#include "base/mem.h"
#include "engine/confine.h"
#include "engine/guest.h"
#include "engine/process.h"
#include "engine/sandbox.h"
#include "engine/trivial.h"
#include "engine/wire.h"
#include "wasm/merge_data.h"
#include "wasm/sniff.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void limit(const char *memory, const char *seconds)
{
#ifndef PROCESS_SANITIZED
    process_limit(RLIMIT_AS, strtoull(memory, NULL, 10));
#else
    (void)memory;
#endif
    process_limit(RLIMIT_CPU, strtoull(seconds, NULL, 10));
    process_limit(RLIMIT_FSIZE, ARTIFACT_LEN_MAX);
}

static struct err *map_wasm(struct slice *out)
{
    struct stat st;
    if (fstat(COMPILER_WASM_FD, &st))
        return err_errno(ERR_UNAVAILABLE, errno, "measuring the program");
    if (st.st_size == 0)
        return err_new(ERR_INVALID, "the program is empty");
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, COMPILER_WASM_FD, 0);
    if (at == MAP_FAILED)
        return err_errno(ERR_UNAVAILABLE, errno, "mapping the program");
    *out = slice_from(at, (size_t)st.st_size);
    return NULL;
}

/* What is neither module nor component never reaches the compiler. */
static struct err *check_shape(struct slice wasm, struct wasm_facts *facts)
{
    AUTO(arena) struct arena arena = {0};
    bool whole = wasm_sniff(wasm, &arena, facts);
    facts->imports = NULL; /* not looked at, and gone with the arena */
    if (facts->shape == WASM_SHAPE_NONE)
        return err_new(ERR_INVALID, "the program is not WebAssembly: it begins neither as a module nor as a component does");
    return whole ? NULL : err_new(ERR_INVALID, "the program is not valid: a section is cut off or has more than it says");
}

static const char legacy_exceptions[] = "its exceptions, or its setjmp, are of the form before the standard's; build it for "
                                        "the standard's: with clang 20 or later by "
                                        "-mllvm -wasm-use-legacy-eh=false, with emscripten by -sWASM_LEGACY_EXCEPTIONS=0";

static struct err *explain(wasmtime_error_t *error, enum err_code code, const char *doing)
{
    if (!error)
        return NULL;
    AUTO(buf) struct buf text = {0};
    guest_error_text(error, &text);
    if (strstr(buf_str(&text), "legacy_exceptions")) { /* the engine library names a feature that it does not have */
        buf_clear(&text);
        buf_append_str(&text, legacy_exceptions);
    }
    return err_new(code, "%s: %s", doing, buf_str(&text));
}

/* Takes the bytes. */
static struct err *write_artifact(wasm_byte_vec_t *bytes, const struct wasm_facts *facts, uint32_t added_instructions,
                                  uint64_t *len)
{
    const struct artifact_tail tail = {
        .magic = ARTIFACT_TAIL_MAGIC, .has_start = facts->has_start, .added_instructions = added_instructions};
    *len = bytes->size + sizeof tail;
    struct err *e = fs_write_fd(COMPILER_ARTIFACT_FD, "the artifact", slice_from(bytes->data, bytes->size));
    wasm_byte_vec_delete(bytes);
    return e ? e : fs_write_fd(COMPILER_ARTIFACT_FD, "the artifact", slice_from(&tail, sizeof tail));
}

static struct err *compile_module(struct guest_host *host, struct slice wasm, const struct wasm_facts *facts,
                                  uint64_t *artifact_len)
{
    AUTO(buf) struct buf merged = {0};
    uint32_t filler_len = 0;
    wasmtime_module_t *module = NULL;
    wasm_byte_vec_t bytes;
    uint32_t fewer = wasm_merge_data(wasm, &merged, &filler_len);
    if (fewer)
        wasm = buf_slice(&merged);
    TRY(explain(wasmtime_module_new(host->engine, wasm.ptr, wasm.len, &module), ERR_INVALID, "the program is not valid"));
    struct err *e = guest_check_module(host, module);
    if (!e)
        e = explain(wasmtime_module_serialize(module, &bytes), ERR_BUG, "writing the artifact");
    if (!e)
        e = write_artifact(&bytes, facts, guest_added_instructions(fewer, filler_len), artifact_len);
    wasmtime_module_delete(module);
    return e;
}

static struct err *compile_component(struct guest_host *host, struct slice wasm, const struct wasm_facts *facts,
                                     uint64_t *artifact_len)
{
    wasmtime_component_t *component = NULL;
    wasm_byte_vec_t bytes;
    TRY(explain(wasmtime_component_new(host->engine, wasm.ptr, wasm.len, &component), ERR_INVALID, "the program is not valid"));
    struct err *e = guest_check_component(host, component);
    if (!e)
        e = explain(wasmtime_component_serialize(component, &bytes), ERR_BUG, "writing the artifact");
    if (!e)
        e = write_artifact(&bytes, facts, 0, artifact_len);
    wasmtime_component_delete(component);
    return e;
}

static struct err *compile(struct guest_host *host, uint64_t *artifact_len)
{
    struct slice wasm;
    struct wasm_facts facts = {0};
    TRY(map_wasm(&wasm));
    TRY(check_shape(wasm, &facts));
    return facts.shape == WASM_SHAPE_COMPONENT ? compile_component(host, wasm, &facts, artifact_len)
                                               : compile_module(host, wasm, &facts, artifact_len);
}

/* The engine library compiles with threads of its own, which it starts at the first compilation: after that, none may be made. */
static struct err *confine(struct guest_host *host)
{
    wasmtime_module_t *module = NULL;
    TRY(guest_host_open_compiler(host));
    TRY(explain(wasmtime_module_new(host->engine, trivial_program.ptr, trivial_program.len, &module), ERR_BUG, "starting"));
    wasmtime_module_delete(module);
    return sandbox_confine(SANDBOX_COMPILER);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    AUTO(buf) struct buf confinement = {0};
    process_begin(COMPILER_FDS_END);
    confine_process(&confinement);
    process_die_with((pid_t)atol(argv[1]));
    limit(argv[2], argv[3]);

    static struct guest_host host;
    struct compile_report report = {.magic = WIRE_MAGIC, .accepted = 1};
    struct err *e = confine(&host);
    if (!e)
        e = compile(&host, &report.artifact_len);
    if (e && err_code(e) != ERR_INVALID)
        _exit(1); /* no report: the engine takes it for a death of ours */
    if (e) {
        report.accepted = 0;
        wire_set_text(report.text, err_text(e));
        err_free(e);
    }
    err_free(fs_write_fd(COMPILER_REPORT_FD, "the report", slice_from(&report, sizeof report)));
    _exit(0); /* nothing to tear down */
}
