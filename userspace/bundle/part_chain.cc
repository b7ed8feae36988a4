// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/part_chain.h"

#include <algorithm>
#include <map>

#include "userspace/bundle/bundle_name.h"

namespace scopetrace {
namespace {

using Files = std::vector<const PartFile*>;

bool is_of_rotated(const VerifyReport& report) {
  return report.part > 1 || report.end == kRotatedEnd;
}

bool has_more_losses(const LossCounters& before, const LossCounters& after) {
  return before.lost_kernel_events > after.lost_kernel_events ||
         before.lost_kernel_bytes > after.lost_kernel_bytes ||
         before.claimed_lost_user_events > after.claimed_lost_user_events;
}

std::string part_text(std::uint32_t part) { return "part " + std::to_string(part); }

// One set of files.
class Chain {
 public:
  Chain(std::string name, Files files) : files_(std::move(files)) {
    std::stable_sort(files_.begin(), files_.end(), [](const PartFile* a, const PartFile* b) {
      return a->report.part < b->report.part;
    });
    report_.name = std::move(name);
    for (const PartFile* file : files_) {
      report_.paths.push_back(file->path);
      report_.verdict = std::max(report_.verdict, file->report.verdict);
    }
    // Too broken to tell, or not begun yet: their own verdict stands, and they part no others.
    std::erase_if(files_, [](const PartFile* file) { return file->report.session.empty(); });
  }

  ChainReport judge(const LedgerSeals* ledger) {
    if (files_.empty()) return std::move(report_);
    for (const PartFile* file : files_) judge_place(*file);
    judge_front();
    for (std::size_t i = 1; i < files_.size(); ++i) {
      judge_pair(files_[i - 1]->report, files_[i]->report);
    }
    judge_end();
    if (ledger != nullptr) judge_ledger(*ledger);
    return std::move(report_);
  }

 private:
  void worsen(Verdict verdict, std::string reason) {
    report_.verdict = std::max(report_.verdict, verdict);
    report_.reasons.push_back(std::move(reason));
  }
  void miss(std::uint32_t part) { worsen(Verdict::kIncomplete, part_text(part) + " is missing"); }
  const VerifyReport& first() const { return files_.front()->report; }
  const VerifyReport& last() const { return files_.back()->report; }

  void judge_place(const PartFile& file) {
    const VerifyReport& part = file.report;
    if (part.session != reference() || part.host_key != reference_report().host_key ||
        part.start_seconds != reference_report().start_seconds) {
      worsen(Verdict::kTampered, file.path + " is of another capture");
    }
    const auto named = parse_bundle_file_name(file.path);
    if (named && named->part != 0 && named->part != part.part) {
      worsen(Verdict::kTampered, file.path + " is " + part_text(part.part));
    }
  }

  // The session that most files claim decides which one is foreign; the first of equals.
  const VerifyReport& reference_report() const {
    std::map<std::string, std::size_t> counts;
    for (const PartFile* file : files_) ++counts[file->report.session];
    const PartFile* best = files_.front();
    for (const PartFile* file : files_) {
      if (counts[file->report.session] > counts[best->report.session]) best = file;
    }
    return best->report;
  }
  const std::string& reference() const { return reference_report().session; }

  void judge_front() {
    if (first().part > 1) miss(1);
  }

  void judge_pair(const VerifyReport& before, const VerifyReport& after) {
    if (after.part == before.part) {
      return worsen(Verdict::kTampered, part_text(after.part) + " is there twice");
    }
    if (after.part != before.part + 1) return miss(before.part + 1);
    if (!before.last_frame) return;  // interrupted: nothing to compare with
    if (before.end != kRotatedEnd || after.previous != before.last_frame ||
        has_more_losses(before.losses, after.losses)) {
      worsen(Verdict::kTampered,
             part_text(after.part) + " does not follow " + part_text(before.part));
    }
  }

  void judge_end() {
    if (last().end == kRotatedEnd) miss(last().part + 1);
  }

  void judge_ledger(const LedgerSeals& ledger) {
    const auto later = ledger.heads.lower_bound({reference(), last().part + 1});
    if (later == ledger.heads.end() || later->first.first != reference()) return;
    worsen(Verdict::kRollback, "the ledger knows " + part_text(later->first.second));
  }

  Files files_;
  ChainReport report_;
};

}  // namespace

std::vector<ChainReport> judge_chains(std::span<const PartFile> files, const LedgerSeals* ledger) {
  std::map<std::string, Files> sets;
  for (const PartFile& file : files) {
    const auto named = parse_bundle_file_name(file.path);
    if (named && named->part != 0) {
      sets[named->bundle].push_back(&file);
    } else if (!file.report.session.empty()) {
      sets["session " + file.report.session].push_back(&file);
    }
  }
  std::vector<ChainReport> reports;
  for (auto& [name, set] : sets) {
    const bool is_rotated = std::any_of(
        set.begin(), set.end(), [](const PartFile* file) { return is_of_rotated(file->report); });
    if (set.size() < 2 || !is_rotated) continue;
    reports.push_back(Chain(name, std::move(set)).judge(ledger));
  }
  return reports;
}

}  // namespace scopetrace
