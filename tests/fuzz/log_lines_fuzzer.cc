// SPDX-License-Identifier: Apache-2.0
// Input: the first byte chooses the sink, the second the level, the third where the text is cut
// into writes and whether one is lost or truncated; the rest is what the target writes. A token is
// planted at "@@" or in the middle. Properties: it does not survive in any encoding, whatever is
// lost around it; below level redacted and of what is withheld there is no text; shapes are
// bounded.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "tests/support/fuzz_target.h"
#include "tests/support/planted_token.h"
#include "userspace/redact/log/log_lines.h"

namespace {

using namespace scopetrace;

// One log of one process.
struct Writer {
  TextScanner& scanner;
  Level level;
  std::uint8_t sink;
  LogLines logs{scanner};
  std::uint64_t sequence = 0;
  std::string told = {};

  void take(const std::vector<RedactedLog>& lines) {
    for (const RedactedLog& line : lines) {
      const bool may_have_text = level == Level::kRedacted && line.withheld.empty();
      if (!line.text.empty() && !may_have_text) std::abort();
      if (line.shape.size() > 200) std::abort();
      told += line.text + line.shape + line.file;
    }
  }
  void write(std::string_view text, bool is_truncated, bool is_lost) {
    LogEvent event{};
    event.record.header.type = ST_EVENT_LOG;
    sequence += is_lost ? 2 : 1;
    event.record.sequence = sequence;
    event.record.kept_bytes = static_cast<__u32>(text.size());
    event.record.call_bytes = event.record.kept_bytes + (is_truncated ? 100 : 0);
    event.record.sink = sink;
    event.record.fd = sink;
    event.content = as_bytes(text);
    take(logs.take(event, level));
  }
};

}  // namespace

std::vector<std::string> make_seeds() {
  return {std::string("\x01\x03\x00", 3) + "INFO a\nWARN password=@@ b\n",
          std::string("\x03\x03\x01", 3) + "<13>app: password=@@",
          std::string("\x04\x03\x00", 3) + "MESSAGE=password=@@\nPRIORITY=3\n",
          std::string("\x05\x00\x47", 3) + "{\"level\":\"info\",\"password\":\"@@\"}\n"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string token = make_planted_token();
  static const std::unique_ptr<Detectors> detectors =
      *Detectors::make(*RuleSet::parse(standard_profile()));
  static TextScanner scanner(*detectors, ByteVector(32));
  if (size < 4) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 3,
                               std::min<std::size_t>(size - 3, 16384));
  const std::string text = with_token(input, token);
  Writer writer{scanner, static_cast<Level>(data[1] % 4),
                static_cast<std::uint8_t>(ST_LOG_STDOUT + data[0] % 5)};
  const std::size_t step = data[2] % 64 == 0 ? 4096 : data[2] % 64;
  for (std::size_t at = 0; at < text.size(); at += step) {
    const bool is_odd = (at / step) % 7 == 3;
    writer.write(std::string_view(text).substr(at, step), (data[2] & 64) != 0 && is_odd,
                 (data[2] & 128) != 0 && is_odd);
  }
  writer.take(writer.logs.end(0, writer.level));
  for (const RedactedLogTotal& total : writer.logs.totals(Level::kRedacted))
    writer.told += total.file;
  check_redacted(writer.told, token, text.size());
  count_accepted();
  return 0;
}
