// SPDX-License-Identifier: Apache-2.0
#include "cli/manual_texts.h"

namespace scopetrace {
namespace {

struct ManualText {
  std::string_view command;
  std::string_view text;
};

constexpr ManualText kTexts[] = {
    {"scopetrace",
     R"(It shows how one process talks to third parties, in production, without taking secrets along.
A capture needs an approval: a text that says which process, which third parties, how much of each
message, how long and why, signed by whoever asks and by as many other people as the policy of the
host wants. Secrets are taken out before anything is written.

The result is a bundle: compressed lines with signatures, which zstd(1), jq(1) and ssh-keygen(1) read
and verify. Everything that was asked for, approved, captured or refused is an entry in the ledger of
the host.

Members of the group scopetrace need not be root: scopetrace-capture does the privileged part, and
only what an approval allows.)"},
    {"attach",
     R"(It captures the connections and the TLS plaintext of the process that the approval names, or of a
command that it starts, until a limit of the approval is reached, the process ends, the approval is
revoked or Ctrl-C is pressed. Of a unit, a container or a cgroup it captures every process there that
runs an approved program, also those that come later and after a restart, and goes on while nobody is
there. --pid is a number of the pid namespace that it runs in. A second Ctrl-C gives the bundle up. Without an approval it prints the
command that would ask for one.

With --rotate-size or --rotate-every the bundle is written in parts, NAME.0001.jsonl.zst and so on, each
of them whole and signed by itself, and each naming the one before. Limits and budgets go on over all
parts; verify judges them together. A part that cannot be begun, because the disk is full or its name is
taken, ends the capture with status 1: all before it stay whole.

Options narrow what was approved and never widen it. A line on standard error says how much was taken
and what was lost. Until the bundle is sealed its name ends in .incomplete; then its path is printed.
The ledger notes who captured what before the first byte can be taken: where it cannot be written,
nothing is captured.

Where the approval names recipients the bundle is encrypted to them by age(1), as it is written, and its
name ends in .age: whoever captures need not be able to read. If age ends early the capture ends with
status 1, and what was encrypted until then, up to its last 5 seconds, can still be read.)"},
    {"show",
     R"(The first lines are the verdict, as verify gives it, and who approved; then a line for each exchange,
in the order of time. Bytes that came from the traced process are escaped before they reach the
terminal, also in JSON. On a terminal the output goes through the pager of PAGER, or less(1), which is told to
start no programs and write no files (LESSSECURE); an empty PAGER, or cat, is none.

--from and --to are as precise as they are written: --to 14:13 includes the whole minute. A time without a
date is one of any day. --follow shows each line of a running capture as soon as it is sealed, which is
within a few seconds, and ends with the capture; then the verdict comes last. It finds NAME.incomplete by NAME.

An encrypted bundle is decrypted by age(1) with the keys that --identity names, here and in diff; nothing
decrypted is written to a disk, and the ledger of this host notes it. Followed, its lines come about
every five seconds. Of one that was interrupted the sealed part is shown.)"},
    {"diff",
     R"(Both bundles are verified first, and the verdicts stand above the tables. Calls are told by third
party and by endpoint, which is method, host and path with its parameters taken out: how many, the share
that failed, and percentiles of the wait for the answer, right within 1.6 %. A row is marked + when it is
only in the second bundle, - when only in the first, and ~ when the share of failures differs by a
percentage point or a percentile by a fifth and a millisecond. Credentials and data are told by class
and place: their tags mean nothing outside their bundle. More third parties, endpoints or places than
512, 2048 and 4096 are told together as (others). The status is 0 whether or not something changed,
and 7 when a bundle was tampered with.)"},
    {"verify",
     R"(Each bundle is read to its end: every digest, the chain of seals, every signature, and the approval
under which it was made. Parts of one capture that are given together are judged as a whole too: none may
lack, be repeated or stand in another's place. The verdict is COMPLETE, COMPLETE_WITH_LOSS, INCOMPLETE for a capture that
was interrupted and whose sealed part is good, ROLLBACK when a ledger knows that it was longer,
UNTRUSTED when the signers are not accepted, or TAMPERED. It works on any machine; on the host itself a
bundle that was changed or shortened is noted in the ledger, and so is a decryption.

A bundle that is encrypted needs the key of a recipient, with --identity. Of one that was cut the sealed
part is verified up to the last piece of 64 KiB that age(1) opens.)"},
    {"recover",
     R"(A capture that was killed, ran out of power or lost its disk leaves a file that ends in .incomplete. What is
proved of it, up to its last good seal, goes byte for byte into a new bundle, which verify calls
INCOMPLETE; when only the end of the file lacks, which is not signed, it is made again and the bundle is
whole. The interrupted file stays as it is, and nothing is ever overwritten: the new name appears once
everything is on the disk and was verified again. What was lost is printed: how many bytes, and since when.

An encrypted bundle needs the key of a recipient, with --identity, and is encrypted again to the recipients that its
approval names: nothing decrypted is written to a disk, and the ledger notes it. Up to the last five
seconds of its capture are lost. Where a key has a passphrase, age(1) asks three times.

More behind the last good seal than an interruption leaves means that the file was changed: then
nothing is written and the status is 7. With signers that are not accepted the status is 8, and the
new bundle is there all the same.)"},
    {"export",
     R"(It reads a bundle, verifies it, and writes a new folder with what may leave of it: lines.jsonl.zst with a proof
that its lines stand in the bundle, which tells nothing of the others; exchanges.har for browsers and proxies, spans.jsonl for OpenTelemetry, trace.json for ui.perfetto.dev, a CSV table a type of line.
A profile says what may leave: responder all of it; vendor what concerns one third party and nothing of
the host; pci everything redacted once more; hipaa neither names, addresses, paths nor times; metadata
no content. What a profile does not know does not leave.

The folder holds a manifest over its files, signed by whoever exports, which verify checks, and
VERIFY.txt with the commands that check it without scopetrace. Nothing is overwritten, and a bundle
that was changed or is not trusted is not exported. On a host with a ledger the export is an entry there
first, and who may export is what its trust file says.

With --otlp the spans also go to a collector, if policy names it among its otlp_targets; while it is
away they are sent again with growing waits. What could not be sent stays in the folder:
scopetrace export FOLDER --otlp URL sends the rest.)"},
    {"scrub",
     R"(It reads text and writes it with every secret and every piece of personal data replaced by
[REDACTED:class:tag]. Equal values get equal tags within one run, and others in the next: the key of the
tags lives in memory only. Everything else comes out byte for byte, as soon as it is known that nothing
more belongs to it. What cannot be judged is withheld: [WITHHELD:n] stands for n bytes.

Each file is redacted on its own. With --null each record is, whatever stands before it, and record n of
the input is record n of the output; one over 4 MiB is withheld. With --http an input is read as raw HTTP
messages: heads stay line by line, bodies come out whole, decompressed and redacted by their type.

Presets and files of own rules add to the profile standard and never take from it. The input is kept out of swap where
ulimit -l permits, and out of core dumps; what was passed on is overwritten in memory.

Nothing is remembered, and nothing is sent or written anywhere but to the output. The report says what
was replaced, by class, and never a value.)"},
    {"token",
     R"(An approval is a text file. request writes it: the host adds what it knows of the process and signs
that, and so does whoever asks. show tells a reviewer in plain words what would be seen, every risk,
and what the policy says. approve appends a signature; several reviewers may sign one file, or merge
unites what each has signed. verify and status say what lacks. Signatures are those of ssh-keygen -Y
sign, made with a key file, by ssh-agent(1) or by a security key.

revoke --install ends a running capture within two seconds and cannot be taken back. A request with
--break-glass needs fewer people, has strict limits, and refuses the next one until somebody of the
review group has closed it with review.)"},
    {"trust",
     R"(The trust file is an allowed_signers file as ssh-keygen(1) reads it. A line names a person, what they
may sign and their public key. Each line must have namespaces= and no wildcard; one line that does not
refuses the whole file. With --cert-authority the key certifies other keys of that person. Keys in
revoked_keys, a KRL or a list, count for nothing.)"},
    {"policy",
     R"(The policy says what may be approved on this host at all, and by how many people. It wins over every
approval and every option. show prints each value and where it comes from; check is for CI and names
what is not sound. A file with an unknown key, or with a key twice, is refused, and without a policy
nothing is captured.)"},
    {"audit",
     R"(The ledger is a chain: each entry has the digest of the one before, and the host key signs the last.
verify finds entries that were edited, removed, added or moved. A ledger that was cut together with its
checkpoint is found only by evidence from elsewhere: lines of syslog or the journal (--log), or an
earlier copy (--copy). export writes one row for each capture: who asked, who approved, why, what was
allowed and what was used.

Approvals are judged by the time that the ledger knows. When the clock of the host is more than a
minute off, captures are refused until an approver signs accept-clock.)"},
    {"retain",
     R"(It deletes bundles from the folder of bundles as retention in policy.json says, and nothing where that
says nothing. What is older than days goes, then the oldest until all together are within bytes. A legal
hold wins over everything, and a bundle whose capture runs is kept with all its parts. Each deletion is an
entry in the ledger first. Only root may call it; systemd does once a day where scripts/install found it.

Nothing but the very files that were judged is deleted, whoever can write into the folder. Symbolic
links, files with a second name and whatever else cannot be deleted safely stay, and the status is 1.)"},
    {"init",
     R"(What exists is kept: to run it twice is as to run it once. The policy starts strict, and the trust
file knows one key, the host's own.

--rotate-host-key makes a new host key; both keys sign the change in the ledger. Approvals that name
the old key are refused from then on, and bundles of before verify by the old line of the trust file.)"},
    {"doctor",
     R"(Nothing is concluded from the kernel's version: the ways to attach probes to many places at once are
tried, the oldest way is taken for there, and tracepoints are looked up in the kernel's types (BTF).
Nothing is attached to any process. With --pid, which the ledger notes where the host is set up, the
files that a capture of that process would place probes in are opened and resolved as a capture does it,
and each is said to be covered, with the number of its probes, or not, with the reason. Libraries in the usual folders that the process has not loaded count too, since
it may load them later. What is not listed as covered is not seen. The status is 77 when something lacks
without which no capture starts.)"},
};

}  // namespace

std::string_view manual_text(std::string_view command) {
  for (const ManualText& text : kTexts) {
    if (text.command == command) return text.text;
  }
  return "";
}

}  // namespace scopetrace
