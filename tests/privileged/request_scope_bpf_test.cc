// SPDX-License-Identifier: Apache-2.0
// Which calls of a connection are copied under request scope, and which never are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/privileged/tls_capture_support.h"

namespace scopetrace::testing {
namespace {

const std::string kResponse = "HTTP/1.1 204 No Content\r\n\r\n";

// What the target writes, a call each; an empty one reads kResponse, one behind '<' reads the rest.
using Script = std::vector<std::string>;

bool is_read(const std::string& step) { return step.empty() || step[0] == '<'; }
std::string text_of(const std::string& step) {
  if (step.empty()) return kResponse;
  return is_read(step) ? step.substr(1) : step;
}

std::string request(const std::string& target, const std::string& field, std::size_t body = 0) {
  std::string text = "POST " + target + " HTTP/1.1\r\nHost: x\r\n" + field +
                     "\r\nContent-Length: " + std::to_string(body) + "\r\n\r\n";
  return text + std::string(body, 'b');
}

void play(SSL* ssl, const Script& script, bool is_target) {
  for (const std::string& step : script) {
    const bool writes = is_read(step) != is_target;
    const std::string text = text_of(step);
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
    expect_no_holes(seen);
    return seen.only(ST_EGRESS).present() + seen.only(ST_INGRESS).present();
  }

  // Between the events of a window all bytes came, else they would count as lost; outside, none.
  static void expect_no_holes(const Seen& seen) {
    std::uint64_t at[2] = {};
    bool was_open = false;
    for (const st_window_event& window : seen.windows) {
      for (const int direction : {ST_EGRESS, ST_INGRESS}) {
        const auto found = seen.streams.find({window.tls_id, direction});
        const auto is_copied =
            found == seen.streams.end() ? std::vector<bool>() : found->second.is_copied;
        for (std::uint64_t i = at[direction]; i < window.position[direction]; ++i)
          EXPECT_EQ(i < is_copied.size() && is_copied[i], was_open) << i;
        at[direction] = window.position[direction];
      }
      was_open = window.kind != ST_WINDOW_NONE;
    }
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
  EXPECT_GE(counters_[ST_COUNT_SUPPRESSED_SCOPE], 4U);
}

TEST_F(RequestScopeBpfTest, CopiesABodyThatIsWrittenLater) {
  const std::string body = "GETTING bodies that look like GET / HTTP/1.1\r\n\r\n";
  EXPECT_EQ(copied({ours_, body, ""}), ours_ + body + kResponse);
}

TEST_F(RequestScopeBpfTest, FindsAFieldThatIsCutByCalls) {
  for (const std::size_t cut : {1UL, 34UL, 45UL}) {
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

// Nothing is copied of either; what differs is how much there is to look at.
TEST_F(RequestScopeBpfTest, ChargesWhatIsLookedAt) {
  const std::string long_head = request("/other", "Cookie: " + std::string(3000, 'c'));
  EXPECT_EQ(copied({other_, "", other_, "", other_, "", other_, ""}), "");
  const std::uint64_t small_ns = counters_[ST_COUNT_CPU_NS];

  EXPECT_EQ(copied({long_head, "", long_head, "", long_head, "", long_head, ""}), "");

  EXPECT_GE(counters_[ST_COUNT_CPU_NS], small_ns + 4 * 1500);
}

// What the target moves between the pause and its end: an answer, then another request.
TEST_F(RequestScopeBpfTest, ClosesTheWindowWhenCallsWentByInAPause) {
  ProbeSet* probes = nullptr;
  TlsTarget target(
      [&](SSL* ssl) {
        play(ssl, {ours_, "", "z", "", other_, ""}, true);
      },
      [&](SSL* ssl) {
        play(ssl, {ours_, "", "z"}, false);
        EXPECT_TRUE(probes->pause());
        play(ssl, {"", other_}, false);
        EXPECT_TRUE(probes->resume());
        play(ssl, {""}, false);
      });
  Options options;
  options.configure = [](ProbeConfig& config) { config.requests = {{"x-request-id", "req-4711"}}; };
  options.on_ready = [&](ProbeSet& ready) { probes = &ready; };

  const Seen seen = capture(target, options, counters_);

  EXPECT_THAT(seen.only(ST_EGRESS).present(), ::testing::StartsWith(ours_));
  EXPECT_EQ(seen.only(ST_INGRESS).present(), kResponse);
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
  EXPECT_GE(counters_[ST_COUNT_SUPPRESSED_SCOPE], row.is_copied ? 0U : 2U) << "no call was seen";
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

// A frame of RFC 9113 section 4.1.
std::string frame(std::uint8_t type, std::uint8_t flags, std::uint8_t stream,
                  const std::string& payload) {
  const auto size = static_cast<char>(payload.size());
  return std::string{0, 0, size, static_cast<char>(type),  static_cast<char>(flags),
                     0, 0, 0,    static_cast<char>(stream)} +
         payload;
}

// x-request-id as a literal field that no table keeps (RFC 7541 section 6.2.2); `coded` has its
// length before it.
std::string headers(std::uint8_t stream, const std::string& coded) {
  return frame(1, 5, stream, "\x82\x84\x10\x0cx-request-id" + coded);
}

class Http2RequestScopeBpfTest : public RequestScopeBpfTest {
 protected:
  const std::string preface_ = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, "");
  const std::string plain_ = "\x08req-4711";
  const std::string other_id_ = "\x08req-4712";
};

TEST_F(Http2RequestScopeBpfTest, CopiesFromTheRequestToTheEndOfItsAnswer) {
  const std::string ours = headers(3, plain_), answer = frame(1, 5, 3, "\x88");
  const std::string found =
      copied({preface_, headers(1, other_id_), "<" + frame(1, 5, 1, "\x88"), ours, "<" + answer,
              headers(5, other_id_), "<" + frame(1, 5, 5, "\x88")});
  EXPECT_EQ(found, ours + answer);
}

TEST_F(Http2RequestScopeBpfTest, StaysOpenWhileTheAnswerGoesOn) {
  const std::string ours = headers(3, plain_), other = headers(5, other_id_);
  const std::string begin = frame(1, 4, 3, "\x88"), end = frame(0, 1, 3, "body");
  const std::string found = copied({preface_, ours, "<" + begin, other, "<" + end, other});
  EXPECT_EQ(found, ours + other + begin + end);
}

TEST_F(Http2RequestScopeBpfTest, FindsHuffmanCode) {
  // "www.example.com" and "302" of RFC 7541 appendix C.4.1 and C.6.1.
  const std::string coded = "\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";
  const std::string ours = headers(3, coded);
  EXPECT_EQ(copied({preface_, headers(1, other_id_), ours}, "x-request-id", "www.example.com"),
            ours);
}

}  // namespace
}  // namespace scopetrace::testing
