// SPDX-License-Identifier: Apache-2.0
// What can be done to a ledger by somebody who can write its files, each with its verdict.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "scopes/host_rotation.h"
#include "scopes/ledger_audit.h"
#include "scopes/ledger_reader.h"
#include "tests/unit/scopes/scratch.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr std::size_t kEntries = 6;

// A ledger of six entries as files, what syslog got, and a copy of the first four.
class Host {
 public:
  Host() {
    Ledger ledger = Ledger::open(scratch_.path(), "vm", key).value();
    for (std::size_t i = 0; i < kEntries; ++i) {
      if (i == 4) early_copy_ = entries();
      const Status done = append(ledger, i);
      EXPECT_TRUE(done) << done.error().message();
    }
  }

  std::string entries() const { return scratch_.read("entries.jsonl"); }
  std::string checkpoint() const { return scratch_.read("checkpoint"); }
  void write_entries(const std::string& text) const { scratch_.write("entries.jsonl", text); }
  void write_checkpoint(const std::string& text) const { scratch_.write("checkpoint", text); }
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (std::string_view rest = text_ = entries(); !rest.empty();) {
      const auto end = rest.find('\n') + 1;
      lines.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end);
    }
    return lines;
  }
  void write_lines(const std::vector<std::string>& lines) const {
    std::string text;
    for (const std::string& line : lines) text += line;
    write_entries(text);
  }

  LedgerReport audit() const {
    const UniqueFd fd = open_file(scratch_.file("entries.jsonl"), O_RDONLY).value();
    return audit_ledger(fd.get(), checkpoint(), key.public_key(), evidence);
  }
  // Evidence: every line that syslog got.
  void know_syslog() { evidence.add_log(syslog_, "syslog"); }
  void know_early_copy() {
    scratch_.write("copy.jsonl", early_copy_);
    const UniqueFd fd = open_file(scratch_.file("copy.jsonl"), O_RDONLY).value();
    EXPECT_TRUE(evidence.add_copy(fd.get(), "copy"));
  }
  void know_full_copy() {
    scratch_.write("copy.jsonl", entries());
    const UniqueFd fd = open_file(scratch_.file("copy.jsonl"), O_RDONLY).value();
    EXPECT_TRUE(evidence.add_copy(fd.get(), "copy"));
  }
  // The chain rebuilt from these lines by somebody without the key: numbers and digests fit.
  void rechain(std::vector<std::string> lines) const {
    Digest previous{};
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const auto n = lines[i].find("\"event\"");
      lines[i] = "{\"n\":" + std::to_string(i) + ",\"previous\":\"" + format_digest(previous) +
                 "\"," + lines[i].substr(n);
      previous = sha256(as_bytes(lines[i]));
    }
    write_lines(lines);
  }
  // The first entries with the checkpoint that they had then: both files rolled back together.
  void roll_back_to(std::size_t count) const {
    std::vector<std::string> kept = lines();
    kept.resize(count);
    write_lines(kept);
    write_checkpoint(checkpoints_[count - 1]);
  }
  std::string checkpoint_of(std::size_t count) const { return checkpoints_[count - 1]; }

  SigningKey key = SigningKey::generate();
  LedgerEvidence evidence;

 private:
  Status append(Ledger& ledger, std::size_t i) {
    ST_RETURN_IF_ERROR(
        ledger.append({i == 0 ? "request" : "attach", {{"session", std::to_string(i)}}}));
    checkpoints_.push_back(checkpoint());
    syslog_ +=
        "Nov 24 06:00:00 vm scopetrace-capture[7]: " + format_checkpoint_line(checkpoints_.back()) +
        "\n";
    return {};
  }

  ScratchFolder scratch_;
  std::vector<std::string> checkpoints_;
  std::string syslog_ = "Nov 24 05:59:59 vm sshd[3]: something else\n";
  std::string early_copy_;
  mutable std::string text_;
};

struct Forgery {
  const char* name;
  std::function<void(Host&)> forge;
  LedgerVerdict verdict;
};
void PrintTo(const Forgery& row, std::ostream* out) { *out << row.name; }

