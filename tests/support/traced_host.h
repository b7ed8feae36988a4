// SPDX-License-Identifier: Apache-2.0
// A host set up for capturing, below a temporary folder: people and their keys, a vendor,
// approvals.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/child.h"
#include "tests/support/planted.h"
#include "tests/support/planted_search.h"
#include "tests/support/vendor.h"

namespace scopetrace::testing {

class TracedHost {
 public:
  TracedHost();
  ~TracedHost();
  TracedHost(const TracedHost&) = delete;
  TracedHost& operator=(const TracedHost&) = delete;

  Vendor& vendor() { return *vendor_; }
  const PlantedSet& planted() const { return planted_; }
  // A path in the temporary folder, which holds ca.pem and planted.json.
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  // A traced client that makes one request for each line: `METHOD PATH`. Already says `ready`.
  std::unique_ptr<Child> start_python();
  std::unique_ptr<Child> start_node();
  // Go's net/http in `program`: scopetrace-go-target or a copy of it.
  std::unique_ptr<Child> start_go(const std::string& program);
  // Python with its libraries on an overlay file system, as in a container.
  std::unique_ptr<Child> start_python_on_overlay();
  // The same, but it loads its TLS library only when told to go on: says `waiting`, wants a line.
  std::unique_ptr<Child> start_late_python();
  // Sends all texts of a file, a list in JSON, for each line, logs them, and has `arguments` in
  // argv.
  std::unique_ptr<Child> start_with_arguments(const std::string& texts, const std::string& log,
                                              const std::vector<std::string>& arguments);
  // Sends what its line names to itself: hostile_client.py says which lines there are.
  std::unique_ptr<Child> start_hostile();
  // One nginx process that passes requests to nginx.sock on to the vendor, and answers those to
  // https://127.0.0.1:PORT/hook itself. Already listens.
  std::unique_ptr<Child> start_nginx(int port);
  // The pid of the program itself reads requests; it answers each with the status it got.
  static bool ask(Child& client, const std::string& request, const std::string& status);

  // Carol's request for this process, approved by Alice and Bob; the path of the file.
  std::string approve(pid_t tgid, const std::vector<std::string>& options = {});
  // `scopetrace attach` under that approval, waited for until probes are attached.
  std::unique_ptr<Child> attach(pid_t tgid, const std::string& approval,
                                const std::vector<std::string>& options = {});
  // Where attach writes unless told otherwise.
  std::string bundle() const { return path("bundle.jsonl.zst"); }

  Finished verify(const std::string& bundle) const;
  // The lines of a bundle, by stock zstd; a line that is no JSON is an empty object.
  static std::vector<nlohmann::json> lines(const std::string& bundle);
  // Every file that was written, bundle, state and approvals, searched for every planted value: the
  // names of those found. Empty is good, and never because nothing was searched.
  std::vector<std::string> leaks(const std::vector<std::string>& more_text = {}) const;

 private:
  std::unique_ptr<Child> start_client(std::vector<std::string> program,
                                      const std::string& first_line = "ready");
  std::vector<std::string> scopetrace(std::vector<std::string> arguments) const;
  void must(const std::vector<std::string>& argv) const;

  std::string folder_;
  PlantedSet planted_;
  std::unique_ptr<Vendor> vendor_;
  int approvals_ = 0;
};

}  // namespace scopetrace::testing
