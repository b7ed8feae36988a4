# Compiles BPF programs and generates their skeletons.
find_program(SCOPETRACE_BPF_CLANG NAMES clang-14 clang REQUIRED)
find_program(SCOPETRACE_BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)
set(SCOPETRACE_BPF_FLAGS -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -Wall -Wextra
  -Wno-unused-parameter -Wpadded -Werror)

# Compiles bpf/<name>.bpf.c into <name>.skel.h; libraries that include it link scopetrace::<name>_skel.
function(scopetrace_add_bpf name)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(skeleton ${CMAKE_CURRENT_BINARY_DIR}/${name}.skel.h)
  add_custom_command(
    OUTPUT ${skeleton}
    COMMAND ${SCOPETRACE_BPF_CLANG} ${SCOPETRACE_BPF_FLAGS} -I${PROJECT_SOURCE_DIR}
            -MD -MF ${object}.d -MT ${skeleton}
            -c ${CMAKE_CURRENT_SOURCE_DIR}/${name}.bpf.c -o ${object}
    COMMAND ${SCOPETRACE_BPFTOOL} gen skeleton ${object} name ${name}_bpf > ${skeleton}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}.bpf.c
    DEPFILE ${object}.d
    VERBATIM)
  add_custom_target(scopetrace_${name}_skel_file DEPENDS ${skeleton})
  add_library(scopetrace_${name}_skel INTERFACE)
  add_library(scopetrace::${name}_skel ALIAS scopetrace_${name}_skel)
  add_dependencies(scopetrace_${name}_skel scopetrace_${name}_skel_file)
  target_include_directories(scopetrace_${name}_skel SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