auto drop_line(std::size_t at) {
  return [at](Host& host) {
    auto lines = host.lines();
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
    host.write_lines(lines);
  };
}
auto edit_line(std::size_t at) {
  return [at](Host& host) {
    auto lines = host.lines();
    lines[at].replace(lines[at].find("session"), 7, "sessiom");
    host.write_lines(lines);
  };
}
auto with_syslog(std::function<void(Host&)> forge) {
  return [forge = std::move(forge)](Host& host) {
    host.know_syslog();
    forge(host);
  };
}

const Forgery kForgeries[] = {
    {"FirstLineDeleted", drop_line(0), LedgerVerdict::kTampered},
    {"MiddleLineDeleted", drop_line(2), LedgerVerdict::kTampered},
    {"LastLineDeleted", drop_line(5), LedgerVerdict::kTampered},
    {"FirstLineEdited", edit_line(0), LedgerVerdict::kTampered},
    {"MiddleLineEdited", edit_line(3), LedgerVerdict::kTampered},
    {"LastLineEdited", edit_line(5), LedgerVerdict::kTampered},
    {"TwoLinesSwapped",
     [](Host& host) {
       auto lines = host.lines();
       std::swap(lines[1], lines[2]);
       host.write_lines(lines);
     },
     LedgerVerdict::kTampered},
    {"LineRepeated",
     [](Host& host) {
       auto lines = host.lines();
       lines.insert(lines.begin() + 3, lines[2]);
       host.write_lines(lines);
     },
     LedgerVerdict::kTampered},
    {"LineReplacedByAnOlderOne",
     [](Host& host) {
       auto lines = host.lines();
       lines[4] = lines[3];
       host.write_lines(lines);
     },
     LedgerVerdict::kTampered},
    {"ChainRebuiltWithoutTheMiddle",
     [](Host& host) {
       auto lines = host.lines();
       lines.erase(lines.begin() + 2);
       host.rechain(lines);
     },
     LedgerVerdict::kTampered},
    {"ChainRebuiltInAnotherOrder",
     [](Host& host) {
       auto lines = host.lines();
       std::swap(lines[1], lines[4]);
       host.rechain(lines);
     },
     LedgerVerdict::kTampered},
    {"LineAppendedWithoutTheKey",
     [](Host& host) {
       auto lines = host.lines();
       lines.push_back(lines.back());
       host.rechain(lines);
     },
     LedgerVerdict::kTampered},
    {"TornLastLine",
     [](Host& host) {
       const std::string text = host.entries();
       host.write_entries(text.substr(0, text.size() - 5));
     },
     LedgerVerdict::kTampered},
    {"TornMiddleLine",
     [](Host& host) {
       auto lines = host.lines();
       lines[2].resize(lines[2].size() / 2);
       host.write_lines(lines);
     },
     LedgerVerdict::kTampered},
    {"EntriesEmptied", [](Host& host) { host.write_entries(""); }, LedgerVerdict::kTampered},
    {"NoEntryButText", [](Host& host) { host.write_entries("{}\n"); }, LedgerVerdict::kTampered},
    {"CheckpointGone", [](Host& host) { host.write_checkpoint(""); }, LedgerVerdict::kTampered},
    {"CheckpointOfEarlier", [](Host& host) { host.write_checkpoint(host.checkpoint_of(3)); },
     LedgerVerdict::kTampered},
    {"CheckpointEdited",
     [](Host& host) {
       std::string text = host.checkpoint();
       text.replace(text.find("count: 6"), 8, "count: 5");
       host.write_checkpoint(text);
     },
     LedgerVerdict::kTampered},
    {"CheckpointOfAnotherKey",
     [](Host& host) {
       const Checkpoint now = parse_checkpoint(host.checkpoint())->checkpoint;
       host.write_checkpoint(sign_checkpoint(now, SigningKey::generate()).value());
     },
     LedgerVerdict::kUntrusted},
    {"CheckpointSignedTwice",
     [](Host& host) {
       const std::string text = host.checkpoint();
       host.write_checkpoint(text + text.substr(text.find("-----BEGIN")));
     },
     LedgerVerdict::kTampered},
    {"RolledBackTogetherAndSyslogKnows", with_syslog([](Host& host) { host.roll_back_to(4); }),
     LedgerVerdict::kRollback},
    {"RolledBackToTheFirstEntry", with_syslog([](Host& host) { host.roll_back_to(1); }),
     LedgerVerdict::kRollback},
    {"RolledBackTogetherAndACopyKnows",
     [](Host& host) {
       host.know_full_copy();
       host.roll_back_to(5);
     },
     LedgerVerdict::kRollback},
    {"RewrittenWithTheStolenKeyAndSyslogKnows", with_syslog([](Host& host) {
       auto lines = host.lines();
       lines[3].replace(lines[3].find("attach"), 6, "detach");
       host.rechain(lines);
       Checkpoint now = parse_checkpoint(host.checkpoint())->checkpoint;
       now.head = sha256(as_bytes(host.lines().back()));
       host.write_checkpoint(sign_checkpoint(now, host.key).value());
     }),
     LedgerVerdict::kTampered},
    {"RewrittenWithTheStolenKeyAndAnEarlyCopyKnows",
     [](Host& host) {
       host.know_early_copy();
       auto lines = host.lines();
       lines[3].replace(lines[3].find("attach"), 6, "detach");
       host.rechain(lines);
       Checkpoint now = parse_checkpoint(host.checkpoint())->checkpoint;
       now.head = sha256(as_bytes(host.lines().back()));
       host.write_checkpoint(sign_checkpoint(now, host.key).value());
     },
     LedgerVerdict::kTampered},
    {"UntouchedWithSyslog", with_syslog([](Host&) {}), LedgerVerdict::kGood},
    {"UntouchedWithAnEarlyCopy", [](Host& host) { host.know_early_copy(); }, LedgerVerdict::kGood},
    {"SyslogOfAnotherKeyIsIgnored",
     [](Host& host) {
       Checkpoint later = parse_checkpoint(host.checkpoint())->checkpoint;
       later.count = 99;
       const auto line =
           format_checkpoint_line(sign_checkpoint(later, SigningKey::generate()).value());
       host.evidence.add_log(line, "syslog");
     },
     LedgerVerdict::kGood},
    {"EditedSyslogLineIsIgnored",
     [](Host& host) {
       std::string line = format_checkpoint_line(host.checkpoint());
       line.replace(line.find(" 6 "), 3, " 9 ");
       host.evidence.add_log(line, "syslog");
     },
     LedgerVerdict::kGood},
};

