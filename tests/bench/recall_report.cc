// SPDX-License-Identifier: Apache-2.0
// Reports what the built-in rules make of the generated corpus (tests/support/corpus).
//
// usage: recall_report [--seed N] [--contexts N] [--show CLASS|CONTEXT] [--lost CONTEXT] [--write
// FILE]
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>

#include "tests/support/corpus/score.h"
#include "userspace/redact/text/redact_text.h"

namespace {

namespace st = scopetrace;
using st::testing::CorpusRecord;
using st::testing::CorpusScore;
using st::testing::Share;
using st::testing::Verdict;

struct Settings {
  st::testing::CorpusOptions corpus;
  std::string show;
  std::string lost;
  std::string write;
};

void print_share(const char* what, const Share& share) {
  std::printf("%-28s %6zu of %6zu  %6.2f %%\n", what, share.hits, share.all, share.percent());
}

// The entries that are not at `best` percent, the worst first.
void print_worst(const char* title, const std::map<std::string, Share>& shares, double best) {
  std::vector<std::pair<std::string, Share>> worst;
  for (const auto& entry : shares) {
    if (entry.second.percent() != best) worst.push_back(entry);
  }
  const auto distance = [best](const auto& entry) {
    return -std::abs(best - entry.second.percent());
  };
  std::stable_sort(worst.begin(), worst.end(),
                   [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
  std::printf("\n%s: %zu of %zu\n", title, worst.size(), shares.size());
  for (const auto& [name, share] : worst) print_share(("  " + name).c_str(), share);
}

void print_text(const char* head, const std::string& text) {
  std::printf("%s%s\n", head, text.c_str());
}

void show_record(const Settings& settings, const CorpusRecord& record, const std::string& redacted,
                 const Verdict& verdict) {
  const auto is_wanted = [&](const std::string& wanted) {
    return wanted == record.class_name || wanted == record.context || wanted == "all";
  };
  const bool is_missed = record.is_negative() ? verdict.is_changed : !verdict.is_redacted;
  const bool is_lossy = !record.is_negative() && !verdict.lost.empty();
  if (!(is_missed && is_wanted(settings.show)) && !(is_lossy && is_wanted(settings.lost))) return;
  std::printf("== %s in %s\n", record.class_name.c_str(), record.context.c_str());
  print_text("  ", record.text);
  print_text("  -> ", redacted);
  for (const std::string& secret : record.secrets) print_text("  secret: ", secret);
  for (const std::string& lost : verdict.lost) print_text("  lost: ", lost);
}

bool write_records(const std::string& path, const std::vector<CorpusRecord>& records) {
  std::ofstream file(path, std::ios::binary);
  std::size_t number = 0;
  for (const CorpusRecord& record : records) {
    file << st::testing::to_json_line(record, number++) << '\n';
  }
  return file.good();
}

CorpusScore score_and_show(const Settings& settings, const std::vector<CorpusRecord>& records,
                           st::TextScrubber& scrubber) {
  CorpusScore score;
  for (const CorpusRecord& record : records) {
    const std::string redacted = scrubber.redact_text(record.text);
    const Verdict verdict = judge(record, redacted);
    score.add(record, verdict);
    show_record(settings, record, redacted, verdict);
  }
  return score;
}

void print_score(const CorpusScore& score) {
  print_worst("classes with misses", score.by_class, 100);
  print_worst("contexts with misses", score.by_context, 100);
  print_worst("contexts that lost text to keep", score.keep_by_context, 100);
  print_worst("kinds of negatives changed", score.false_by_kind, 0);
  std::printf("\n");
  print_share("secrets redacted", score.secrets);
  print_share("personal data redacted", score.personal);
  print_share("policy-optional redacted", score.optional);
  print_share("no last half survives", score.halves);
  print_share("negatives changed", score.false_positives);
  print_share("kept", score.keeps);
  print_share("kept of positives", score.kept_of_positives);
}

int report(const Settings& settings) {
  const auto rules = st::RuleSet::parse(st::standard_profile());
  if (!rules) return 1;
  const auto scrubber = st::TextScrubber::make(*rules, st::ByteVector(32));
  if (!scrubber) return 1;
  const std::vector<CorpusRecord> records = st::testing::make_corpus(*rules, settings.corpus);
  if (!settings.write.empty()) return write_records(settings.write, records) ? 0 : 1;
  print_score(score_and_show(settings, records, **scrubber));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Reports what redaction makes of the generated corpus");
  Settings settings;
  app.add_option("--seed", settings.corpus.seed, "Another seed, other values");
  app.add_option("--contexts", settings.corpus.contexts_per_value, "Contexts for each value");
  app.add_option("--show", settings.show, "Print the misses of a class, a context or `all`");
  app.add_option("--lost", settings.lost, "Print the positives of one that lost text to keep");
  app.add_option("--write", settings.write, "Write the corpus as JSON Lines and stop");
  CLI11_PARSE(app, argc, argv);
  return report(settings);
}
