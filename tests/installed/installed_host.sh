#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a command on a host where scripts/install has been run, in a mount namespace of its own: /etc,
# /usr/local, /var/lib and the home folders are copies in memory, so the real ones stay as they are and
# tests that try out --root may run at the same time. Members: carol; approvers alice and bob; mallory has an
# account and is no member.
#
# usage: installed_host.sh SOURCE BUILD COMMAND [ARGUMENT…]
# needs: root
# exits: status of the command, 1 when the installation failed, 77 not root
set -euo pipefail

if [[ ${1-} != --inside ]]; then
  [[ $EUID -eq 0 ]] || { echo "${0##*/}: needs root" >&2; exit 77; }
  exec unshare --mount "$0" --inside "$@"
fi
shift
readonly source=$1 build=$2
shift 2

memory=$(mktemp -d "${TMPDIR:-/tmp}/scopetrace-installed.XXXXXX")
mount -t tmpfs -o mode=755 none "$memory"
for folder in /etc /usr/local /var/lib /home; do
  copy=$memory${folder//\//_}
  mkdir "$copy"
  [[ $folder != /etc ]] || cp -a /etc/. "$copy"
  mount --bind "$copy" "$folder"
done

for user in carol alice bob mallory; do
  useradd --create-home --shell /bin/bash "$user"
  install -d -o "$user" -m 700 "/home/$user/.ssh"
  runuser -u "$user" -- ssh-keygen -q -t ed25519 -N '' -C "$user" -f "/home/$user/.ssh/id_ed25519"
done
"$source/scripts/install" --from "$build" --member carol >/dev/null
for user in carol alice bob; do
  scopetrace trust add "$user@corp.example" "/home/$user/.ssh/id_ed25519.pub" --for request,approval >/dev/null
done

status=0
"$@" || status=$?
exit "$status"
