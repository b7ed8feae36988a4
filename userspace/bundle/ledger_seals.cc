// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/ledger_seals.h"

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "scopes/signed_text.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxLedger = std::size_t{1} << 30;  // bytes
constexpr std::size_t kMaxEntry = 64 << 10;               // bytes of a line, as the ledger writes

using Json = nlohmann::json;

std::string string_at(const Json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

bool follows(const Json& entry, std::uint64_t count, const Digest& head) {
  const auto n = entry.find("n");
  return n != entry.end() && n->is_number_unsigned() && n->get<std::uint64_t>() == count &&
         parse_digest(string_at(entry, "previous")) == head;
}

// Entries from before there were parts have none: part 1.
std::optional<std::uint32_t> part_of(const Json& fields) {
  if (!fields.is_object() || !fields.contains("part")) return 1;
  const auto part = parse_decimal(string_at(fields, "part"));
  if (!part || *part == 0 || *part > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*part);
}

// Keeps a `seal-head` entry; false when it contradicts an earlier one or lacks a value.
bool keep_head(const Json& entry, LedgerSeals& ledger) {
  if (string_at(entry, "event") != "seal-head") return true;
  const auto fields = entry.find("fields");
  if (fields == entry.end()) return false;
  const auto seals = parse_decimal(string_at(*fields, "seals"));
  const auto digest = parse_digest(string_at(*fields, "head"));
  if (!seals || !digest) return false;
  const auto part = part_of(*fields);
  if (!part) return false;
  auto& heads = ledger.heads[{string_at(*fields, "session"), *part}];
  return heads.emplace(*seals, *digest).first->second == *digest;
}

}  // namespace

Result<LedgerSeals> parse_ledger_seals(std::string_view entries) {
  LedgerSeals ledger;
  Digest head{};
  for (std::uint64_t count = 0; !entries.empty(); ++count) {
    const std::string where = "ledger: line " + std::to_string(count + 1);
    const std::size_t end = entries.substr(0, kMaxEntry).find('\n');
    if (end == std::string_view::npos) return fail(ErrorCode::kTampered, where + " is torn");
    const std::string_view line = entries.substr(0, end + 1);
    entries.remove_prefix(end + 1);
    const Json entry = Json::parse(line, nullptr, false);
    if (!entry.is_object()) return fail(ErrorCode::kCorrupt, where + " is no entry");
    if (!follows(entry, count, head)) {
      return fail(ErrorCode::kTampered, where + " does not follow the line before it");
    }
    if (!keep_head(entry, ledger)) {
      return fail(ErrorCode::kTampered, where + " contradicts an earlier line");
    }
    head = sha256(as_bytes(line));
    ledger.lines.insert(head);
  }
  return ledger;
}

Result<LedgerSeals> read_ledger_seals(const std::string& path) {
  struct stat facts {};
  const bool is_folder = ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
  ST_ASSIGN_OR_RETURN(const std::string text,
                      read_file(is_folder ? path + "/entries.jsonl" : path, kMaxLedger));
  ST_ASSIGN_OR_RETURN(LedgerSeals ledger, parse_ledger_seals(text));
  if (is_folder) ledger.folder = path;
  return ledger;
}

}  // namespace scopetrace
