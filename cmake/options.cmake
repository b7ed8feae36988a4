# Warnings and sanitizers for every target of ours, as one interface target.
add_library(scopetrace_options INTERFACE)
target_include_directories(scopetrace_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(scopetrace_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wundef -Werror
  # g++ 12 reports impossible overflows inside its own std::string (GCC bugs 105329 and 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread;-Wno-restrict>)
# g++ collects garbage while it compiles unless its heap may grow (in KiB): a tenth of the time.
target_compile_options(scopetrace_options INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:SHELL:--param ggc-min-heapsize=1048576>)
# A build links some 90 programs: lld, where it is there, does so in a third of the time.
find_program(SCOPETRACE_LLD NAMES ld.lld)
if(SCOPETRACE_LLD)
  target_link_options(scopetrace_options INTERFACE -fuse-ld=lld)
endif()
if(SCOPETRACE_SANITIZE)
  target_compile_options(scopetrace_options INTERFACE
    -fsanitize=${SCOPETRACE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(scopetrace_options INTERFACE -fsanitize=${SCOPETRACE_SANITIZE})
else()
  target_compile_options(scopetrace_options INTERFACE -fstack-protector-strong)
  target_compile_definitions(scopetrace_options INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
  target_link_options(scopetrace_options INTERFACE -Wl,-z,relro,-z,now)
endif()
if(SCOPETRACE_FUZZ)
  target_compile_options(scopetrace_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# The standard headers that most files use, once for all targets. What few files use costs the others
# more than it saves: <nlohmann/json.hpp> leaves 60 MB of templates to be instantiated in each file.
# Each file still includes what it uses: scripts/check-used-headers knows this list.
set(SCOPETRACE_PRECOMPILED
  <algorithm> <array> <cstdint> <functional> <map> <memory> <optional> <span> <string> <string_view>
  <unordered_map> <variant> <vector> <tl/expected.hpp>)
add_library(scopetrace_precompiled STATIC ${PROJECT_SOURCE_DIR}/cmake/precompiled.cc)
target_link_libraries(scopetrace_precompiled PRIVATE scopetrace_options tl::expected)
target_precompile_headers(scopetrace_precompiled PRIVATE ${SCOPETRACE_PRECOMPILED})

# Lets targets that are compiled with the options of the libraries share what is precompiled.
function(scopetrace_precompile)
  foreach(target ${ARGN})
    target_precompile_headers(${target} REUSE_FROM scopetrace_precompiled)
  endforeach()
endfunction()

# Compiles the sources of targets four at a time: what each file would do again takes half of the
# time where the headers are large (GoogleTest, CLI11). So their names outside a test or class differ.
function(scopetrace_compile_together)
  set_target_properties(${ARGN} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 4)
endfunction()

# Adds a static library `scopetrace_<name>` from the sources that follow LIBS' end.
#   scopetrace_add_library(wire SOURCES decode.cc LIBS scopetrace::base)
function(scopetrace_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(scopetrace_${name} STATIC ${ARG_SOURCES})
  add_library(scopetrace::${name} ALIAS scopetrace_${name})
  target_link_libraries(scopetrace_${name} PUBLIC scopetrace_options ${ARG_LIBS})
  scopetrace_precompile(scopetrace_${name})
endfunction()
