// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/text/text_scanner.h"

#include <algorithm>
#include <array>

#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/pairs/contextual_class.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kTagBytes = 8;
constexpr std::size_t kMaxPending = 4096;   // values waiting to be learned
constexpr std::size_t kMaxSightings = 256;  // per exchange

// Where what is left for later begins, for a value that begins at `at`.
using Backward = std::size_t (*)(std::string_view text, std::size_t at);

std::size_t keep_place(std::string_view, std::size_t at) { return at; }

// `end`, or before the value that goes over it or touches the end of the text.
std::size_t cut_before(std::string_view text, std::size_t end, const std::vector<Finding>& findings,
                       Backward begin_of) {
  for (auto finding = findings.rbegin(); finding != findings.rend(); ++finding) {
    if (finding->range.begin >= end) continue;
    if (finding->range.end <= end && finding->range.end < text.size()) break;
    end = begin_of(text, finding->range.begin);
  }
  return end;
}

}  // namespace

TextScanner::TextScanner(Detectors& detectors, ByteVector pseudonym_key)
    : detectors_(detectors), pseudonyms_(pseudonym_key) {
  wipe(pseudonym_key);
}

TextScanner::~TextScanner() { wipe_texts(); }

void TextScanner::forget() {
  keeps_pending_ = false;
  wipe_texts();
  detectors_.forget();
}

void TextScanner::wipe_texts() {
  for (std::string& value : pending_) wipe(value);
  pending_.clear();
  for (DecodedPart& part : parts_) {
    part.text.resize(part.text.capacity());  // earlier texts may have been longer
    wipe(part.text);
    part.text.clear();
  }
}

void TextScanner::find_all(ScanText& scan, unsigned depth) {
  ScanWork& work = work_[depth];
  detectors_.find(scan, Detectors::Kind::kAll, work);
  vault_.find(scan.text, work.findings);
  if (depth < kMaxDepth) find_encoded(scan.text, depth);
  drop_inside(work.placeholders, work.findings);
  merge_findings(work.findings);
}

void TextScanner::find_encoded(std::string_view text, unsigned depth) {
  ScanWork& work = work_[depth];
  find_base64(text, depth);
  std::size_t done = 0;
  for (const std::uint32_t at : work.chars.signs) {
    if (text[at] == '%') find_escaped(text, at, done, depth);
  }
  done = 0;
  for (const std::size_t at : work.escapes) find_escaped(text, at, done, depth);
}

bool TextScanner::hides_something(std::string_view token, unsigned depth) {
  if (!is_readable(token)) return false;
  ScanText inner{token};
  find_all(inner, depth + 1);
  return !work_[depth + 1].findings.empty();
}

void TextScanner::find_base64(std::string_view text, unsigned depth) {
  for (const std::uint32_t at : work_[depth].chars.tokens) {
    auto part = decode_base64_run(text, at);
    if (!part) continue;
    if (hides_something(part->text, depth))
      work_[depth].findings.push_back({part->range, "encoded"});
    wipe(part->text);
  }
}

// What is found in the decoded part is found in the outer text; `done` is where the last one ended.
void TextScanner::find_escaped(std::string_view text, std::size_t at, std::size_t& done,
                               unsigned depth) {
  DecodedPart& part = parts_[depth];
  if (at < done || !decode_escapes(text, at, done, part)) return;
  done = part.origin.back();
  ScanText inner{part.text};
  find_all(inner, depth + 1);
  for (const Finding& finding : work_[depth + 1].findings) {
    work_[depth].findings.push_back(
        {part.outer(finding.range), finding.class_name, finding.is_learned});
  }
}

std::string TextScanner::redact(std::string_view text, unsigned depth) {
  std::string out;
  TableColumns columns;
  ScanText scan{text};
  scan.columns = &columns;
  find_all(scan, depth);
  append(text, 0, text.size(), work_[depth].findings, out);
  return out;
}

std::size_t TextScanner::find_begin(std::string_view text, TableColumns& columns) {
  ScanText scan{text, false};
  scan.columns = &columns;
  find_all(scan, 0);
  return std::min(scan.undecided, text.size());
}

std::size_t TextScanner::redact_begin(std::string_view text, TableColumns& columns,
                                      std::string& out) {
  const std::size_t decided = find_begin(text, columns);
  const std::size_t end = cut_before(text, decided, work_[0].findings, keep_place);
  append(text, 0, end, work_[0].findings, out);
  return end;
}

std::size_t TextScanner::redact_lines(std::string_view text, TableColumns& columns,
                                      std::string& out) {
  constexpr int kMaxTies = 8;  // lines that a value may be behind what announces it
  const TableColumns before = columns;
  std::size_t end = find_begin(text, columns);
  TableColumns after = columns;
  lines_ = work_[0].findings;
  // A table that begins in what is left for later has not begun.
  const auto columns_at_end = [&] {
    if (before.is_active() || !after.is_active()) return after;
    TableColumns own;
    find_begin(text.substr(end), own);
    return own.is_active() ? before : after;
  };
  if (end < text.size()) end = near_line_begin(text, end);
  end = cut_before(text, end, lines_, near_line_begin);
  columns = columns_at_end();
  for (int i = 0; i < kMaxTies && end > 0 && !stands_alone(text, end, lines_, columns); ++i) {
    end = cut_before(text, near_line_begin(text, end - 1), lines_, near_line_begin);
    columns = columns_at_end();
  }
  append(text, 0, end, lines_, out);
  return end;
}

