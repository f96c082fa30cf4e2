# NEAR contracts: C to wasm32 with clang 19, no libc. outlayer_contract(outlayer FILES a.c b.c) leaves
# ${CMAKE_BINARY_DIR}/contracts/outlayer.wasm. The kit and the freestanding part of src/ are compiled into each.
#
# Loading a contract costs as much for a byte of it as 1.3 instructions, so all is built small. HOT names the exceptions, files whose code runs for every byte
# of most calls.
#
#     clang      *.c to LLVM IR, nothing optimised yet
#     llvm-link  all of it into one module
#     contract_ir.py  slices in registers, texts shortened
#     opt, wasm-ld    optimised as a whole, unused parts dropped
#     wasm-opt   what only a look at the finished WebAssembly can find

find_program(OUTLAYER_WASM_CC clang-19 REQUIRED)
find_program(OUTLAYER_WASM_LINK llvm-link-19 REQUIRED)
find_program(OUTLAYER_WASM_IR_OPT opt-19 REQUIRED)
find_program(OUTLAYER_WASM_LD wasm-ld-19 REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_program(OUTLAYER_WASM_OPT wasm-opt REQUIRED)
# The first 1,024 bytes are the far end of the stack (--stack-first), which no address points to: offsets may be folded into loads.
set(OUTLAYER_WASM_OPT_FLAGS --low-memory-unused --zero-filled-memory --strip-debug --mvp-features --enable-mutable-globals
    --enable-sign-ext -Oz --converge --flatten --rereloop -Oz -Oz --const-hoisting --reorder-locals --reorder-functions)
# What is inlined is copied: these thresholds gave the smallest contract.
set(OUTLAYER_CONTRACT_OPT_FLAGS -passes=lto-pre-link<Oz> -inline-threshold=-10)
set(OUTLAYER_CONTRACT_LD_FLAGS --no-entry --gc-sections --strip-all --lto-O2 -O2 -mllvm -inline-threshold=-25 -mllvm -disable-lsr
    --stack-first -z stack-size=32768)

set(OUTLAYER_CONTRACT_FLAGS --target=wasm32-unknown-unknown -std=gnu17 -Oz -ffreestanding -fno-builtin-printf -nostdlib
    -fvisibility=hidden -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes
    -mno-bulk-memory -mno-nontrapping-fptoint -mno-multivalue -mno-reference-types -mno-simd128 -mno-extended-const
    -I${CMAKE_SOURCE_DIR}/src -I${CMAKE_SOURCE_DIR}/contracts)

set(OUTLAYER_CONTRACT_IR ${CMAKE_CURRENT_LIST_DIR}/contract_ir.py)

function(outlayer_contract name)
    cmake_parse_arguments(ARG "" "" "HOT;FILES" ${ARGN})
    set(out ${CMAKE_BINARY_DIR}/contracts/${name}.wasm)
    set(dir ${CMAKE_BINARY_DIR}/contracts/${name}.dir)
    set(modules)
    foreach(file IN LISTS ARG_FILES OUTLAYER_KIT_FILES)
        get_filename_component(source ${file} ABSOLUTE)
        file(RELATIVE_PATH rel ${CMAKE_SOURCE_DIR} ${source})
        string(REPLACE "/" "_" object ${rel})
        set(object ${dir}/${object}.o)
        set(flags ${OUTLAYER_CONTRACT_FLAGS})
        get_filename_component(stem ${source} NAME_WE)
        if(stem IN_LIST ARG_HOT)
            list(APPEND flags -Os)
        endif()
        if(rel STREQUAL "contracts/kit/runtime.c") # defines what the compiler would otherwise turn its loops into
            list(APPEND flags -Os -fno-builtin)
            set(runtime ${object})
        else()
            list(APPEND flags -emit-llvm -Xclang -disable-llvm-passes)
            list(APPEND modules ${object})
        endif()
        add_custom_command(OUTPUT ${object}
            COMMAND ${OUTLAYER_WASM_CC} ${flags} -MD -MF ${object}.d -c ${source} -o ${object}
            DEPENDS ${source} DEPFILE ${object}.d COMMENT "wasm32 ${rel}" VERBATIM)
    endforeach()
    file(MAKE_DIRECTORY ${dir})
    add_custom_command(OUTPUT ${out}
        COMMAND ${OUTLAYER_WASM_LINK} -S ${modules} -o ${dir}/linked.ll
        COMMAND ${Python3_EXECUTABLE} ${OUTLAYER_CONTRACT_IR} ${dir}/linked.ll ${dir}/small.ll
        COMMAND ${OUTLAYER_WASM_IR_OPT} ${OUTLAYER_CONTRACT_OPT_FLAGS} ${dir}/small.ll -o ${dir}/small.bc
        COMMAND ${OUTLAYER_WASM_LD} ${OUTLAYER_CONTRACT_LD_FLAGS} ${dir}/small.bc ${runtime} -o ${out}.linked
        COMMAND ${OUTLAYER_WASM_OPT} ${OUTLAYER_WASM_OPT_FLAGS} ${out}.linked -o ${out}
        COMMAND wc -c ${out}
        DEPENDS ${modules} ${runtime} ${OUTLAYER_CONTRACT_IR} COMMENT "contract ${name}.wasm" VERBATIM)
    add_custom_target(contract_${name} ALL DEPENDS ${out})
endfunction()
