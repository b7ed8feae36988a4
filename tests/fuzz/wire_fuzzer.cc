// SPDX-License-Identifier: Apache-2.0
// Input: the first byte chooses an exchange that authenticates with a planted password, and where
// it is cut short; the second into how large pieces streams are cut; the rest is one direction of a
// stream. Properties: the output does not depend on the pieces, what is held back is bounded, and
// the password never survives, whatever follows the exchange.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/fuzz_target.h"
#include "userspace/redact/wire/wire_stream.h"

namespace {

using namespace scopetrace;

std::string big(std::uint64_t value, std::size_t size_bytes) {
  std::string out;
  for (std::size_t i = size_bytes; i > 0; --i) out += static_cast<char>(value >> (8 * (i - 1)));
  return out;
}

// Built at run time: nothing token-like is written down.
const std::string& planted_password() {
  static const std::string password = [] {
    std::mt19937_64 random(11);
    return Shape::parse("[alnum]{24}")->generate(random) + "7a";
  }();
  return password;
}

// A whole stream that authenticates with the planted password.
std::vector<std::string> exchanges() {
  const std::string& p = planted_password();
  const std::string size = std::to_string(p.size());
  const std::string plain = std::string("\0jo\0", 4) + p;
  const std::string connect = big(4, 2) + "MQTT\x04\xc2" + big(60, 2) + big(1, 2) + "d" +
                              big(2, 2) + "jo" + big(p.size(), 2) + p;
  const std::string bind = std::string("\x02\x01\x01\x60", 4) + big(p.size() + 9, 1) +
                           "\x02\x01\x03\x04\x02jo\x80" + big(p.size(), 1) + p;
  const std::string start =
      big(10, 2) + big(11, 2) + big(0, 4) + "\5PLAIN" + big(plain.size(), 4) + plain + "\2en";
  const std::string kafka =
      big(36, 2) + big(0, 2) + big(1, 4) + big(1, 2) + "a" + big(plain.size(), 4) + plain;
  const std::string startup = big(3, 2) + big(0, 2) + std::string("user\0jo\0\0", 9);
  return {"*2\r\n$4\r\nAUTH\r\n$" + size + "\r\n" + p + "\r\n",
          "EHLO a\r\nAUTH PLAIN " + to_base64(as_bytes(plain)) + "\r\n",
          "CAPA\r\nUSER jo\r\nPASS " + p + "\r\n",
          "a1 LOGIN jo {" + size + "}\r\n" + p + "\r\n",
          "CONNECT {\"pass\":\"" + p + "\"}\r\n",
          big(startup.size() + 4, 4) + startup + "p" + big(p.size() + 5, 4) + p + '\0',
          "\x10" + big(connect.size(), 1) + connect,
          "\x30" + big(bind.size(), 1) + bind,
          std::string("AMQP\0\0\x09\x01\x01\0\0", 11) + big(start.size(), 4) + start + "\xce",
          big(kafka.size(), 4) + kafka};
}

bool shows_password(const std::string& text) {
  const Bytes password = as_bytes(planted_password());
  return text.find(planted_password()) != std::string::npos ||
         text.find(to_hex(password)) != std::string::npos ||
         text.find(to_base64(password).substr(0, 24)) != std::string::npos;
}

class Target {
 public:
  std::string redact(std::string_view bytes, std::size_t piece) {
    WireStream stream(scanner_, WireDetail::kRedacted);
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      stream.push(bytes.substr(at, piece), out);
      if (stream.held_back_bytes() > 8 * WireStream::kMaxMessage) std::abort();
    }
    stream.finish(out);
    is_known_ = stream.protocol() != WireStream::kUnknown;
    return out;
  }
  bool is_known() const { return is_known_; }

 private:
  RuleSet rules_ = *RuleSet::parse(standard_profile());
  std::unique_ptr<Detectors> detectors_ = *Detectors::make(rules_);
  TextScanner scanner_{*detectors_, ByteVector(32)};
  bool is_known_ = false;
};

}  // namespace

std::vector<std::string> make_seeds() {
  std::vector<std::string> seeds;
  for (const std::string& exchange : exchanges()) seeds.push_back("\x80\x05" + exchange + exchange);
  return seeds;
}

std::vector<std::string> make_hostile_inputs() {
  return {"\x80\x01*99999999999\r\n$-1\r\n", std::string("\x80\x01\x30\x84\xff\xff\xff\xff", 8)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Target target;
  static const std::vector<std::string> planted = exchanges();
  const std::string_view input(reinterpret_cast<const char*>(data),
                               std::min<std::size_t>(size, 16384));
  if (input.size() < 2) return 0;
  const std::string_view bytes = input.substr(2);
  const std::size_t piece = static_cast<std::uint8_t>(input[1]) % 64 + 1;
  const std::string whole = target.redact(bytes, bytes.size() + 1);
  if (target.is_known()) count_accepted();
  if (target.redact(bytes, piece) != whole) std::abort();

  // What has found the password by itself says it where no exchange does.
  if (shows_password(std::string(bytes))) return 0;
  // The exchange first: what follows cannot change how it is understood. Cut short, it is hidden
  // too.
  const std::string& exchange = planted[static_cast<std::uint8_t>(input[0]) % planted.size()];
  if (shows_password(target.redact(exchange + std::string(bytes), piece))) std::abort();
  const std::size_t cut =
      std::min<std::size_t>(static_cast<std::uint8_t>(input[0]), exchange.size());
  if (shows_password(target.redact(exchange.substr(0, cut), piece))) std::abort();
  return 0;
}
