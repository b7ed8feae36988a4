#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Plants one forbidden include of each kind in an empty tree and expects the checker to name it.
#
# usage: includes_refused_test.sh CHECKER
# exits: 0 each was named, 1 one was not
set -euo pipefail

readonly checker=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

# Expects a file with this include to be refused (or accepted) by the checker.
expect() {
  local verdict=$1 file=$2 include=$3 got=accepted
  mkdir -p "$tree/${file%/*}"
  printf '#include %s\n' "$include" >"$tree/$file"
  "$checker" "$tree" >/dev/null 2>"$tree/said" || got=refused
  if [[ $got != "$verdict" ]]; then
    printf '%s in %s was %s, expected %s\n' "$include" "$file" "$got" "$verdict"
    failed=1
  elif [[ $got = refused ]] && ! grep -q "^$file: " "$tree/said"; then
    printf 'the refusal of %s does not name %s\n' "$include" "$file"
    failed=1
  fi
  rm "$tree/$file"
}

expect accepted userspace/stream/item.cc '"userspace/wire/event.h"'
expect accepted userspace/redact/redactor.h '"userspace/protocol/message.h"'
expect accepted userspace/session/session.cc '<thread>'
expect refused userspace/base/clock.cc '"userspace/wire/event.h"'
expect refused userspace/wire/event.cc '"userspace/session/session.h"'
expect refused userspace/bundle/encoder.cc '"userspace/protocol/message.h"'
expect refused userspace/session/chain.cc '"userspace/protocol/message.h"'
expect refused userspace/redact/redactor.cc '"bpf/event.h"'
expect refused userspace/session/probe.cc '<bpf/libbpf.h>'
expect refused userspace/resolve/elf.cc '<seccomp.h>'
expect refused userspace/protocol/parse.cc '<thread>'
expect refused userspace/novelty/new.cc '"userspace/base/result.h"'
expect refused scopes/approval.cc '"cli/command.h"'
exit "$failed"
