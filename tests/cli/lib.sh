# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the command-line cases share. Sourced by run_cases.py in an empty folder; SCOPETRACE_ROOT is set.

# Makes an Ed25519 key pair ./NAME for each person named.
make_keys() {
  local name
  for name in "$@"; do
    ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$PWD/$name"
  done
}

# A host with scopetrace set up and three people known to it: carol asks, alice and bob approve.
make_host() {
  make_keys carol alice bob
  scopetrace init >/dev/null
  scopetrace trust add carol@corp.example carol.pub --for request,approval >/dev/null
  scopetrace trust add alice@corp.example alice.pub --for request,approval >/dev/null
  scopetrace trust add bob@corp.example bob.pub --for request,approval >/dev/null
}

# Starts a process that does nothing until the case ends; its tgid is in $target.
start_target() {
  tail -f /dev/null --pid=$$ >/dev/null 2>&1 &
  target=$!
}

# Starts the target in a control group of this name, as a service manager would; both end with the case.
start_unit() {
  local mount
  mount=$(awk '$0 ~ / - cgroup2 / && $4 == "/" { print $5; exit }' /proc/self/mountinfo)
  unit_folder=$mount/$1
  mkdir "$unit_folder"
  start_target
  echo "$target" >"$unit_folder/cgroup.procs"
  trap 'stop_target; rmdir "$unit_folder"' EXIT
}

# Ends the target and waits until it is gone.
stop_target() {
  kill "$target" 2>/dev/null || true
  wait "$target" 2>/dev/null || true
}

# Carol's request for $target, into the named file; further options follow and may name another target.
request() {
  local file=$1
  shift
  local named=" $* " which=()
  [[ $named =~ \ --(pid|unit|container|cgroup)\  ]] || which=(--pid "$target")
  scopetrace token request "${which[@]}" --third-party api.payments.example \
    --reason 'charges fail since 14:05' --key carol --as carol@corp.example -o "$file" "$@"
}

# A file with the signature of each named person.
approve() {
  local file=$1 name
  shift
  for name in "$@"; do
    scopetrace token approve "$file" --key "$name" --as "$name@corp.example"
  done
}

# A request for $target that alice and bob have approved: enough for every level.
approved() {
  local file=$1
  shift
  request "$file" "$@" >/dev/null
  approve "$file" alice bob >/dev/null
}

# A bundle of one second under an approval of alice and bob: b.jsonl.zst; its trust file is $signers.
make_bundle() {
  make_host
  start_target
  approved a.approval
  scopetrace attach --approval a.approval --pid "$target" --for 1s -o b.jsonl.zst >/dev/null 2>&1
  signers=$SCOPETRACE_ROOT/etc/scopetrace/allowed_signers
}

# Two whole bundles of fixed bytes, sample.jsonl.zst and timeline.jsonl.zst, and their trust file.
make_sample() {
  command make_bundle "$PWD"
  cp "$SOURCE/tests/golden/data/timeline.jsonl.zst" .
}

# Sets the retention of the host: members of the JSON object.
retention() {
  printf '{"retention": {%s}}' "$1" >"$SCOPETRACE_ROOT/etc/scopetrace/policy.json"
}

# Puts files of 4096 bytes into the folder of bundles, $bundles, each named with its age in days: `NAME DAYS`.
store() {
  local file
  bundles=$SCOPETRACE_ROOT/var/lib/scopetrace/bundles
  for file in "$@"; do
    head -c 4096 /dev/urandom >"$bundles/${file% *}"
    touch -d "${file##* } days ago" "$bundles/${file% *}"
  done
}

# Makes the key ./NAME of age and prints its recipient.
make_identity() {
  age-keygen -o "$1" 2>/dev/null
  age-keygen -y "$1"
}

# A bundle of one second that is encrypted to ./reader: b.jsonl.zst.age; further options are of the request.
make_encrypted() {
  make_host
  start_target
  approved a.approval --recipient "$(make_identity reader)" "$@"
  scopetrace attach --approval a.approval --pid "$target" --for 1s -o b.jsonl.zst.age >/dev/null 2>&1
  signers=$SCOPETRACE_ROOT/etc/scopetrace/allowed_signers
}

# A program ./bin/age that runs this script, before all others in PATH; `real_age` is the stock one.
fake_age() {
  mkdir -p bin
  printf '#!/bin/bash\nreal_age=%s\n%s\n' "$(command -v age)" "$1" >bin/age
  chmod 755 bin/age
  PATH=$PWD/bin:$PATH
}

