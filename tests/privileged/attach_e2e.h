// SPDX-License-Identifier: Apache-2.0
// What the whole captures of real programs share: a host, and what ends up in the bundle.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/bundle_schema.h"
#include "tests/support/traced_host.h"

namespace scopetrace::testing {

// One traced host a test; skipped without root.
class AttachE2eTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to attach probes";
    host_ = std::make_unique<TracedHost>();
  }

  using Lines = std::vector<nlohmann::json>;
  // The bundle's lines of this type.
  Lines lines_of(const std::string& type) const {
    Lines found;
    for (const auto& line : TracedHost::lines(host_->bundle())) {
      if (line.value("type", "") == type) found.push_back(line);
    }
    return found;
  }
  nlohmann::json summary() const { return TracedHost::lines(host_->bundle()).back(); }
  // One of the summary's counts.
  std::uint64_t count(const std::string& name) const {
    return summary().at("counts").at(name).get<std::uint64_t>();
  }

  // "POST /v1/charges" → 200, for every finished exchange of the bundle, or those without TLS.
  using Exchanges = std::vector<std::pair<std::string, int>>;
  Exchanges exchanges(bool only_plain = false) const {
    Exchanges found;
    for (const auto& line : lines_of("http")) {
      if (!line.contains("response") || (only_plain && !line.value("plain", false))) continue;
      const auto& request = line["request"];
      found.emplace_back(request.value("method", "") + " " + request.value("target", ""),
                         line["response"].value("status", 0));
    }
    return found;
  }

  void expect_sealed_without_leaks(Child& attach) {
    attach.send_signal(SIGINT);
    expect_ended_without_leaks(attach);
  }
  // The same of a capture that ends by itself.
  void expect_ended_without_leaks(Child& attach) {
    EXPECT_EQ(attach.wait(), 0) << attach.output();
    const Finished verdict = host_->verify(host_->bundle());
    EXPECT_EQ(verdict.status, 0) << verdict.output;
    EXPECT_THAT(verdict.output, ::testing::HasSubstr("COMPLETE"));
    EXPECT_THAT(host_->leaks({attach.output()}), ::testing::IsEmpty());
    EXPECT_THAT(schema_faults(host_->bundle()), ::testing::IsEmpty());
  }

  // What the session record says of files whose name holds `part`: "covered", or why not.
  std::vector<std::string> coverage_of(const std::string& part) const {
    std::vector<std::string> found;
    const auto session = TracedHost::lines(host_->bundle()).at(0);
    for (const auto& library : session.at("libraries")) {
      if (library.value("name", "").find(part) == std::string::npos) continue;
      found.push_back(library.value("covered", false) ? "covered" : library.value("reason", ""));
    }
    return found;
  }

  std::unique_ptr<TracedHost> host_;
};

}  // namespace scopetrace::testing
