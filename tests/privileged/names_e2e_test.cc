// SPDX-License-Identifier: Apache-2.0
// Whole captures of programs that connect by names: which of them are in scope, and what is told
// of handshakes and DNS.
#include <algorithm>
#include <cctype>
#include <functional>

#include "tests/privileged/attach_e2e.h"
#include "tests/support/loopback.h"
#include "userspace/base/file.h"

namespace scopetrace::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Json = nlohmann::json;

constexpr char kOther[] = "other.example";

class NamesE2eTest : public AttachE2eTest {
 protected:
  // A client that says its names itself.
  std::unique_ptr<Child> start_names_client() {
    auto client = std::make_unique<Child>(std::vector<std::string>{"/usr/bin/python3", kClient});
    EXPECT_TRUE(client->wait_for_line("ready"));
    return client;
  }
  // The same with a name server of its own; `names` as dns_server.py wants them.
  std::unique_ptr<Child> start_resolving_client(const std::string& names) {
    const std::string server = "127.77." + std::to_string(::getpid() / 250 % 250) + "." +
                               std::to_string(1 + ::getpid() % 250);
    dns_ = std::make_unique<Child>(std::vector<std::string>{
        "/usr/bin/python3", SCOPETRACE_TEST_TARGETS "/dns_server.py", server, names});
    EXPECT_TRUE(dns_->wait_for_line("ready"));
    EXPECT_TRUE(write_file_atomically(host_->path("resolv.conf"),
                                      "nameserver " + server + "\noptions attempts:1 timeout:1\n",
                                      0644));
    auto client = std::make_unique<Child>(std::vector<std::string>{
        "unshare", "--mount", "sh", "-c", "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"",
        host_->path("resolv.conf"), "/usr/bin/python3", kClient});
    EXPECT_TRUE(client->wait_for_line("ready"));
    return client;
  }
  std::string tls(const std::string& sni, const std::string& host,
                  const std::string& more = "- -") {
    return "tls " + std::to_string(host_->vendor().port()) + " " + sni + " " + host + " " + more;
  }
  // The lines of handshakes.
  std::vector<Json> handshakes() const {
    std::vector<Json> found = lines_of("connection");
    std::erase_if(found, [](const Json& line) { return line.value("state", "") != "handshake"; });
    return found;
  }
  static constexpr const char* kClient = SCOPETRACE_TEST_TARGETS "/names_client.py";
  std::unique_ptr<Child> dns_;
};

TEST_F(NamesE2eTest, DropsDomainFronting) {
  const auto client = start_names_client();
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  ASSERT_TRUE(TracedHost::ask(*client, tls(kVendorHost, kOther), "200"));
  ASSERT_TRUE(TracedHost::ask(*client, tls(kOther, kVendorHost), "200"));
  ASSERT_TRUE(TracedHost::ask(*client, tls(kVendorHost, kVendorHost), "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), SizeIs(1));
  EXPECT_EQ(count("claimed_disagreeing_connections"), 1U);
  EXPECT_EQ(count("claimed_foreign_connections"), 1U);
  std::vector<Json> closed = lines_of("connection");
  std::erase_if(closed, [](const Json& line) { return line.value("state", "") != "closed"; });
  ASSERT_THAT(closed, SizeIs(3));
  EXPECT_EQ(closed[0].value("names_disagree", false), true);
  EXPECT_EQ(closed[1].value("third_party", ""), kOther);
  EXPECT_EQ(closed[2].value("third_party", ""), kVendorHost);
  EXPECT_EQ(closed[2].value("known_by", Json()), Json({"sni", "host"}));
}

TEST_F(NamesE2eTest, TakesStreamsByTheirSni) {
  const int port = free_loopback_port();
  Child server({"openssl", "s_server", "-accept", "127.0.0.1:" + std::to_string(port), "-cert",
                host_->path("ca.pem"), "-key", host_->path("server.key"), "-rev"});
  ASSERT_TRUE(server.wait_for_line("ACCEPT"));
  const auto client = start_names_client();
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));
  const std::string raw = "raw " + std::to_string(port) + " ";

  ASSERT_TRUE(TracedHost::ask(*client, raw + kOther + " a text to the other", "sent"));
  ASSERT_TRUE(TracedHost::ask(*client, raw + kVendorHost + " a text to the approved", "sent"));
  expect_sealed_without_leaks(*attach);

  std::string told;
  for (const Json& line : lines_of("message")) told += line.dump();
  EXPECT_THAT(told, HasSubstr("to the approved"));
  EXPECT_THAT(told, Not(HasSubstr("to the other")));
}