# Changes the body of an approval with a sed script; host (or another key) and carol sign it anew, as
# they would have signed such a request, and alice and bob approve it.
#   rewrite_approval FILE SED_SCRIPT [HOST_KEY]
rewrite_approval() {
  local file=$1 body=$1.body host_key=${3:-$SCOPETRACE_ROOT/var/lib/scopetrace/host_key}
  sed '/^$/q' "$file" | sed '/^$/d' | sed "$2" >"$body"
  ssh-keygen -q -Y sign -f "$host_key" -n host@scopetrace "$body" 2>/dev/null
  mv "$body.sig" "$body.host"
  ssh-keygen -q -Y sign -f "$PWD/carol" -n request@scopetrace "$body" 2>/dev/null
  { cat "$body"; echo; cat "$body.host" "$body.sig"; } >"$file"
  approve "$file" alice bob >/dev/null
}

# Starts an ssh-agent that holds these keys, in this order, and ends with the case.
start_agent() {
  eval "$(ssh-agent -s)" >/dev/null
  trap 'ssh-agent -k >/dev/null' EXIT
  local key
  for key in "$@"; do ssh-add -q "$key" 2>/dev/null; done
}

# A certificate NAME-cert.pub of ./NAME for a principal, by the authority ./ca that the trust file knows.
#   certify NAME PRINCIPAL [SSH_KEYGEN_OPTION…]
certify() {
  local name=$1 principal=$2
  shift 2
  [[ -e ca ]] || make_keys ca
  [[ -e $name ]] || make_keys "$name"
  ssh-keygen -q -s ca -I "$name" -n "$principal" -V -1h:+1h "$@" "$name.pub"
  scopetrace trust add "$principal" ca.pub --cert-authority --for request,approval >/dev/null
}

# Has stock ssh-keygen verify the last signature of a document.
#   verify_last FILE PRINCIPAL NAMESPACE [SSH_KEYGEN_OPTION…]
verify_last() {
  local file=$1 principal=$2 namespace=$3
  shift 3
  sed '/^$/,$d' "$file" >"$file.body"
  tac "$file" | sed '/^-----BEGIN/q' | tac >"$file.block"
  ssh-keygen -Y verify -f "$SCOPETRACE_ROOT/etc/scopetrace/allowed_signers" -I "$principal" \
    -n "$namespace" -s "$file.block" "$@" <"$file.body"
}

# Appends a signature that stock ssh-keygen makes.
#   sign_by_stock FILE KEY NAMESPACE
sign_by_stock() {
  sed '/^$/,$d' "$1" >"$1.body"
  ssh-keygen -q -Y sign -f "$2" -n "$3" <"$1.body" 2>/dev/null >>"$1"
}

# A secret that exists only in this run: 24 letters and digits, of both kinds.
make_secret() {
  printf 'a7%s' "$(head -c 64 /dev/urandom | base64 -w 0 | tr -d '+/=' | cut -c 1-22)"
}

# Text without the tags of its placeholders, which differ from run to run.
untagged() {
  sed -E 's/(\[REDACTED:[a-z0-9-]+):[0-9a-f]{16}\]/\1]/g'
}

# A raw request with the secret in a header and in a body that is gzipped and sent in chunks.
make_http() {
  python3 - "$1" <<'P'
import gzip, sys
body = gzip.compress(b'{"amount": 1200, "password": "%s", "currency": "usd"}' % sys.argv[1].encode())
chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:20], body[20:]))
sys.stdout.buffer.write(b"POST /v1/charges HTTP/1.1\r\nHost: api.payments.example\r\n"
                        b"Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                        b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%s0\r\n\r\n"
                        % (sys.argv[1].encode(), chunks))
P
}

# A committed bundle with a line of most types, $bundle, and a trust file ./signers that accepts it and
# lets carol export.
sample() {
  bundle=$CASES/../golden/data/timeline.jsonl.zst
  make_keys carol
  make_bundle_files .
  cat allowed_signers >signers
  printf 'carol@corp.example namespaces="export@scopetrace" %s\n' "$(cut -d' ' -f1,2 carol.pub)" >>signers
}
# lib.sh has a function of the name of the program that writes the worked example.
make_bundle_files() { command make_bundle "$@"; }

# Starts a collector that policy names, with the answers it gives first; ends with the case. Its place is $url,
# what it took is in ./spans, the authorization of each request in ./headers.
start_collector() {
  rm -f port
  python3 "$CASES/../support/collector.py" port spans "$@" >headers &
  collector=$!
  trap 'kill "$collector" 2>/dev/null || true' EXIT
  until [[ -e port ]]; do kill -0 "$collector"; sleep 0.05; done
  url=http${CERTIFICATE:+s}://127.0.0.1:$(<port)
  name_collector "$url"
}

# Policy names this URL as a place for spans.
name_collector() {
  mkdir -p "$SCOPETRACE_ROOT/etc/scopetrace"
  printf '{"otlp_targets": ["%s"]}' "$1" >"$SCOPETRACE_ROOT/etc/scopetrace/policy.json"
}
