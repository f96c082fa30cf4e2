# wasmtime as one static library from third_party/engine. It is built once, outside the presets' build folders, so that no
# preset and no later target builds it again: OUTLAYER_ENGINE_DIR (default build/engine) keeps library and headers.

set(OUTLAYER_ENGINE_DIR ${CMAKE_SOURCE_DIR}/build/engine CACHE PATH "where the engine library and its headers are kept")
set(engine_lib ${OUTLAYER_ENGINE_DIR}/release/liboutlayer_engine.a)
if(NOT EXISTS ${engine_lib})
    message(FATAL_ERROR "the engine library is not built yet: run `make engine` (once; it takes a few minutes)")
endif()

add_library(outlayer_engine STATIC IMPORTED GLOBAL)
set_target_properties(outlayer_engine PROPERTIES
    IMPORTED_LOCATION ${engine_lib}
    INTERFACE_INCLUDE_DIRECTORIES ${OUTLAYER_ENGINE_DIR}/include
    INTERFACE_LINK_LIBRARIES "gcc_s;util;rt;pthread;m;dl;c")
