// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/part_chain.h"

#include <algorithm>
#include <map>

namespace scopetrace {
namespace {

using Files = std::vector<const PartFile*>;

// What a file's name claims: `NAME.0002.jsonl.zst`, also with `.incomplete` or `.recovered`.
struct Numbered {
  std::string name;
  std::uint32_t part = 0;
};

std::optional<Numbered> parse_name(std::string_view path) {
  constexpr std::string_view kIncomplete = ".incomplete";
  constexpr std::string_view kEnding = ".jsonl.zst";
  constexpr std::string_view kRecovered = ".recovered";
  constexpr std::size_t kNumberBytes = 5;  // ".0002"
  if (path.ends_with(kIncomplete)) path.remove_suffix(kIncomplete.size());
  if (path.ends_with(kEnding)) path.remove_suffix(kEnding.size());
  if (path.ends_with(kRecovered)) path.remove_suffix(kRecovered.size());
  if (path.size() <= kNumberBytes) return std::nullopt;
  const std::string_view number = path.substr(path.size() - kNumberBytes);
  const bool is_number =
      number.front() == '.' && number.find_first_not_of("0123456789", 1) == std::string_view::npos;
  if (!is_number) return std::nullopt;
  const auto part = static_cast<std::uint32_t>(std::stoul(std::string(number.substr(1))));
  return Numbered{std::string(path.substr(0, path.size() - kNumberBytes)), part};
}

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
  }

  ChainReport judge(const LedgerSeals* ledger) {
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
    if (part.session.empty()) return;  // too broken to tell; its own verdict says so
    if (part.session != reference() || part.host_key != reference_report().host_key ||
        part.start_seconds != reference_report().start_seconds) {
      worsen(Verdict::kTampered, file.path + " is of another capture");
    }
    const auto named = parse_name(file.path);
    if (named && named->part != part.part) {
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
    if (!first().session.empty() && first().part > 1) miss(1);
  }

  void judge_pair(const VerifyReport& before, const VerifyReport& after) {
    if (before.session.empty() || after.session.empty()) return;
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
    const auto named = parse_name(file.path);
    if (named) {
      sets[named->name].push_back(&file);
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
