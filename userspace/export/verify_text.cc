// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/verify_text.h"

#include "scopes/shell.h"

namespace scopetrace {
namespace {

// Of a part of a bundle: the host's signature over the root that the proof leads to.
std::string final_note_text(const ExportManifest& manifest) {
  if (!manifest.files.contains("final-note")) return "";
  return "    sed '/^$/,$d' final-note >\"$W/body\"; sed '1,/^$/d' final-note >\"$W/block\"\n"
         "    ssh-keygen -Y verify -f \"$SIGNERS\" -I " +
         quote_for_shell("host:" + manifest.host) +
         " -n bundle@scopetrace -s \"$W/block\" <\"$W/body\"\n"
         "    zstd -dc lines.jsonl.zst | wc -l\n";
}

}  // namespace

std::string format_verify_text(const ExportManifest& manifest) {
  std::string text =
      "This folder is an export of a capture by scopetrace, made for the profile " +
      manifest.profile + ".\n" +
      "`manifest` says what is in it and is signed by whoever exported it.\n\n"
      "Without scopetrace, in this folder, with OpenSSH 8.9 or newer. SIGNERS is a file of\n"
      "allowed signers that you trust; ask the exporter for theirs by another way.\n\n"
      "    W=$(mktemp -d)\n"
      "    sed '/^$/,$d' manifest >\"$W/body\"; sed '1,/^$/d' manifest >\"$W/block\"\n"
      "    ssh-keygen -Y verify -f \"$SIGNERS\" -I " +
      quote_for_shell(manifest.exporter) +
      " -n export@scopetrace -s \"$W/block\" <\"$W/body\"\n"
      "    sed -n 's/^file: sha256:\\([0-9a-f]*\\) /\\1  /p' \"$W/body\" | sha256sum -c\n" +
      final_note_text(manifest) +
      "\n"
      "ssh-keygen must say Good, sha256sum OK for every file. With scopetrace:\n\n"
      "    scopetrace verify --allowed-signers \"$SIGNERS\" .\n\n"
      "The counts in `manifest`: `kept` lines are as they were captured, of `derived` ones "
      "something\n"
      "was taken away or redacted again (they say \"derived\":true), `withheld` ones are not "
      "here.\n";
  return text;
}

}  // namespace scopetrace
