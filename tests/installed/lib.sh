# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the cases of an installed host share. Sourced by run_cases.py in an empty folder of root's.

unset SCOPETRACE_ROOT
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin # the installed programs, not the built ones

# Runs a command as that user, with a login's environment.
as() {
  local user=$1
  shift
  (cd "/home/$user" && exec setpriv --reuid "$user" --regid "$user" --init-groups \
    env -i HOME="/home/$user" USER="$user" PATH=/usr/local/bin:/usr/bin:/bin NO_COLOR=1 LC_ALL=C.UTF-8 "$@")
}

# Starts a process of the user that does nothing until the case ends; its tgid is in $target.
start_target() {
  setpriv --reuid "${1:-nobody}" --clear-groups tail -f /dev/null --pid=$$ >/dev/null 2>&1 &
  target=$!
}

# Carol's request for $target in her home, approved by alice and bob; options follow.
approved() {
  rm -rf /home/carol/a.approval /home/carol/b.jsonl.zst*
  as carol scopetrace token request --pid "$target" --third-party api.payments.example \
    --reason 'charges fail' --as carol@corp.example --key .ssh/id_ed25519 -o a.approval "$@" 2>/dev/null
  for user in alice bob; do
    scopetrace token approve /home/carol/a.approval --key "/home/$user/.ssh/id_ed25519" \
      --as "$user@corp.example" >/dev/null 2>&1
  done
  chown carol /home/carol/a.approval
}

# Starts carol's capture of $target and waits until it is attached; $front, $capture and $redact are the
# tgids of the three programs. What the front end says stays readable on descriptor 7.
start_capture() {
  local line=
  mkfifo messages
  exec 7<>messages
  as carol scopetrace attach --approval a.approval --pid "$target" --for 20s -o b.jsonl.zst "$@" 2>&7 &
  until [[ $line == *'attached in'* ]]; do
    read -r line <&7
    echo "$line"
    [[ $line != *'scopetrace: attach:'* ]] || return 1
  done
  front=$(pgrep -u carol -x scopetrace --runstates RSD)
  capture=$(pgrep -P "$front" -x scopetrace-capt)
  # shellcheck disable=SC2034  # the cases use it
  redact=$(pgrep -P "$capture" -x scopetrace-reda)
}

# Ends the capture as Ctrl-C would; shows what it said.
end_capture() {
  kill -INT "$front"
  wait_for_end
}

# Waits until the capture has ended; shows what it said.
wait_for_end() {
  local line=
  until [[ $line == *sealed* || $line == *'scopetrace: attach:'* ]]; do
    read -r line <&7
    echo "$line"
  done
  tail -f /dev/null --pid="$front"
  tail -f /dev/null --pid="$capture"
}

# The events of the ledger, one a line.
ledger_events() { jq -r .event /var/lib/scopetrace/ledger/entries.jsonl; }
