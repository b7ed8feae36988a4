// SPDX-License-Identifier: Apache-2.0
// Whether several bundles are the parts of one rotated capture, all of them and in their places.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "userspace/bundle/verify.h"

namespace scopetrace {

// One file that was verified on its own.
struct PartFile {
  std::string path;
  VerifyReport report;
};

// What the files that belong together are as a whole.
struct ChainReport {
  std::string name;                // path without number and ending; of unnumbered files the first
  std::vector<std::string> paths;  // in the order of their parts
  Verdict verdict = Verdict::kComplete;  // at least that of the worst part
  std::vector<std::string> reasons;      // of the chain; those of a part are in its own report
};

// Puts files together by name (`NAME.0001.jsonl.zst`), else by session, and judges each set of two
// or more of which one is part of a rotated capture:
//   a part is missing, at the front, in between or at the end           INCOMPLETE
//   the ledger knows of a later part than there is                      ROLLBACK
//   a part is of another session, stands under another number, is there twice, or does not follow
//   the one before                                                      TAMPERED
std::vector<ChainReport> judge_chains(std::span<const PartFile> files, const LedgerSeals* ledger);

}  // namespace scopetrace
