// SPDX-License-Identifier: Apache-2.0
// Measures redaction on a file of examples: JSON Lines with text, secrets[] and keep[].
//
// usage: bench_redact_corpus FILE [CLASS]     with CLASS, prints what is missed of it
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "userspace/redact/detect/detectors.h"
#include "userspace/redact/leak_guard.h"
#include "userspace/redact/text/redact_text.h"
#include "userspace/redact/text/text_scanner.h"

namespace {

using Json = nlohmann::json;

struct Record {
  std::string class_name;
  std::string text;
  std::vector<std::string> secrets;
  std::vector<std::string> keep;
};

std::vector<std::string> texts_of(const Json& list) {
  std::vector<std::string> texts;
  for (const Json& entry : list) texts.push_back(entry.get<std::string>());
  return texts;
}

std::vector<Record> read_records(const char* path) {
  std::vector<Record> records;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (json.is_discarded()) continue;
    records.push_back({json.value("class", ""), json.value("text", ""), texts_of(json["secrets"]),
                       texts_of(json["keep"])});
  }
  return records;
}

struct Score {
  std::size_t positives = 0, redacted = 0, negatives = 0, false_positives = 0, keeps = 0, kept = 0;
};

// Lines as the encoder would finish them, after redaction: every hit is a defect.
std::size_t count_guard_hits(const scopetrace::RuleSet& rules, scopetrace::TextScrubber& scrubber,
                             const std::vector<Record>& records) {
  auto detectors = scopetrace::Detectors::make(rules);
  if (!detectors) return records.size();
  scopetrace::TextScanner scanner(**detectors, scopetrace::ByteVector(32));
  scopetrace::LeakGuard guard(scanner);
  for (const Record& record : records) {
    const Json line = {{"type", "http"}, {"n", 12}, {"text", scrubber.redact_text(record.text)}};
    guard.is_clean(line.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  return guard.hits();
}

void score_record(const Record& record, const std::string& redacted, Score& score,
                  std::map<std::string, std::size_t>& missed) {
  bool is_clean = true;
  for (const std::string& secret : record.secrets) {
    is_clean = is_clean && redacted.find(secret) == std::string::npos;
  }
  if (record.secrets.empty()) {
    ++score.negatives;
    if (redacted != record.text) ++score.false_positives, ++missed["false:" + record.class_name];
  } else {
    ++score.positives;
    if (is_clean) ++score.redacted;
    if (!is_clean) ++missed[record.class_name];
  }
  for (const std::string& keep : record.keep) {
    ++score.keeps;
    if (redacted.find(keep) != std::string::npos) ++score.kept;
  }
}

void measure_rate(scopetrace::TextScrubber& scrubber, const std::vector<Record>& records,
                  bool is_dense) {
  std::string text;
  for (std::size_t i = 0; text.size() < 256 * 1024; ++i) {
    const Record& record = records[i % records.size()];
    if (!is_dense && !record.secrets.empty() && i % 16 != 0) continue;
    text += record.text + "\n";
  }
  const auto start = std::chrono::steady_clock::now();
  std::size_t bytes = 0;
  for (int i = 0; i < 8; ++i) bytes += text.size(), scrubber.redact_text(text);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%s %.1f MB/s\n", is_dense ? "dense " : "sparse",
              static_cast<double>(bytes) / 1e6 / seconds.count());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const auto rules = scopetrace::RuleSet::parse(scopetrace::standard_profile());
  if (!rules) {
    std::fprintf(stderr, "%s\n", rules.error().message().c_str());
    return 1;
  }
  const auto start = std::chrono::steady_clock::now();
  auto scrubber = scopetrace::TextScrubber::make(*rules, scopetrace::ByteVector(32));
  const std::chrono::duration<double, std::milli> compile =
      std::chrono::steady_clock::now() - start;
  if (!scrubber) return 1;
  const std::vector<Record> records = read_records(argv[1]);
  Score score;
  std::map<std::string, std::size_t> missed;
  for (const Record& record : records) {
    const std::string redacted = (*scrubber)->redact_text(record.text);
    score_record(record, redacted, score, missed);
    if (argc > 2 && record.class_name == argv[2]) {
      std::printf("%s\n  -> %s\n", record.text.c_str(), redacted.c_str());
    }
  }
  const auto percent = [](std::size_t part, std::size_t whole) {
    return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  };
  std::printf("compile  %.1f ms\n", compile.count());
  std::printf("redacted %zu of %zu (%.1f %%)\n", score.redacted, score.positives,
              percent(score.redacted, score.positives));
  std::printf("false    %zu of %zu (%.2f %%)\n", score.false_positives, score.negatives,
              percent(score.false_positives, score.negatives));
  std::printf("kept     %zu of %zu (%.2f %%)\n", score.kept, score.keeps,
              percent(score.kept, score.keeps));
  std::printf("guard    %zu of %zu redacted lines\n", count_guard_hits(*rules, **scrubber, records),
              records.size());
  if (!records.empty())
    measure_rate(**scrubber, records, true), measure_rate(**scrubber, records, false);
  for (const auto& [name, count] : missed) std::printf("  %s %zu\n", name.c_str(), count);
  return 0;
}