TEST_F(NamesE2eTest, TellsHandshakes) {
  const int port = free_loopback_port();
  Child server({"openssl", "s_server", "-accept", "127.0.0.1:" + std::to_string(port), "-cert",
                host_->path("ca.pem"), "-key", host_->path("server.key"), "-alpn", "h2,http/1.1",
                "-www"});
  ASSERT_TRUE(server.wait_for_line("ACCEPT"));
  const auto client = start_names_client();
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));
  const std::string ask = "tls " + std::to_string(port) + " " + kVendorHost + " " + kVendorHost;

  ASSERT_TRUE(TracedHost::ask(*client, ask + " 1.2 http/1.1", "200"));
  ASSERT_TRUE(TracedHost::ask(*client, ask + " 1.3 http/1.1", "200"));
  ASSERT_TRUE(TracedHost::ask(*client, tls("-", kVendorHost), "200"));
  expect_sealed_without_leaks(*attach);

  const auto told = handshakes();
  ASSERT_THAT(told, SizeIs(3));
  const Json& tls12 = told[0]["tls"];
  EXPECT_EQ(tls12.value("version", ""), "1.2");
  EXPECT_EQ(tls12.value("alpn", ""), "http/1.1");
  EXPECT_THAT(tls12.value("cipher", ""), HasSubstr("TLS_ECDHE_ECDSA_WITH_"));
  ASSERT_EQ(tls12.value("certificate_state", ""), "seen");
  EXPECT_EQ(tls12["certificate"].value("subject", ""), kVendorHost);
  EXPECT_EQ(tls12["certificate"].value("key_type", ""), "ec");
  EXPECT_EQ(tls12["certificate"].value("names", 0), 3);
  std::string digest = run_program({"openssl", "x509", "-in", host_->path("ca.pem"), "-noout",
                                    "-fingerprint", "-sha256"})
                           .output;
  digest = digest.substr(digest.find('=') + 1);
  std::erase_if(digest, [](char c) { return c == ':' || c == '\n'; });
  std::transform(digest.begin(), digest.end(), digest.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  EXPECT_EQ(tls12["certificate"].value("digest", ""), "sha256:" + digest);
  const Json& tls13 = told[1]["tls"];
  EXPECT_EQ(tls13.value("version", ""), "1.3");
  EXPECT_THAT(tls13.value("cipher", ""), HasSubstr("TLS_AES_256_GCM_SHA384"));
  EXPECT_EQ(tls13.value("alpn_offered", Json()), Json({"http/1.1"}));
  EXPECT_FALSE(tls13.contains("alpn"));
  EXPECT_EQ(tls13.value("certificate_state", ""), "encrypted");
  EXPECT_EQ(told[1].value("third_party", ""), kVendorHost);
  EXPECT_EQ(told[2]["tls"].value("server_name_state", ""), "none");
  EXPECT_THAT(count("handshake_bytes"), Gt(500U));
}

// Each writes its hello in another way: with a memory BIO, or inside the first write.
TEST_F(NamesE2eTest, TellsHandshakesOfOtherStacks) {
  struct Stack {
    const char* name;
    std::function<std::unique_ptr<Child>()> start;
  };
  for (const Stack& stack :
       {Stack{"node", [&] { return host_->start_node(); }},
        Stack{"go",
              [&] { return host_->start_go(SCOPETRACE_TEST_BIN "/scopetrace-go-target"); }}}) {
    SCOPED_TRACE(stack.name);
    const auto client = stack.start();
    const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));
    ASSERT_TRUE(TracedHost::ask(*client, "GET /v1/status", "200"));
    expect_sealed_without_leaks(*attach);

    ASSERT_THAT(handshakes(), SizeIs(1));
    EXPECT_EQ(handshakes()[0]["tls"].value("server_name", ""), kVendorHost);
    EXPECT_EQ(handshakes()[0]["tls"].value("version", ""), "1.3");
    EXPECT_THAT(exchanges(), SizeIs(1));
    ::unlink(host_->bundle().c_str());
  }
}

// GnuTLS, through a shell: a new program is in scope with its descendants only.
TEST_F(NamesE2eTest, TellsHandshakesOfGnutls) {
  Child shell({"sh", "-c",
               "echo ready; read go; wget -q -O /dev/null --ca-certificate=\"$0\" "
               "--header \"Host: $1\" https://localhost:$2/v1/status; echo done; read end",
               host_->path("ca.pem"), kVendorHost, std::to_string(host_->vendor().port())});
  ASSERT_TRUE(shell.wait_for_line("ready"));
  const auto attach = host_->attach(shell.tgid(), host_->approve(shell.tgid(), {"--children"}));

  shell.write_line("go");
  ASSERT_TRUE(shell.wait_for_line("done"));
  expect_sealed_without_leaks(*attach);

  ASSERT_THAT(handshakes(), SizeIs(1));
  EXPECT_EQ(handshakes()[0]["tls"].value("server_name", ""), "localhost");
  EXPECT_THAT(exchanges(), IsEmpty());  // localhost is not approved, whatever Host says
  EXPECT_EQ(count("claimed_foreign_connections"), 1U);
}

