// SPDX-License-Identifier: Apache-2.0
// A host set up for capturing, below a temporary folder: people and their keys, a vendor,
// approvals.
#pragma once

#include <functional>
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
  // The same, over HTTP: its connection is open, but has not been used.
  std::unique_ptr<Child> start_plain_python();
  // The same over one TLS library: "wolfssl", "mbedtls", "static" (OpenSSL, linked statically) or
  // "alpine" (OpenSSL, runs only in a root with Alpine's loader).
  static std::string stack_client(const std::string& library);
  // Any such client; it is given the vendor's name and port, ca.pem and planted.json.
  std::unique_ptr<Child> start_client(std::vector<std::string> program,
                                      const std::string& first_line = "ready");
  std::unique_ptr<Child> start_node();
  // Go's net/http in `program`: scopetrace-go-target or a copy of it.
  std::unique_ptr<Child> start_go(const std::string& program);
  // Python with its libraries on an overlay file system, as in a container.
  std::unique_ptr<Child> start_python_on_overlay();
  // The same, but it loads its TLS library only when told to go on: says `waiting`, wants a line.
  // `words` go before its command.
  std::unique_ptr<Child> start_late_python(std::vector<std::string> words = {});
  // Sends all texts of a file, a list in JSON, for each line, logs them, and has `arguments` in
  // argv.
  std::unique_ptr<Child> start_with_arguments(const std::string& texts, const std::string& log,
                                              const std::vector<std::string>& arguments);
  // Serves on the port that it says next, and asks the vendor twice for each request: with a thread
  // for each connection, with one event loop, and with goroutines.
  std::unique_ptr<Child> start_gateway();
  std::unique_ptr<Child> start_node_gateway();
  std::unique_ptr<Child> start_go_gateway();
  // Logs planted values everywhere, to `file` among others, for each line: log_client.py. Has a
  // /run of its own.
  std::unique_ptr<Child> start_log_writer(const std::string& file);
  // Makes system calls, with planted values in paths below `folder`, for each line: call_client.py.
  std::unique_ptr<Child> start_caller(const std::string& folder, int closed_port);
  // Sends what its line names to itself: hostile_client.py says which lines there are.
  std::unique_ptr<Child> start_hostile();
  // A third party and its client in Node.js: HTTP/2, gRPC and WebSocket (http2_vendor.js,
  // http2_client.js). The client wants the vendor.
  struct Http2Ports {
    int http2 = 0, grpc = 0, web_socket = 0;
  };
  std::unique_ptr<Child> start_http2_vendor(const Http2Ports& ports);
  std::unique_ptr<Child> start_http2_client(const Http2Ports& ports);
  // One nginx process that passes requests to nginx.sock on to the vendor, and answers those to
  // https://127.0.0.1:PORT/hook itself. Already listens.
  std::unique_ptr<Child> start_nginx(int port);
  // The same with a master and two workers, started by `enter`, which may put it somewhere.
  using Enter = std::function<std::vector<std::string>(const std::vector<std::string>&)>;
  std::unique_ptr<Child> start_nginx_master(int port, const Enter& enter);
  // python_client.py and prefork_server.py started in the same way.
  std::unique_ptr<Child> start_python(const Enter& enter,
                                      const std::string& python = "/usr/bin/python3");
  std::unique_ptr<Child> start_prefork(const Enter& enter);
  // What runs every later scopetrace: `nsenter …`; empty: nothing.
  void run_scopetrace_by(std::vector<std::string> words) { before_ = std::move(words); }
  // gateway_load.py against a gateway's port: 64 clients at once, five requests each, one of them
  // with `value` in the header `name`, to known_target(). Checks that all were answered.
  static void load_gateway(const std::string& port, const std::string& name,
                           const std::string& value);
  static std::string known_target();
  // The pid of the program itself reads requests; it answers each with the status it got.
  static bool ask(Child& client, const std::string& request, const std::string& status);

  // From now on approvals may ask for a whole CPU, and theirs do: budgets lose nothing then that a
  // machine with many CPUs, or one that is busy, does in one burst.
  void lift_budgets();
  // Carol's request for this process and the vendor, or `any` of the options, approved by Alice and
  // Bob; the path of the file.
  std::string approve(pid_t tgid, const std::vector<std::string>& options = {});
  // The same for any target, named by options: `--unit NAME`.
  std::string approve_target(const std::vector<std::string>& target,
                             const std::vector<std::string>& options = {});
  // `scopetrace attach` under that approval, waited for until probes are attached.
  std::unique_ptr<Child> attach(pid_t tgid, const std::string& approval,
                                const std::vector<std::string>& options = {});
  // The same where it will be refused: waited for to its end.
  Finished try_attach(pid_t tgid, const std::string& approval,
                      const std::vector<std::string>& options = {}) const;
  // Both for any target, named by options: `--unit NAME`.
  std::unique_ptr<Child> attach_target(const std::vector<std::string>& target,
                                       const std::string& approval,
                                       const std::vector<std::string>& options = {});
  Finished try_attach_target(const std::vector<std::string>& target, const std::string& approval,
                             const std::vector<std::string>& options = {}) const;
  // Where attach writes unless told otherwise.
  std::string bundle() const { return path("bundle.jsonl.zst"); }

  // What `scopetrace doctor` says of a process.
  Finished doctor(pid_t tgid) const;
  Finished verify(const std::string& bundle) const { return verify(std::vector{bundle}); }
  // The same of several, or with options.
  Finished verify(const std::vector<std::string>& arguments) const;
  // Another command that reads bundles, with the options for the trust file and the ledger of this
  // host as far as it has them.
  Finished recover(const std::string& bundle, const std::vector<std::string>& options) const;
  std::unique_ptr<Child> show(const std::string& bundle,
                              const std::vector<std::string>& options) const;
  // The ledger's entries of one kind, one a line.
  std::vector<std::string> ledger(const std::string& event) const;
  // The lines of a bundle, by stock zstd; a line that is no JSON is an empty object.
  static std::vector<nlohmann::json> lines(const std::string& bundle);
  // Every file that was written, bundle, state and approvals, searched for every planted value: the
  // names of those found. Empty is good, and never because nothing was searched.
  std::vector<std::string> leaks(const std::vector<std::string>& more_text = {}) const;

 private:
  std::vector<std::string> scopetrace(std::vector<std::string> arguments) const;
  std::vector<std::string> attach_words(const std::vector<std::string>& target,
                                        const std::string& approval,
                                        const std::vector<std::string>& options) const;
  void must(const std::vector<std::string>& argv) const;
  std::string write_nginx_config(int port, const std::string& process_lines) const;

  std::string folder_;
  PlantedSet planted_;
  std::unique_ptr<Vendor> vendor_;
  std::vector<std::string> before_;
  std::vector<std::string> budgets_;  // options of each request
  int approvals_ = 0;
};

}  // namespace scopetrace::testing
