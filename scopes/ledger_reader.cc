// SPDX-License-Identifier: Apache-2.0
#include "scopes/ledger_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>

#include "scopes/signed_text.h"
#include "userspace/base/clock.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPiece = 1 << 20;  // bytes of one read

std::optional<std::string> text_at(const Json& json, const char* key) {
  const auto at = json.find(key);
  if (at == json.end() || !at->is_string()) return std::nullopt;
  return at->get<std::string>();
}

bool read_fields(const Json& json, LedgerRecord* record) {
  const auto fields = json.find("fields");
  if (fields == json.end() || !fields->is_object()) return false;
  for (const auto& [key, value] : fields->items()) {
    if (!value.is_string()) return false;
    record->fields.emplace_back(key, value.get<std::string>());
  }
  return true;
}

// `YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ` in nanoseconds since the epoch.
std::optional<std::uint64_t> parse_time(const std::string& text) {
  if (text.size() != 30 || text[19] != '.' || text[29] != 'Z') return std::nullopt;
  const auto seconds = parse_seconds(text.substr(0, 19) + "Z");
  std::uint64_t fraction = 0;
  for (const char c : text.substr(20, 9)) {
    if (c < '0' || c > '9') return std::nullopt;
    fraction = fraction * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (!seconds) return std::nullopt;
  return *seconds * kNanosecondsPerSecond + fraction;
}

// Splits a stream into lines of bounded length.
class LineSplitter {
 public:
  explicit LineSplitter(std::function<Status(std::string_view)> use) : use_(std::move(use)) {}

  Status push(std::string_view bytes) {
    rest_.append(bytes);
    std::size_t begin = 0;
    for (auto end = rest_.find('\n'); end != rest_.npos; end = rest_.find('\n', begin)) {
      ST_RETURN_IF_ERROR(use(std::string_view(rest_).substr(begin, end + 1 - begin)));
      begin = end + 1;
    }
    rest_.erase(0, begin);
    if (rest_.size() > kMaxLedgerLine) return torn();
    return {};
  }
  Status finish() const { return rest_.empty() ? Status() : torn(); }

 private:
  Status use(std::string_view line) {
    ++lines_;
    Status used = use_(line);
    if (used) return used;
    if (used.error().code() != ErrorCode::kCorrupt) return used;
    return fail(ErrorCode::kCorrupt, "ledger: line " + std::to_string(lines_) + " is no entry");
  }
  Status torn() const {
    return fail(ErrorCode::kTampered, "ledger: line " + std::to_string(lines_ + 1) + " is torn");
  }

  std::function<Status(std::string_view)> use_;
  std::string rest_;
  std::uint64_t lines_ = 0;
};

Status split_file(int fd, LineSplitter& lines) {
  std::string piece(kPiece, '\0');
  for (off_t at = 0;;) {
    const ssize_t n = ::pread(fd, piece.data(), piece.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read ledger");
    if (n == 0) return lines.finish();
    ST_RETURN_IF_ERROR(lines.push(std::string_view(piece).substr(0, static_cast<std::size_t>(n))));
    at += n;
  }
}

}  // namespace

std::string_view LedgerRecord::value(std::string_view key) const {
  for (const auto& [name, value] : fields) {
    if (name == key) return value;
  }
  return {};
}

Result<LedgerRecord> parse_ledger_line(std::string_view line) {
  const auto corrupt = [] { return fail(ErrorCode::kCorrupt, "ledger: a line is no entry"); };
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("n") || !json["n"].is_number_unsigned()) return corrupt();
  LedgerRecord record;
  record.n = json["n"];
  const auto previous = parse_digest(text_at(json, "previous").value_or(""));
  const auto event = text_at(json, "event");
  const auto time = text_at(json, "time");
  const auto boottime = parse_decimal(text_at(json, "boottime_ns").value_or(""));
  const auto realtime = parse_time(time.value_or(""));
  if (!previous || !event || !boottime || !realtime || !read_fields(json, &record))
    return corrupt();
  record.previous = *previous;
  record.event = *event;
  record.time = *time;
  record.realtime_ns = *realtime;
  record.boot = text_at(json, "boot").value_or("");
  record.boottime_ns = *boottime;
  record.digest = sha256(as_bytes(line));
  return record;
}

Status read_ledger(int fd, const VisitRecord& visit) {
  LineSplitter lines([&](std::string_view line) -> Status {
    ST_ASSIGN_OR_RETURN(const LedgerRecord record, parse_ledger_line(line));
    return visit(record);
  });
  return split_file(fd, lines);
}

Status find_in_ledger(const std::string& folder, std::string_view needle,
                      const VisitRecord& visit) {
  auto fd = open_file(folder + "/entries.jsonl", O_RDONLY | O_NOFOLLOW);
  if (!fd && fd.error().code() == ErrorCode::kNotFound) return {};
  if (!fd) return fail(std::move(fd).error());
  LineSplitter lines([&](std::string_view line) -> Status {
    if (line.find(needle) == line.npos) return {};
    ST_ASSIGN_OR_RETURN(const LedgerRecord record, parse_ledger_line(line));
    return visit(record);
  });
  return split_file(fd->get(), lines);
}

std::string ledger_needle(std::string_view key, std::string_view value) {
  return "\"" + std::string(key) + "\":\"" + std::string(value) + "\"";
}

}  // namespace scopetrace