TEST_F(NamesE2eTest, TellsQuestionsAndTakesTheThirdPartyFromThem) {
  const auto client = start_resolving_client(
      R"({"api.payments.example": ["cdn.example", "127.0.0.1"], "other.example": "127.0.0.1",)"
      R"( "alone.example": "127.0.0.9"})");
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));
  const std::string port = std::to_string(host_->vendor().plain_port());

  ASSERT_TRUE(TracedHost::ask(*client, "lookup alone.example", "127.0.0.9"));
  ASSERT_TRUE(TracedHost::ask(*client, "lookup nowhere.example", "none"));
  ASSERT_TRUE(TracedHost::ask(*client, "lookup silent.example", "none"));
  ASSERT_TRUE(TracedHost::ask(
      *client, "http " + std::string(kVendorHost) + " " + port + " " + kVendorHost, "200"));
  expect_sealed_without_leaks(*attach);

  const auto told = lines_of("dns");
  const auto asked = [&](const std::string& name, const std::string& type) {
    const auto found = std::find_if(told.begin(), told.end(), [&](const Json& line) {
      return line.value("question", "") == name && line.value("question_type", "") == type;
    });
    return found == told.end() ? Json() : *found;
  };
  const Json alone = asked("alone.example", "A");
  ASSERT_TRUE(alone.is_object());
  EXPECT_EQ(alone.value("outcome", ""), "answered");
  EXPECT_EQ(alone.value("rcode", ""), "noerror");
  EXPECT_EQ(alone["answers"][0].value("value", ""), "127.0.0.9");
  EXPECT_EQ(alone["answers"][0].value("ttl", 0), 60);
  EXPECT_EQ(alone["server"].value("port", 0), 53);
  EXPECT_THAT(alone.value("duration_ns", 0), Gt(0));
  EXPECT_EQ(asked("nowhere.example", "A").value("rcode", ""), "nxdomain");
  EXPECT_EQ(asked("silent.example", "A").value("outcome", ""), "open");
  const Json vendor = asked(kVendorHost, "A");
  ASSERT_TRUE(vendor.is_object());
  EXPECT_EQ(vendor["answers"][0].value("value", ""), "cdn.example");
  EXPECT_EQ(vendor["answers"][1].value("name", ""), "cdn.example");
  ASSERT_THAT(exchanges(), SizeIs(1));
  const auto connections = lines_of("connection");
  EXPECT_EQ(connections.back().value("known_by", Json()), Json({"dns", "host"}));
  EXPECT_THAT(count("dns_bytes"), Gt(100U));
}

TEST_F(NamesE2eTest, DropsAHostThatItsAddressWasNotLookedUpFor) {
  const auto client = start_resolving_client(
      R"({"api.payments.example": "127.0.0.1", "other.example": "127.0.0.1"})");
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));
  const std::string ask = " " + std::to_string(host_->vendor().plain_port()) + " " + kVendorHost;

  ASSERT_TRUE(TracedHost::ask(*client, std::string("http ") + kOther + ask, "200"));
  ASSERT_TRUE(TracedHost::ask(*client, std::string("http ") + kVendorHost + ask, "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), SizeIs(1));
  EXPECT_EQ(count("claimed_disagreeing_connections"), 1U);
}

TEST_F(NamesE2eTest, RedactsASecretInAName) {
  const auto client = start_resolving_client("{}");
  const auto attach =
      host_->attach(client->tgid(), host_->approve(client->tgid(), {"--third-party", "any"}),
                    {"--third-party", "any"});
  std::string name = host_->planted().api_key + ".payments.example";
  const std::string hex = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

  ASSERT_TRUE(TracedHost::ask(*client, tls(name, kVendorHost), "200"));
  ASSERT_TRUE(TracedHost::ask(*client, "lookup " + name, "none"));
  ASSERT_TRUE(TracedHost::ask(*client, "lookup " + hex + ".payments.example", "none"));
  expect_sealed_without_leaks(*attach);

  const std::string all = run_program({"zstd", "-q", "-dc", host_->bundle()}).output;
  EXPECT_THAT(all, Not(HasSubstr(hex)));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  EXPECT_THAT(all, Not(HasSubstr(name)));
  ASSERT_THAT(handshakes(), SizeIs(1));
  EXPECT_THAT(handshakes()[0]["tls"].value("server_name", ""), HasSubstr("[REDACTED:"));
  ASSERT_THAT(lines_of("dns"), Not(IsEmpty()));
  for (const Json& line : lines_of("dns"))
    EXPECT_THAT(line.value("question", ""), HasSubstr("[REDACTED:"));
}

}  // namespace
}  // namespace scopetrace::testing
