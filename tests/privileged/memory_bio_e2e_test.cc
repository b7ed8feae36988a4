// SPDX-License-Identifier: Apache-2.0
// TLS through memory BIOs, where no socket call is inside a TLS call: every connection is tied to
// its own socket or to none, never to another's.
#include <cstdlib>
#include <map>

#include "tests/privileged/attach_e2e.h"
#include "tests/support/loopback.h"
#include "userspace/base/bytes.h"

namespace scopetrace::testing {
namespace {

// How many of the client's requests stand in the bundle under their own socket, another's, or none.
struct Ties {
  int right = 0, wrong = 0, unknown = 0;
};

class MemoryBioE2eTest : public AttachE2eTest {
 protected:
  // By hand, 10000: SCOPETRACE_TEST_CONNECTIONS.
  static int connections() {
    const char* text = std::getenv("SCOPETRACE_TEST_CONNECTIONS");
    return text ? std::atoi(text) : 300;
  }

  Ties ties_of(const std::vector<std::string>& program) {
    const int port = free_loopback_port();
    const auto nginx = host_->start_nginx(port);
    Child client({program[0], program[1], kVendorHost, std::to_string(port), host_->path("ca.pem"),
                  host_->path("planted.json")});
    EXPECT_TRUE(client.wait_for_line("ready"));
    const auto attach = host_->attach(client.tgid(), host_->approve(client.tgid()));
    const std::string load = std::to_string(connections()) + " 100";
    EXPECT_TRUE(TracedHost::ask(client, load, std::to_string(connections())));
    expect_sealed_without_leaks(*attach);
    return count_ties();
  }

 private:
  // Local ports of the connections that are tied to a socket, by `conn`.
  std::map<std::string, int> tied_ports() const {
    std::map<std::string, int> ports;
    for (const auto& line : lines_of("connection")) {
      if (line.value("tied_by", "none") == "none") continue;
      ports[line.value("conn", "")] = line["local"].value("port", 0);
    }
    return ports;
  }

  Ties count_ties() const {
    const auto ports = tied_ports();
    Ties ties;
    for (const auto& line : lines_of("http")) {
      const std::string target = line["request"].value("target", "");
      const int said = std::atoi(target.substr(target.find('=') + 1).c_str());
      const auto tied = ports.find(line.value("conn", ""));
      int& count = tied == ports.end()    ? ties.unknown
                   : tied->second == said ? ties.right
                                          : ties.wrong;
      ++count;
    }
    std::printf("%d right, %d wrong, %d unknown\n", ties.right, ties.wrong, ties.unknown);
    return ties;
  }
};

TEST_F(MemoryBioE2eTest, TiesConnectionsOfAsyncioToTheirOwnSockets) {
  const Ties ties = ties_of({"/usr/bin/python3", SCOPETRACE_TEST_TARGETS "/memory_bio_client.py"});
  EXPECT_EQ(ties.wrong, 0);
  EXPECT_EQ(ties.right + ties.unknown, 2 * connections());
  EXPECT_GE(ties.right, 2 * connections() * 9 / 10);
}

TEST_F(MemoryBioE2eTest, TiesConnectionsOfNodeToTheirOwnSockets) {
  const Ties ties =
      ties_of({SCOPETRACE_TEST_NODE, SCOPETRACE_TEST_TARGETS "/memory_bio_client.js"});
  EXPECT_EQ(ties.wrong, 0);
  EXPECT_EQ(ties.right + ties.unknown, 2 * connections());
  EXPECT_GE(ties.right, 2 * connections() * 9 / 10);
}

}  // namespace
}  // namespace scopetrace::testing
