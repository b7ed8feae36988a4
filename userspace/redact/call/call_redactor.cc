// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/call/call_redactor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>

#include "userspace/redact/text/text_scanner.h"
#include "userspace/wire/call_table.h"

namespace scopetrace {
namespace {

constexpr std::int64_t kMaxErrno = 4095;
constexpr std::size_t kUnixPath = offsetof(sockaddr_un, sun_path);

struct OptionName {
  std::uint32_t level;
  std::uint32_t option;
  const char* name;
};
constexpr std::array<OptionName, 6> kOptions = {
    {{SOL_SOCKET, SO_RCVTIMEO, "SO_RCVTIMEO"},
     {SOL_SOCKET, SO_SNDTIMEO, "SO_SNDTIMEO"},
     {SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE"},
     {SOL_SOCKET, SO_LINGER, "SO_LINGER"},
     {IPPROTO_TCP, TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT"},
     {IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY"}}};

std::string in_base(std::uint64_t value, unsigned base, std::string_view prefix) {
  std::string digits;
  do {
    digits.insert(digits.begin(), "0123456789abcdef"[value % base]);
    value /= base;
  } while (value > 0);
  return std::string(prefix) + digits;
}

// "1.2.3.4:80", "[::1]:80"; empty for what is no Internet address.
std::string internet_address(Bytes bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  ByteReader reader(bytes);
  if (const auto v4 = reader.read<sockaddr_in>(); v4 && v4->sin_family == AF_INET) {
    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
    return std::string(text) + ":" + std::to_string(ntohs(v4->sin_port));
  }
  reader = ByteReader(bytes);
  if (const auto v6 = reader.read<sockaddr_in6>(); v6 && v6->sin6_family == AF_INET6) {
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6->sin6_port));
  }
  return {};
}

// Tells one event.
class CallTeller {
 public:
  CallTeller(TextScanner& scanner, const CallEvent& event, const CallKind& kind, Level level)
      : scanner_(scanner), event_(event), kind_(kind), level_(level) {}

  std::vector<RedactedArgument> arguments() {
    std::vector<RedactedArgument> told;
    for (std::size_t i = 0; i < kind_.arguments.size(); ++i) {
      const CallArgument& argument = kind_.arguments[i];
      if (argument.type == ArgumentType::kHidden) continue;
      if (argument.type == ArgumentType::kText) {
        std::string text = this->text(texts_++);
        if (!text.empty()) told.push_back({std::string(argument.name), std::move(text)});
      } else {
        told.push_back({std::string(argument.name), number(argument.type, event_.record.args[i])});
      }
    }
    if (has_timeout()) told.push_back({"timeout_ms", timeout_ms()});
    return told;
  }

 private:
  // Of a call that is given a pointer to it. Any other has none, or has it among its arguments.
  bool has_timeout() const { return event_.record.timeout_ns != 0; }
  std::int64_t timeout_ms() const {
    constexpr std::uint64_t kNsPerMs = 1'000'000;
    return static_cast<std::int64_t>(event_.record.timeout_ns / kNsPerMs);
  }

  static RedactedArgument::Value number(ArgumentType type, std::uint64_t value) {
    const auto low = static_cast<std::uint32_t>(value);
    if (type == ArgumentType::kFlags) return in_base(low, 16, "0x");
    if (type == ArgumentType::kMode) return in_base(low, 8, "0");
    if (type == ArgumentType::kUnsigned) return std::int64_t{low};
    return std::int64_t{static_cast<std::int32_t>(low)};
  }

  std::string text(std::size_t index) {
    const Bytes bytes = event_.texts[index];
    if (bytes.empty()) return {};
    if (kind_.text == ST_TEXT_ADDRESS) return address(bytes);
    if (kind_.text == ST_TEXT_OPTION) return option(bytes);
    return path(as_text(bytes), ST_CALL_TEXT_MAX - 1);
  }

  std::string path(std::string_view text, std::size_t limit) {
    if (level_ == Level::kMetadata) return {};
    if (text.size() >= limit) return "[WITHHELD:" + std::to_string(text.size()) + "]";
    return scanner_.redact(text);
  }

  std::string address(Bytes bytes) {
    std::string text = internet_address(bytes);
    if (!text.empty()) return text;
    const auto family = ByteReader(bytes).read<sa_family_t>();
    if (!family || *family != AF_UNIX || bytes.size() <= kUnixPath) return {};
    std::string_view name = as_text(bytes.subspan(kUnixPath));
    name = name.substr(0, name.find('\0'));
    return name.empty() ? std::string() : path(name, ST_CALL_TEXT_MAX);
  }

  // The value of options whose meaning is known: a time in milliseconds, or a number.
  std::string option(Bytes bytes) {
    const auto level = static_cast<std::uint32_t>(event_.record.args[1]);
    const auto wanted = static_cast<std::uint32_t>(event_.record.args[2]);
    for (const OptionName& known : kOptions) {
      if (known.level != level || known.option != wanted) continue;
      return std::string(known.name) + "=" + option_value(known, bytes);
    }
    return {};
  }

  static std::string option_value(const OptionName& known, Bytes bytes) {
    ByteReader reader(bytes);
    if (known.level == SOL_SOCKET && (known.option == SO_RCVTIMEO || known.option == SO_SNDTIMEO)) {
      const auto time = reader.read<timeval>();
      return time ? std::to_string(time->tv_sec * 1000 + time->tv_usec / 1000) + "ms" : "";
    }
    const auto value = reader.read<std::int32_t>();
    return value ? std::to_string(*value) : "";
  }

  TextScanner& scanner_;
  const CallEvent& event_;
  const CallKind& kind_;
  Level level_;
  std::size_t texts_ = 0;
};

}  // namespace

std::string_view call_family_name(st_call_family family) {
  switch (family) {
    case ST_CALLS_FILES:
      return "files";
    case ST_CALLS_PROCESS:
      return "process";
    case ST_CALLS_SOCKETS:
      break;
  }
  return "sockets";
}

std::optional<RedactedCall> redact_call(TextScanner& scanner, const CallEvent& event, Level level) {
  const CallKind* kind = find_call(event.record.number);
  if (kind == nullptr) return std::nullopt;
  RedactedCall call;
  const st_event_header& header = event.record.header;
  call.origin = {.time_ns = header.time_ns, .tgid = header.tgid, .tid = header.tid};
  call.conn_id = event.record.conn_id;
  call.family = call_family_name(kind->family);
  call.name = kind->name;
  call.arguments = CallTeller(scanner, event, *kind, level).arguments();
  call.result = event.record.result;
  if (event.record.duration_ns != 0) call.duration_ns = event.record.duration_ns;
  if (call.result < 0 && call.result >= -kMaxErrno) {
    const char* name = ::strerrorname_np(static_cast<int>(-call.result));
    call.error = name == nullptr ? "E" + std::to_string(-call.result) : name;
  }
  return call;
}

}  // namespace scopetrace