// Whether what was found from `begin` on is also found without what stands before it.
bool TextScanner::stands_alone(std::string_view text, std::size_t begin,
                               const std::vector<Finding>& findings, TableColumns columns) {
  const auto first = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.range.begin >= begin;
  });
  if (first == findings.end()) return true;
  find_begin(text.substr(begin), columns);
  const auto& alone = work_[0].findings;
  return std::equal(first, findings.end(), alone.begin(), alone.end(),
                    [&](const Finding& finding, const Finding& other) {
                      return finding.range.begin - begin == other.range.begin &&
                             finding.range.end - begin == other.range.end;
                    });
}

void TextScanner::redact_end(std::string_view text, TableColumns& columns, std::string& out) {
  ScanText scan{text};
  scan.columns = &columns;
  find_all(scan, 0);
  append(text, 0, text.size(), work_[0].findings, out);
}

void TextScanner::append(std::string_view text, std::size_t from, std::size_t to,
                         const std::vector<Finding>& findings, std::string& out) {
  for (const Finding& finding : findings) {
    if (finding.range.begin >= to) break;
    out.append(text, from, finding.range.begin - from);
    append_placeholder(finding.class_name,
                       text.substr(finding.range.begin, finding.range.end - finding.range.begin),
                       out);
    from = finding.range.end;
  }
  if (from < to) out.append(text, from, to - from);
}

std::string TextScanner::redact_named(std::string_view name, std::string_view value,
                                      unsigned depth) {
  auto class_name = names().class_of(name, value);
  if (!class_name) class_name = contextual_class(name, value);
  if (class_name && names().accepts(*class_name, value)) return replace(*class_name, value);
  return redact(value, depth);
}

std::string TextScanner::replace(std::string_view class_name, std::string_view value) {
  std::string out;
  append_placeholder(class_name, value, out);
  return out;
}

TextScanner::ClassStats& TextScanner::stats_of(std::string_view class_name) {
  const auto address = reinterpret_cast<std::uintptr_t>(class_name.data());
  Stats::value_type*& recent =
      recent_stats_[(address * 0x9e3779b97f4a7c15u >> 32) % recent_stats_.size()];
  if (recent != nullptr && recent->first == class_name) return recent->second;
  auto found = stats_.find(class_name);
  if (found == stats_.end()) {
    found = stats_.emplace(class_name, ClassStats{}).first;
    ClassStats& stats = found->second;
    stats.has_tag = class_name != "learned" && !names().is_low_entropy(class_name);
    stats.is_personal = names().is_personal(class_name);
  }
  recent = &*found;
  return recent->second;
}

void TextScanner::append_placeholder(std::string_view class_name, std::string_view value,
                                     std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  ClassStats& stats = stats_of(class_name);
  ++stats.count;
  std::array<char, 2 * kTagBytes> tag;
  if (stats.has_tag) {
    const Digest mac = pseudonyms_.of(
        {as_bytes(class_name), as_bytes(std::string_view("\0", 1)), as_bytes(value)});
    for (std::size_t i = 0; i < kTagBytes; ++i) {
      tag[2 * i] = kHex[std::to_integer<unsigned>(mac[i]) >> 4];
      tag[2 * i + 1] = kHex[std::to_integer<unsigned>(mac[i]) & 15];
    }
    if (keeps_pending_ && pending_.size() < kMaxPending && !stats.is_personal)
      pending_.emplace_back(value);
  }
  const std::string_view written(tag.data(), stats.has_tag ? tag.size() : 0);
  see(class_name, written, stats);
  out.append("[REDACTED:").append(class_name);
  if (!written.empty()) out.append(1, ':').append(written);
  out.append(1, ']');
}

void TextScanner::see(std::string_view class_name, std::string_view tag, ClassStats& stats) {
  stats.was_seen = true;
  if (stats.is_personal || place_.empty() || sightings_.size() >= kMaxSightings) return;
  sightings_.push_back({std::string(class_name), std::string(tag), place_, ""});
}

bool TextScanner::has_finding(std::string_view line) {
  ScanText scan{line};
  detectors_.find(scan, Detectors::Kind::kValues, work_[0]);
  vault_.find(line, work_[0].findings);
  return !work_[0].findings.empty();
}

void TextScanner::learn_pending() {
  for (std::string& value : pending_) {
    vault_.learn(value);
    wipe(value);
  }
  pending_.clear();
}

std::vector<CredentialSighting> TextScanner::take_sightings() {
  return std::exchange(sightings_, {});
}

std::vector<std::string> TextScanner::take_data_classes() {
  std::vector<std::string> classes;
  for (auto& [name, stats] : stats_) {
    if (stats.is_personal && stats.was_seen) classes.push_back(name);
    stats.was_seen = false;
  }
  std::sort(classes.begin(), classes.end());
  return classes;
}

std::map<std::string, std::uint64_t> TextScanner::by_class() const {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [name, stats] : stats_) counts[name] = stats.count;
  return counts;
}

}  // namespace scopetrace
