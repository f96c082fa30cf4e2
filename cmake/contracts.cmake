# NEAR contracts: C to wasm32 with clang 19, no libc. outlayer_contract(outlayer FILES a.c b.c) leaves
# ${CMAKE_BINARY_DIR}/contracts/outlayer.wasm. The kit and the freestanding part of src/ are compiled into each.

find_program(OUTLAYER_WASM_CC clang-19 REQUIRED)
find_program(OUTLAYER_WASM_LD wasm-ld-19 REQUIRED)

set(OUTLAYER_CONTRACT_FLAGS --target=wasm32-unknown-unknown -std=gnu17 -Os -flto -ffreestanding -fno-builtin-printf -nostdlib
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
        if(rel STREQUAL "contracts/kit/runtime.c") # defines what the compiler would otherwise turn its loops into
            list(APPEND flags -fno-builtin -fno-lto)
        endif()
        add_custom_command(OUTPUT ${object}
            COMMAND ${OUTLAYER_WASM_CC} ${flags} -MD -MF ${object}.d -c ${source} -o ${object}
            DEPENDS ${source} DEPFILE ${object}.d COMMENT "wasm32 ${rel}" VERBATIM)
        list(APPEND objects ${object})
    endforeach()
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/contracts/${name}.dir)
    add_custom_command(OUTPUT ${out}
        COMMAND ${OUTLAYER_WASM_LD} --no-entry --gc-sections --strip-all --lto-O2 -O2 --stack-first -z stack-size=32768
            ${objects} -o ${out}
        DEPENDS ${objects} COMMENT "contract ${name}.wasm" VERBATIM)
    add_custom_target(contract_${name} ALL DEPENDS ${out})
endfunction()
