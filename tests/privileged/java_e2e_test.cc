// SPDX-License-Identifier: Apache-2.0
// Java, whose TLS is written in Java: its payload is named as not covered, its connections are told
// with what their handshakes say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>

#include "tests/privileged/attach_e2e.h"
#include "tests/support/traced_host.h"

namespace scopetrace::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Json = nlohmann::json;

constexpr char kReason[] = "payload of java is not covered";

// By the client of the JDK: the first has blocking sockets, the second channels.
class JavaE2eTest : public AttachE2eTest, public ::testing::WithParamInterface<const char*> {
 protected:
  std::unique_ptr<Child> start_java(const std::string& protocols = "TLSv1.3") {
    return host_->start_client(
        {"java", "-XX:TieredStopAtLevel=1", "-Djdk.tls.client.protocols=" + protocols,
         "-Djdk.httpclient.allowRestrictedHeaders=connection",
         SCOPETRACE_TEST_TARGETS "/Client.java", host_->path("hosts"), GetParam()});
  }
  // No client has a socket to the vendor but in TIME_WAIT, which is behind the close. Source:
  // proc_net_tcp(5): remote address and port, then the state.
  bool is_closed() const {
    std::array<char, 32> pattern{};
    std::snprintf(pattern.data(), pattern.size(), ":%04X 0[^6] ",
                  static_cast<unsigned>(host_->vendor().port()));
    return run_program({"grep", "-qE", pattern.data(), "/proc/net/tcp", "/proc/net/tcp6"}).status ==
           1;
  }
  bool wait_until_closed() const {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!is_closed()) {
      if (std::chrono::steady_clock::now() > end) return false;
    }
    return true;
  }
  // Two requests over one connection, and its close.
  void capture(Child& client, const std::vector<std::string>& options = {}) {
    attach_ = host_->attach(client.tgid(), host_->approve(client.tgid(), options), options);
    ASSERT_TRUE(TracedHost::ask(client, "POST /v1/charges", "200"));
    ASSERT_FALSE(is_closed());
    ASSERT_TRUE(TracedHost::ask(client, "GET /v1/limits close", "429"));
    ASSERT_TRUE(wait_until_closed());
    expect_sealed_without_leaks(*attach_);
  }
  // Of the only connection, the line of that state.
  Json connection(const std::string& state) const {
    Lines found = lines_of("connection");
    std::erase_if(found, [&](const Json& line) { return line.value("state", "") != state; });
    EXPECT_THAT(found, SizeIs(1)) << state;
    return found.empty() ? Json::object() : found[0];
  }
  void expect_no_payload() const {
    EXPECT_THAT(lines_of("http"), IsEmpty());
    EXPECT_THAT(lines_of("message"), IsEmpty());
    EXPECT_THAT(coverage_of("libjvm.so"), ElementsAre(kReason));
  }

  std::unique_ptr<Child> attach_;
};

TEST_P(JavaE2eTest, TellsConnectionsAndNamesThePayloadAsNotCovered) {
  const auto client = start_java();
  capture(*client);

  expect_no_payload();
  EXPECT_THAT(attach_->output(), ContainsRegex("not covered: /[^\n]*/libjvm.so"));
  const Json opened = connection("opened");
  EXPECT_THAT(opened["peer"].value("address", ""), EndsWith("127.0.0.1"));
  EXPECT_EQ(opened["peer"].value("port", 0), host_->vendor().port());
  EXPECT_EQ(opened.value("role", ""), "connected");
  const Json handshake = connection("handshake");
  EXPECT_EQ(handshake.value("third_party", ""), kVendorHost);
  EXPECT_EQ(handshake.value("known_by", Json()), Json({"sni"}));
  EXPECT_EQ(handshake["tls"].value("server_name", ""), kVendorHost);
  EXPECT_EQ(handshake["tls"].value("version", ""), "1.3");
  EXPECT_EQ(handshake["tls"].value("cipher", ""), "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(handshake["tls"].value("certificate_state", ""), "encrypted");
  const Json offered = GetParam() == std::string("http") ? Json({"h2", "http/1.1"}) : Json::array();
  EXPECT_EQ(handshake["tls"].value("alpn_offered", Json()), offered);
  const Json closed = connection("closed");
  EXPECT_EQ(closed.value("third_party", ""), kVendorHost);
  EXPECT_EQ(closed["tls"], handshake["tls"]);
  EXPECT_THAT(closed.value("sent_bytes", 0), Gt(1000));
  EXPECT_THAT(closed.value("received_bytes", 0), Gt(1000));
  EXPECT_LT(opened.value("time", ""), handshake.value("time", ""));
  EXPECT_LT(handshake.value("time", ""), closed.value("time", ""));
}

TEST_P(JavaE2eTest, TellsTheCertificateOfTls12) {
  const auto client = start_java("TLSv1.2");
  capture(*client);

  expect_no_payload();
  const Json tls = connection("handshake")["tls"];
  EXPECT_EQ(tls.value("version", ""), "1.2");
  EXPECT_THAT(tls.value("cipher", ""), StartsWith("TLS_ECDHE_ECDSA_WITH_"));
  ASSERT_EQ(tls.value("certificate_state", ""), "seen");
  EXPECT_EQ(tls["certificate"].value("subject", ""), kVendorHost);
  EXPECT_EQ(tls["certificate"].value("key_type", ""), "ec");
  EXPECT_THAT(tls["certificate"].value("digest", ""), StartsWith("sha256:"));
}

// Its lines stay, as those of any program: they say whom it talks to, not what.
TEST_P(JavaE2eTest, CountsAConnectionOutsideTheApproval) {
  const auto client = start_java();
  capture(*client, {"--third-party", "other.example"});

  expect_no_payload();
  EXPECT_EQ(summary().at("counts").value("claimed_foreign_connections", 0), 1);
  EXPECT_EQ(connection("closed").value("third_party", ""), kVendorHost);
}

// Under request scope nothing says that a connection served the request.
TEST_P(JavaE2eTest, TellsNoNamesUnderRequestScope) {
  const auto client = start_java();
  capture(*client, {"--request-id", "X-Request-Id=4711"});

  expect_no_payload();
  ASSERT_THAT(lines_of("connection"), Not(IsEmpty()));
  for (const Json& line : lines_of("connection")) {
    EXPECT_FALSE(line.contains("third_party")) << line;
    EXPECT_FALSE(line.contains("tls")) << line;
  }
}

TEST_P(JavaE2eTest, IsNamedByDoctor) {
  const auto client = start_java();

  const Finished doctor = host_->doctor(client->tgid());

  EXPECT_EQ(doctor.status, 0);
  EXPECT_THAT(doctor.output, HasSubstr(std::string("libjvm.so\n       ") + kReason));
}

INSTANTIATE_TEST_SUITE_P(Clients, JavaE2eTest, ::testing::Values("url", "http"),
                         [](const auto& client) { return std::string(client.param); });

}  // namespace
}  // namespace scopetrace::testing
