// SPDX-License-Identifier: Apache-2.0
// Which calls of a connection are copied under request scope, and which never are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/privileged/tls_capture_support.h"

namespace scopetrace::testing {
namespace {

const std::string kResponse = "HTTP/1.1 204 No Content\r\n\r\n";

// What the target writes, a call each; an empty one reads the answer to what came before.
using Script = std::vector<std::string>;

std::string request(const std::string& target, const std::string& field, std::size_t body = 0) {
  std::string text = "POST " + target + " HTTP/1.1\r\nHost: x\r\n" + field +
                     "\r\nContent-Length: " + std::to_string(body) + "\r\n\r\n";
  return text + std::string(body, 'b');
}

void play(SSL* ssl, const Script& script, bool is_target) {
  for (const std::string& step : script) {
    const bool writes = step.empty() != is_target;
    const std::string& text = step.empty() ? kResponse : step;
    if (writes) {
      write_all_in(ssl, text, text.size());
      continue;
    }
    std::string got(text.size(), '\0');
    for (std::size_t at = 0; at < got.size();) {
      const int bytes = SSL_read(ssl, got.data() + at, static_cast<int>(got.size() - at));
      if (bytes <= 0) ::_exit(5);
      at += static_cast<std::size_t>(bytes);
    }
  }
}

// Bytes that came, without what is missing between them.
std::string present(const Stream& stream) {
  std::string text;
  for (const char c : stream.bytes)
    if (c != '\0') text += c;
  return text;
}

class RequestScopeBpfTest : public TlsCaptureBpfTest {
 protected:
  // What is copied of what the target writes and reads, one after the other.
  std::string copied(const Script& script, const std::string& header = "x-request-id",
                     const std::string& value = "req-4711") {
    TlsTarget target([&](SSL* ssl) { play(ssl, script, true); },
                     [&](SSL* ssl) { play(ssl, script, false); });
    Options options;
    options.configure = [&](ProbeConfig& config) { config.requests = {{header, value}}; };
    const Seen seen = capture(target, options, counters_);
    return present(seen.only(ST_EGRESS)) + present(seen.only(ST_INGRESS));
  }

  const std::string ours_ = request("/ours", "X-Request-Id: req-4711", 40);
  const std::string other_ = request("/other", "X-Request-Id: req-4712", 40);
};

TEST_F(RequestScopeBpfTest, CopiesTheRequestAndItsAnswerOnly) {
  EXPECT_EQ(copied({other_, "", ours_, "", other_, "", other_, ""}), ours_ + kResponse);
  EXPECT_GE(counters_[ST_COUNT_SUPPRESSED_SCOPE], 6U);
}

TEST_F(RequestScopeBpfTest, CopiesNothingWithoutTheRequest) {
  EXPECT_EQ(copied({other_, "", other_, ""}), "");
  EXPECT_EQ(counters_[ST_COUNT_BYTES], 0U);
}

TEST_F(RequestScopeBpfTest, CopiesABodyThatIsWrittenLater) {
  const std::string body = "GETTING bodies that look like GET / HTTP/1.1\r\n\r\n";
  EXPECT_EQ(copied({ours_, body, ""}), ours_ + body + kResponse);
}

TEST_F(RequestScopeBpfTest, FindsAFieldThatIsCutByCalls) {
  for (const std::size_t cut : {1UL, 20UL, 34UL, 40UL, 45UL, 50UL}) {
    const Script script = {other_, "", ours_.substr(0, cut), ours_.substr(cut), "", other_, ""};
    EXPECT_EQ(copied(script), ours_ + kResponse) << cut;
  }
}

TEST_F(RequestScopeBpfTest, FindsAFieldInAHeadOfManyCalls) {
  Script script;
  for (const char c : ours_) script.emplace_back(1, c);
  script.emplace_back();
  EXPECT_EQ(copied(script), ours_ + kResponse);
}

struct FieldCase {
  const char* name;
  std::string text;
  bool is_copied;
};
void PrintTo(const FieldCase& row, std::ostream* out) { *out << row.name; }

class RequestFieldBpfTest : public RequestScopeBpfTest,
                            public ::testing::WithParamInterface<FieldCase> {};

TEST_P(RequestFieldBpfTest, IsFoundInTheHeadOnly) {
  const FieldCase& row = GetParam();
  EXPECT_EQ(copied({row.text, ""}), row.is_copied ? row.text + kResponse : "");
}

INSTANTIATE_TEST_SUITE_P(
    Texts, RequestFieldBpfTest,
    ::testing::Values(
        FieldCase{"InBody", request("/a", "A: b") + "\r\nX-Request-Id: req-4711\r\n", false},
        FieldCase{"LongerValue", request("/a", "X-Request-Id: req-47110"), false},
        FieldCase{"Folded", request("/a", "x-REQUEST-id:req-4711"), true},
        FieldCase{"BehindLongFields",
                  request("/a", "Cookie: " + std::string(3000, 'c') + "\r\nX-Request-Id: req-4711"),
                  true},
        FieldCase{"BehindFourKibibytes",
                  request("/a", "Cookie: " + std::string(5000, 'c') + "\r\nX-Request-Id: req-4711"),
                  false},
        FieldCase{"InTheTarget", request("/a?x=%0Ax-request-id:%20req-4711", "A: b"), false}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace scopetrace::testing
