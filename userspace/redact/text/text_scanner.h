// SPDX-License-Identifier: Apache-2.0
// Redacts texts with detectors, learned values and this session's pseudonyms.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "userspace/base/bytes.h"
#include "userspace/base/crypto.h"
#include "userspace/redact/credential_sighting.h"
#include "userspace/redact/detect/detectors.h"
#include "userspace/redact/scan/encoded_text.h"
#include "userspace/redact/text/vault.h"

namespace scopetrace {

// One thread. Borrows the detectors. The key and everything learned are wiped on destruction.
class TextScanner {
 public:
  TextScanner(Detectors& detectors, ByteVector pseudonym_key);
  ~TextScanner();
  TextScanner(const TextScanner&) = delete;
  TextScanner& operator=(const TextScanner&) = delete;

  // `text` with every finding replaced, also inside percent and base64 encodings, three deep.
  std::string redact(std::string_view text, unsigned depth = 0);
  // Appends the redacted begin of a text that goes on behind `text`, and returns how much of it
  // that is: what touches the end, or needs to be seen with what follows, is left for later.
  // `columns` goes from call to call of one text.
  std::size_t redact_begin(std::string_view text, TableColumns& columns, std::string& out);
  // The same of whole lines. What is left begins with a line, so that a value is seen again with
  // what announces it.
  std::size_t redact_lines(std::string_view text, TableColumns& columns, std::string& out);
  // The last part of such a text.
  void redact_end(std::string_view text, TableColumns& columns, std::string& out);
  // The value of a named field: the name decides first, then the value is scanned.
  std::string redact_named(std::string_view name, std::string_view value, unsigned depth = 0);
  // The placeholder of a value, counted and remembered for learn_pending().
  std::string replace(std::string_view class_name, std::string_view value);
  // Whether a finished line holds a value shape or a learned value.
  bool has_finding(std::string_view line);

  const NameTable& names() const { return detectors_.names(); }
  bool learn(std::string_view value) { return vault_.learn(value); }
  // Values replaced since the last call are searched for from now on: at a message boundary.
  void learn_pending();
  // For who never learns: replaced values are not kept from now on, and what is left of texts seen
  // before is wiped.
  void forget();
  // Where the next replacements stand ("request.header.cookie"), and what was seen since
  // take_sightings().
  void set_place(std::string_view place) { place_ = place; }
  const std::string& place() const { return place_; }
  std::vector<CredentialSighting> take_sightings();
  std::vector<std::string> take_data_classes();

  std::map<std::string, std::uint64_t> by_class() const;

 private:
  static constexpr unsigned kMaxDepth = 3;

  struct ClassStats {
    std::uint64_t count = 0;
    bool has_tag = true;
    bool is_personal = false;
    bool was_seen = false;  // since take_data_classes()
  };

  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  // Finds in the begin of a text that goes on; returns what of it is decided.
  std::size_t find_begin(std::string_view text, TableColumns& columns);
  bool stands_alone(std::string_view text, std::size_t begin, const std::vector<Finding>& findings,
                    TableColumns columns);
  // Fills work_[depth].findings, sorted and disjoint.
  void find_all(ScanText& scan, unsigned depth);
  void find_encoded(std::string_view text, unsigned depth);
  void find_base64(std::string_view text, unsigned depth);
  void find_escaped(std::string_view text, std::size_t at, std::size_t& done, unsigned depth);
  bool hides_something(std::string_view token, unsigned depth);
  // Appends [from, to) of `text`, redacted.
  void append(std::string_view text, std::size_t from, std::size_t to,
              const std::vector<Finding>& findings, std::string& out);
  void append_placeholder(std::string_view class_name, std::string_view value, std::string& out);
  ClassStats& stats_of(std::string_view class_name);
  void see(std::string_view class_name, std::string_view tag, ClassStats& stats);

  void wipe_texts();

  Detectors& detectors_;
  HmacSha256 pseudonyms_;
  Vault vault_;
  std::array<ScanWork, kMaxDepth + 1> work_;      // by depth
  std::vector<Finding> lines_;                    // of redact_lines(), while work_ is used again
  std::array<DecodedPart, kMaxDepth + 1> parts_;  // by depth
  std::string place_;
  std::vector<std::string> pending_;
  bool keeps_pending_ = true;
  std::vector<CredentialSighting> sightings_;
  using Stats = std::unordered_map<std::string, ClassStats, TextHash, std::equal_to<>>;
  Stats stats_;  // by class
  // What was found last for a class name at such an address: names are few and do not move.
  std::array<Stats::value_type*, 1024> recent_stats_{};
};

}  // namespace scopetrace