class LedgerForgeryTest : public ::testing::TestWithParam<Forgery> {};

TEST_P(LedgerForgeryTest, GetsItsVerdict) {
  Host host;
  ASSERT_EQ(host.audit().verdict, LedgerVerdict::kGood);

  GetParam().forge(host);

  const LedgerReport report = host.audit();
  EXPECT_EQ(ledger_verdict_name(report.verdict), ledger_verdict_name(GetParam().verdict))
      << (report.reasons.empty() ? "" : report.reasons.front());
  EXPECT_EQ(report.reasons.empty(), report.verdict == LedgerVerdict::kGood);
}

INSTANTIATE_TEST_SUITE_P(Ledger, LedgerForgeryTest, ::testing::ValuesIn(kForgeries),
                         [](const auto& row) { return std::string(row.param.name); });

// A host whose key was rotated, with what syslog got before.
class RotationForgeryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folders_ = Folders(scratch_.path());
    ASSERT_TRUE(make_folders(folders_.state(), 0700));
    ASSERT_TRUE(write_key_pair(old_key_, folders_.host_key(), "host:vm"));
    Ledger ledger = Ledger::open(folders_.ledger(), "vm", old_key_).value();
    ASSERT_TRUE(ledger.append({"attach", {{"session", "1"}}}));
    before_ = format_checkpoint_line(read_file(folders_.ledger() + "/checkpoint", 65536).value());
    const auto rotated = rotate_host_key(folders_, "vm");
    ASSERT_TRUE(rotated) << rotated.error().message();
    new_key_.emplace(*rotated);
  }
  LedgerReport audit(const PublicKey& key, bool knows_before = true) const {
    LedgerEvidence evidence;
    if (knows_before) evidence.add_log(before_, "syslog");
    const UniqueFd fd = open_file(folders_.ledger() + "/entries.jsonl", O_RDONLY).value();
    const auto checkpoint = read_file(folders_.ledger() + "/checkpoint", 65536);
    return audit_ledger(fd.get(), checkpoint.value(), key, evidence);
  }
  std::string entries() const {
    return read_file(folders_.ledger() + "/entries.jsonl", 65536).value();
  }

  ScratchFolder scratch_;
  Folders folders_;
  SigningKey old_key_ = SigningKey::generate();
  std::optional<PublicKey> new_key_;
  std::string before_;
};

