# NEAR contracts: C to wasm32 with clang 19, no libc. outlayer_contract(outlayer FILES a.c b.c) leaves
# ${CMAKE_BINARY_DIR}/contracts/outlayer.wasm. The kit and the freestanding part of src/ are compiled into each.

find_program(OUTLAYER_WASM_CC clang-19 REQUIRED)
find_program(OUTLAYER_WASM_LD wasm-ld-19 REQUIRED)
# A seventh smaller than what the linker leaves. Addresses below 1,024 are the last of the stack (--stack-first) and hold nothing that is pointed
# to, so offsets may be folded into loads.
find_program(OUTLAYER_WASM_OPT wasm-opt REQUIRED)
# The first 1,024 bytes are the far end of the stack, which no address points to.
set(OUTLAYER_WASM_OPT_FLAGS -Oz --converge --low-memory-unused --zero-filled-memory --strip-debug --mvp-features --enable-mutable-globals --enable-sign-ext)

# Loading a contract costs as much for a byte of it as 1.3 instructions, so all is built small but what runs for every byte of a call.
set(OUTLAYER_CONTRACT_HOT json_read json_write borsh buf schema_borsh schema_json)

set(OUTLAYER_CONTRACT_FLAGS --target=wasm32-unknown-unknown -std=gnu17 -Oz -flto -ffreestanding -fno-builtin-printf -nostdlib
    -fvisibility=hidden -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes
    -mno-bulk-memory -mno-nontrapping-fptoint -mno-multivalue -mno-reference-types -mno-simd128 -mno-extended-const
    -I${CMAKE_SOURCE_DIR}/src -I${CMAKE_SOURCE_DIR}/contracts)

function(outlayer_contract name)
    cmake_parse_arguments(ARG "" "" "FILES" ${ARGN})
    set(out ${CMAKE_BINARY_DIR}/contracts/${name}.wasm)
    set(objects)
    foreach(file IN LISTS ARG_FILES OUTLAYER_KIT_FILES)
        get_filename_component(source ${file} ABSOLUTE)
        file(RELATIVE_PATH rel ${CMAKE_SOURCE_DIR} ${source})
        string(REPLACE "/" "_" object ${rel})
        set(object ${CMAKE_BINARY_DIR}/contracts/${name}.dir/${object}.o)
        set(flags ${OUTLAYER_CONTRACT_FLAGS})
        get_filename_component(stem ${source} NAME_WE)
        if(stem IN_LIST OUTLAYER_CONTRACT_HOT)
            list(APPEND flags -Os)
        endif()
        if(rel STREQUAL "contracts/kit/runtime.c") # defines what the compiler would otherwise turn its loops into
            list(APPEND flags -Os -fno-builtin -fno-lto)
        endif()
        add_custom_command(OUTPUT ${object}
            COMMAND ${OUTLAYER_WASM_CC} ${flags} -MD -MF ${object}.d -c ${source} -o ${object}
            DEPENDS ${source} DEPFILE ${object}.d COMMENT "wasm32 ${rel}" VERBATIM)
        list(APPEND objects ${object})
    endforeach()
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/contracts/${name}.dir)
    add_custom_command(OUTPUT ${out}
        COMMAND ${OUTLAYER_WASM_LD} --no-entry --gc-sections --strip-all --lto-O2 -O2 --stack-first -z stack-size=32768
            ${objects} -o ${out}.linked
        COMMAND ${OUTLAYER_WASM_OPT} ${OUTLAYER_WASM_OPT_FLAGS} ${out}.linked -o ${out}
        COMMAND wc -c ${out}
        DEPENDS ${objects} COMMENT "contract ${name}.wasm" VERBATIM)
    add_custom_target(contract_${name} ALL DEPENDS ${out})
endfunction()
