# SPDX-License-Identifier: Apache-2.0
# What the benchmarks of a traced program share; sourced. A host with one requester and two reviewers, and
# tracers that are started on one process and ended again. Wants: `die` and `work`, a folder.

# Creates the host and its people in $work; SCOPETRACE_ROOT names it from then on.
make_host() {
  export SCOPETRACE_ROOT=$work/root
  local person
  scopetrace init >/dev/null
  for person in carol alice bob; do
    ssh-keygen -q -t ed25519 -N '' -f "$work/$person"
    scopetrace trust add "$person@localhost" "$work/$person.pub" --for request,approval >/dev/null
  done
}

# Each tracer runs on CPU 1; its number is in $tracer_tgid until end_tracer.
#   start_scopetrace TGID SECONDS [OPTIONS of token request…]      the bundle is $work/bench.zst
start_scopetrace() {
  local tgid=$1 limit=$2
  shift 2
  rm -f "$work/bench.approval" "$work/bench.zst"
  scopetrace token request --pid "$tgid" --level redacted --for "${limit}s" --reason bench \
    --key "$work/carol" --as carol@localhost -o "$work/bench.approval" "$@" 2>"$work/request.log" ||
    die 1 "$(tail -n 2 "$work/request.log")"
  scopetrace token approve "$work/bench.approval" --key "$work/alice" 2>/dev/null
  scopetrace token approve "$work/bench.approval" --key "$work/bob" 2>/dev/null
  taskset -c 1 scopetrace attach --approval "$work/bench.approval" --pid "$tgid" \
    --for "${limit}s" -o "$work/bench.zst" >/dev/null 2>"$work/attach.log" 7>&- 8>&- &
  tracer_tgid=$!
  wait_for "$work/attach.log" 'attached in'
}

# At most 200 bytes of each call: its limit.
start_bpftrace() {
  local program="uprobe:$libssl:SSL_write /pid == $1/ { printf(\"%r\\n\", buf(arg1, 200)); }
    uprobe:$libssl:SSL_read /pid == $1/ { @buffer[tid] = arg1; }
    uretprobe:$libssl:SSL_read /@buffer[tid]/ { printf(\"%r\\n\", buf(@buffer[tid], 200)); delete(@buffer[tid]); }
    BEGIN { printf(\"begun\\n\"); }"
  BPFTRACE_STRLEN=200 taskset -c 1 bpftrace -p "$1" -e "$program" >"$work/bpftrace.out" \
    2>"$work/bpftrace.err" 7>&- 8>&- &
  tracer_tgid=$!
  wait_for "$work/bpftrace.out" begun
}

# Sees ciphertext only.
start_strace() {
  taskset -c 1 strace -f -s 16384 -o "$work/strace.out" -p "$1" 2>"$work/strace.err" 7>&- 8>&- &
  tracer_tgid=$!
  wait_for "$work/strace.err" attached
}

start_none() { tracer_tgid=; }

end_tracer() {
  [[ -n $tracer_tgid ]] || return 0
  kill -INT "$tracer_tgid" 2>/dev/null || true
  wait "$tracer_tgid" || true
}

# Waits until a file says something; a tracer writes it when its probes are in place.
wait_for() {
  local tries
  for ((tries = 0; tries < 1000; ++tries)); do
    ! grep -q "$2" "$1" 2>/dev/null || return 0
    read -r -t 0.01 _ <> <(:) || true
  done
  die 1 "no '$2' in ${1##*/}: $(tail -n 2 "$1")"
}

# Median of the numbers on standard input.
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

libssl=$(ldconfig -p | awk '/libssl\.so\.3 / && !found++ {print $NF}')
readonly libssl
