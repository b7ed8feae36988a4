# Test kinds (unit, golden, fuzz, privileged, cli) are ctest labels; exit status 77 is a visible skip.
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)

# The same for tests, with GoogleTest.
add_library(scopetrace_test_precompiled STATIC ${PROJECT_SOURCE_DIR}/cmake/precompiled.cc)
target_link_libraries(scopetrace_test_precompiled PRIVATE scopetrace_options GTest::gtest tl::expected)
# Test code is run once: less optimisation is compiled faster.
set(SCOPETRACE_TEST_FLAGS $<$<CONFIG:RelWithDebInfo>:-Og>)
target_compile_options(scopetrace_test_precompiled PRIVATE ${SCOPETRACE_TEST_FLAGS})
target_precompile_headers(scopetrace_test_precompiled PRIVATE
  ${SCOPETRACE_PRECOMPILED} <gtest/gtest.h>)

# Adds a GoogleTest executable of one kind.
#   scopetrace_add_test(unit_wire LABEL unit SOURCES decode_test.cc LIBS scopetrace::wire)
function(scopetrace_add_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;LIBS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} scopetrace_options GTest::gmock GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${SCOPETRACE_TEST_FLAGS})
  target_precompile_headers(${name} REUSE_FROM scopetrace_test_precompiled)
  scopetrace_compile_together(${name})
  add_test(NAME ${name} COMMAND ${name})
  # The slowest begin first, so that the end is not spent waiting for one of them.
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} SKIP_RETURN_CODE 77 TIMEOUT ${ARG_TIMEOUT}
    COST ${ARG_TIMEOUT})
endfunction()

# Adds a fuzz target. Without SCOPETRACE_FUZZ it replays its corpus as an ordinary test: every file
# in corpus/<name>/, plus the seeds that it makes (tests/support/fuzz_target.h).
#   scopetrace_add_fuzzer(decode SOURCES decode_fuzzer.cc LIBS scopetrace::wire)
function(scopetrace_add_fuzzer name)
  cmake_parse_arguments(ARG "JSON" "" "SOURCES;LIBS" ${ARGN})
  add_executable(fuzz_${name} ${ARG_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE ${ARG_LIBS} scopetrace_options)
  scopetrace_precompile(fuzz_${name})
  # Objects, not a library: a linker would leave out what only libFuzzer calls.
  target_sources(fuzz_${name} PRIVATE $<TARGET_OBJECTS:scopetrace_fuzz_target>)
  if(SCOPETRACE_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    if(ARG_JSON)
      target_sources(fuzz_${name} PRIVATE $<TARGET_OBJECTS:scopetrace_json_mutator>)
    endif()
  else()
    target_sources(fuzz_${name} PRIVATE $<TARGET_OBJECTS:scopetrace_fuzz_replay>)
    add_test(NAME fuzz_${name} COMMAND fuzz_${name} ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
    set_tests_properties(fuzz_${name} PROPERTIES LABELS fuzz TIMEOUT 60)
  endif()
endfunction()