TEST_F(RotationForgeryTest, EvidenceOfTheOldKeyCountsByTheNewOne) {
  const LedgerReport report = audit(*new_key_);

  EXPECT_EQ(report.verdict, LedgerVerdict::kGood) << report.reasons.size();
  EXPECT_EQ(report.compared, 1U);
  EXPECT_EQ(audit(old_key_.public_key()).verdict, LedgerVerdict::kTampered)
      << "the retired key vouches for nothing new";
}

TEST_F(RotationForgeryTest, WritesOnWithTheNewKeyOnly) {
  const SigningKey now = read_host_key(folders_).value();
  EXPECT_EQ(now.public_key(), *new_key_);
  EXPECT_TRUE(Ledger::open(folders_.ledger(), "vm", now)->append({"attach", {}}));
  EXPECT_FALSE(Ledger::open(folders_.ledger(), "vm", old_key_));
  EXPECT_EQ(audit(*new_key_).verdict, LedgerVerdict::kGood);
}

TEST_F(RotationForgeryTest, ARotationByTheOldKeyAloneIsNone) {
  const Status read = find_in_ledger(folders_.ledger(), kRotatedEvent, [&](LedgerRecord entry) {
    EXPECT_TRUE(follow_rotation(entry, old_key_.public_key()));
    EXPECT_FALSE(follow_rotation(entry, SigningKey::generate().public_key()));
    for (auto& [name, value] : entry.fields) {
      if (name == "new") value = SigningKey::generate().public_key().line();
    }
    EXPECT_FALSE(follow_rotation(entry, old_key_.public_key()));
    return Status();
  });
  EXPECT_TRUE(read);
}

TEST_F(RotationForgeryTest, IsCompletedAfterACrashBeforeTheRename) {
  // As it was between the entry and the rename: both keys there, the checkpoint by the old one.
  const std::string new_private = read_file(folders_.host_key(), 65536).value();
  const SigningKey next = read_host_key(folders_).value();
  const Checkpoint now =
      parse_checkpoint(read_file(folders_.ledger() + "/checkpoint", 65536).value())->checkpoint;
  ASSERT_TRUE(write_file_atomically(folders_.ledger() + "/checkpoint",
                                    sign_checkpoint(now, old_key_).value(), 0600));
  ASSERT_TRUE(write_file_atomically(folders_.host_key() + ".next", new_private, 0600));
  ASSERT_TRUE(write_file_atomically(folders_.host_key(), old_key_.to_openssh(""), 0600));

  ASSERT_TRUE(finish_rotation(folders_));

  EXPECT_EQ(read_host_key(folders_)->public_key(), *new_key_);
  EXPECT_EQ(audit(*new_key_).verdict, LedgerVerdict::kGood);
}

TEST_F(RotationForgeryTest, IsForgottenAfterACrashBeforeTheEntry) {
  ASSERT_TRUE(write_key_pair(SigningKey::generate(), folders_.host_key() + ".next", ""));

  ASSERT_TRUE(finish_rotation(folders_));

  EXPECT_EQ(read_host_key(folders_)->public_key(), *new_key_);
  EXPECT_FALSE(read_file(folders_.host_key() + ".next", 65536));
}

TEST(LedgerForgeryTest, NoBitFlipOfTheEntriesPasses) {
  const Host host;
  const std::string good = host.entries();
  std::size_t passed = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string forged = good;
    forged[at] = static_cast<char>(forged[at] ^ 4);
    host.write_entries(forged);
    passed += host.audit().verdict == LedgerVerdict::kGood ? 1 : 0;
  }
  EXPECT_EQ(passed, 0U);
}

}  // namespace
}  // namespace scopetrace
