// SPDX-License-Identifier: Apache-2.0
// Redacts texts with detectors, learned values and this session's pseudonyms.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/bytes.h"
#include "userspace/redact/detectors.h"
#include "userspace/redact/redacted_message.h"
#include "userspace/redact/vault.h"

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
  // Where the next replacements stand ("request.header.cookie"), and what was seen since
  // take_sightings().
  void set_place(std::string place) { place_ = std::move(place); }
  const std::string& place() const { return place_; }
  std::vector<CredentialSighting> take_sightings();
  std::vector<std::string> take_data_classes();

  const std::map<std::string, std::uint64_t>& by_class() const { return by_class_; }

 private:
  static constexpr unsigned kMaxDepth = 3;

  std::vector<Finding> find_all(std::string_view text, unsigned depth);
  void find_base64(std::string_view text, unsigned depth, std::vector<Finding>& findings);
  void find_percent(std::string_view text, unsigned depth, std::vector<Finding>& findings);
  bool hides_something(std::string_view token, unsigned depth);
  void see(std::string_view class_name, const std::string& tag);

  Detectors& detectors_;
  ByteVector key_;
  Vault vault_;
  std::string place_;
  std::vector<std::string> pending_;
  std::vector<CredentialSighting> sightings_;
  std::map<std::string, std::uint64_t> by_class_;
  std::map<std::string, bool> data_classes_;
};

}  // namespace scopetrace
