// SPDX-License-Identifier: Apache-2.0
#include "tests/support/traced_host.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "userspace/base/file.h"

namespace scopetrace::testing {
namespace {

constexpr std::uint64_t kSeed = 20261123;
constexpr std::size_t kMaxConfigBytes = 64 * 1024;
constexpr int kGatewayClients = 64;

std::string make_temporary_folder() {
  std::string folder = "/tmp/scopetrace-test.XXXXXX";
  ST_CHECK(::mkdtemp(folder.data()) != nullptr);
  return folder;
}

void append_all(std::vector<std::string>& words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
}

void replace_all(std::string& text, const std::string& mark, const std::string& value) {
  std::size_t at = 0;
  while ((at = text.find(mark, at)) != std::string::npos) {
    text.replace(at, mark.size(), value);
    at += value.size();
  }
}

}  // namespace

TracedHost::TracedHost()
    : folder_(make_temporary_folder()),
      planted_(make_planted(kSeed)),
      vendor_(std::make_unique<Vendor>(planted_)) {
  std::signal(SIGPIPE, SIG_IGN);
  ST_CHECK(write_file_atomically(path("ca.pem"), vendor_->identity().certificate_pem(), 0644));
  ST_CHECK(write_file_atomically(path("server.key"), vendor_->identity().key_pem(), 0600));
  ST_CHECK(write_manifest(path("planted.json"), planted_).has_value());
  must(scopetrace({"init"}));
  for (const std::string person : {"carol", "alice", "bob"}) {
    must({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", path(person)});
    must(scopetrace({"trust", "add", person + "@corp.example", path(person + ".pub"), "--for",
                     "request,approval"}));
  }
}

TracedHost::~TracedHost() { std::filesystem::remove_all(folder_); }

std::vector<std::string> TracedHost::scopetrace(std::vector<std::string> arguments) const {
  std::vector<std::string> words = before_;
  append_all(words, {std::string(SCOPETRACE_TEST_BIN) + "/scopetrace", "--root", path("root")});
  append_all(words, arguments);
  return words;
}

void TracedHost::must(const std::vector<std::string>& argv) const {
  const Finished finished = run_program(argv);
  if (finished.status != 0) std::cerr << argv[0] << ": " << finished.output;
  ST_CHECK(finished.status == 0);
}

std::unique_ptr<Child> TracedHost::start_client(std::vector<std::string> program,
                                                const std::string& first_line) {
  append_all(program,
             {kVendorHost, std::to_string(vendor_->port()), path("ca.pem"), path("planted.json")});
  auto client = std::make_unique<Child>(program);
  ST_CHECK(client->wait_for_line(first_line));
  return client;
}

std::string TracedHost::stack_client(const std::string& library) {
  return std::string(SCOPETRACE_TEST_BIN) + "/scopetrace-test-" + library + "-client";
}

std::unique_ptr<Child> TracedHost::start_python() {
  return start_client({"/usr/bin/python3", SCOPETRACE_TEST_TARGETS "/python_client.py"});
}

std::unique_ptr<Child> TracedHost::start_plain_python() {
  auto client = std::make_unique<Child>(std::vector<std::string>{
      "/usr/bin/python3", SCOPETRACE_TEST_TARGETS "/python_client.py", kVendorHost,
      std::to_string(vendor_->plain_port()), "none", path("planted.json")});
  ST_CHECK(client->wait_for_line("ready"));
  return client;
}

std::unique_ptr<Child> TracedHost::start_python_on_overlay() {
  ST_CHECK(std::filesystem::create_directory(path("empty")));
  return start_client({"unshare", "--mount", "sh", "-c",
                       "libs=/usr/lib/x86_64-linux-gnu; "
                       "mount -t overlay overlay -o lowerdir=$libs:$0 $libs && exec \"$@\"",
                       path("empty"), "/usr/bin/python3",
                       SCOPETRACE_TEST_TARGETS "/python_client.py"});
}

std::unique_ptr<Child> TracedHost::start_late_python(std::vector<std::string> words) {
  append_all(words,  // without the folders of the site
             {"/usr/bin/python3", "-S", "-c",
              "import runpy, sys; print('waiting', flush=True); sys.stdin.readline(); "
              "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')",
              SCOPETRACE_TEST_TARGETS "/python_client.py"});
  return start_client(words, "waiting");
}

std::unique_ptr<Child> TracedHost::start_node() {
  return start_client({SCOPETRACE_TEST_NODE, SCOPETRACE_TEST_TARGETS "/node_client.js"});
}

std::unique_ptr<Child> TracedHost::start_go(const std::string& program) {
  return start_client({program, "client"});
}

std::unique_ptr<Child> TracedHost::start_gateway() {
  return start_client({"/usr/bin/python3", SCOPETRACE_TEST_TARGETS "/gateway.py"});
}

std::unique_ptr<Child> TracedHost::start_node_gateway() {
  return start_client({SCOPETRACE_TEST_NODE, SCOPETRACE_TEST_TARGETS "/gateway.js"});
}

std::unique_ptr<Child> TracedHost::start_go_gateway() {
  return start_client({SCOPETRACE_TEST_BIN "/scopetrace-go-target", "gateway"});
}

std::unique_ptr<Child> TracedHost::start_with_arguments(const std::string& texts,
                                                        const std::string& log,
                                                        const std::vector<std::string>& arguments) {
  std::vector<std::string> program = {"/usr/bin/python3",
                                      SCOPETRACE_TEST_TARGETS "/class_client.py", texts, log};
  append_all(program, arguments);
  return start_client(program);
}

std::unique_ptr<Child> TracedHost::start_log_writer(const std::string& file) {
  auto client = std::make_unique<Child>(std::vector<std::string>{
      "unshare", "--mount", "sh", "-c",
      "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal && exec \"$@\"", "sh",
      "/usr/bin/python3", SCOPETRACE_TEST_TARGETS "/log_client.py", file, path("planted.json")});
  ST_CHECK(client->wait_for_line("ready"));
  return client;
}

std::unique_ptr<Child> TracedHost::start_caller(const std::string& folder, int closed_port) {
  auto client = std::make_unique<Child>(std::vector<std::string>{
      "/usr/bin/python3", SCOPETRACE_TEST_TARGETS "/call_client.py", folder,
      std::to_string(vendor_->plain_port()), std::to_string(closed_port), path("planted.json")});
  ST_CHECK(client->wait_for_line("ready"));
  return client;
}

std::unique_ptr<Child> TracedHost::start_hostile() {
  return start_client({"/usr/bin/python3", SCOPETRACE_TEST_TARGETS "/hostile_client.py"});
}

std::unique_ptr<Child> TracedHost::start_http2_vendor(const Http2Ports& ports) {
  auto vendor = std::make_unique<Child>(std::vector<std::string>{
      SCOPETRACE_TEST_NODE, SCOPETRACE_TEST_TARGETS "/http2_vendor.js", std::to_string(ports.http2),
      std::to_string(ports.grpc), std::to_string(ports.web_socket), path("ca.pem"),
      path("server.key"), path("planted.json")});
  ST_CHECK(vendor->wait_for_line("ready"));
  return vendor;
}

std::unique_ptr<Child> TracedHost::start_http2_client(const Http2Ports& ports) {
  auto client = std::make_unique<Child>(std::vector<std::string>{
      SCOPETRACE_TEST_NODE, SCOPETRACE_TEST_TARGETS "/http2_client.js", kVendorHost,
      std::to_string(ports.http2), std::to_string(ports.grpc), std::to_string(ports.web_socket),
      path("ca.pem"), path("planted.json")});
  ST_CHECK(client->wait_for_line("ready"));
  return client;
}

std::unique_ptr<Child> TracedHost::start_python(const Enter& enter, const std::string& python) {
  return start_client(enter({python, SCOPETRACE_TEST_TARGETS "/python_client.py"}));
}

std::unique_ptr<Child> TracedHost::start_prefork(const Enter& enter) {
  return start_client(enter({"/usr/bin/python3", SCOPETRACE_TEST_TARGETS "/prefork_server.py"}));
}

std::string TracedHost::write_nginx_config(int port, const std::string& process_lines) const {
  auto config = read_file(SCOPETRACE_TEST_TARGETS "/nginx.conf.in", kMaxConfigBytes);
  ST_CHECK(config.has_value());
  replace_all(*config, "@FOLDER@", folder_);
  replace_all(*config, "@PORT@", std::to_string(port));
  replace_all(*config, "@VENDOR_PORT@", std::to_string(vendor_->port()));
  replace_all(*config, "@VENDOR_PLAIN_PORT@", std::to_string(vendor_->plain_port()));
  replace_all(*config, "master_process off;", process_lines);
  ST_CHECK(write_file_atomically(path("nginx.conf"), *config, 0600));
  return path("nginx.conf");
}

std::unique_ptr<Child> TracedHost::start_nginx(int port) {
  auto nginx = std::make_unique<Child>(std::vector<std::string>{
      "nginx", "-e", "stderr", "-c", write_nginx_config(port, "master_process off;")});
  ST_CHECK(nginx->wait_for_line("event method"));  // it opens its sockets before it says so
  return nginx;
}

std::unique_ptr<Child> TracedHost::start_nginx_master(int port, const Enter& enter) {
  const std::string config = write_nginx_config(port, "user root; worker_processes 2;");
  auto nginx = std::make_unique<Child>(enter({"nginx", "-e", "stderr", "-c", config}));
  for (int worker = 0; worker < 2; ++worker)
    ST_CHECK(nginx->wait_for_line("start worker process "));
  return nginx;
}

void TracedHost::load_gateway(const std::string& port, const std::string& name,
                              const std::string& value) {
  const Finished finished =
      run_program({"/usr/bin/python3", SCOPETRACE_TEST_TARGETS "/gateway_load.py", port,
                   std::to_string(kGatewayClients), "5", name, value});
  if (finished.status != 0) std::cerr << finished.output;
  ST_CHECK(finished.status == 0);
}

std::string TracedHost::known_target() { return "/" + std::to_string(kGatewayClients / 2) + "/2"; }

bool TracedHost::ask(Child& client, const std::string& request, const std::string& status) {
  client.write_line(request);
  return client.read_line() == status;
}

void TracedHost::lift_budgets() {
  const std::string file = path("root/etc/scopetrace/policy.json");
  const auto text = read_file(file, kMaxConfigBytes);
  ST_CHECK(text.has_value());
  auto policy = nlohmann::json::parse(*text);
  policy["limits"]["cpu_percent"] = 100;
  ST_CHECK(write_file_atomically(file, policy.dump(2), 0644));
  budgets_ = {"--max-cpu", "100", "--max-events-per-second", "200000"};
}

std::string TracedHost::approve(pid_t tgid, const std::vector<std::string>& options) {
  return approve_target({"--pid", std::to_string(tgid)}, options);
}

std::string TracedHost::approve_target(const std::vector<std::string>& target,
                                       const std::vector<std::string>& options) {
  const std::string file = path("approval." + std::to_string(++approvals_));
  std::vector<std::string> request = {"token",   "request",     "--level",  "redacted",
                                      "--learn", "env",         "--reason", "a test",
                                      "--key",   path("carol"), "--as",     "carol@corp.example",
                                      "-o",      file};
  append_all(request, target);
  const bool is_any = std::find(options.begin(), options.end(), "any") != options.end();
  if (!is_any) append_all(request, {"--third-party", kVendorHost});
  append_all(request, options);
  append_all(request, budgets_);
  must(scopetrace(request));
  for (const std::string person : {"alice", "bob"}) {
    must(scopetrace({"token", "approve", file, "--key", path(person)}));
  }
  return file;
}

std::vector<std::string> TracedHost::attach_words(const std::vector<std::string>& target,
                                                  const std::string& approval,
                                                  const std::vector<std::string>& options) const {
  std::vector<std::string> words = scopetrace({"attach", "--approval", approval});
  append_all(words, target);
  append_all(words, options);
  if (std::find(words.begin(), words.end(), "-o") == words.end())
    append_all(words, {"-o", bundle()});
  return words;
}

Finished TracedHost::try_attach(pid_t tgid, const std::string& approval,
                                const std::vector<std::string>& options) const {
  return try_attach_target({"--pid", std::to_string(tgid)}, approval, options);
}

Finished TracedHost::try_attach_target(const std::vector<std::string>& target,
                                       const std::string& approval,
                                       const std::vector<std::string>& options) const {
  return run_program(attach_words(target, approval, options));
}

std::unique_ptr<Child> TracedHost::attach(pid_t tgid, const std::string& approval,
                                          const std::vector<std::string>& options) {
  return attach_target({"--pid", std::to_string(tgid)}, approval, options);
}

std::unique_ptr<Child> TracedHost::attach_target(const std::vector<std::string>& target,
                                                 const std::string& approval,
                                                 const std::vector<std::string>& options) {
  auto child = std::make_unique<Child>(attach_words(target, approval, options));
  const bool is_attached = child->wait_for_line("attached in");
  if (!is_attached) std::cerr << child->output();
  ST_CHECK(is_attached);
  return child;
}

Finished TracedHost::doctor(pid_t tgid) const {
  return run_program(scopetrace({"doctor", "--pid", std::to_string(tgid)}));
}

Finished TracedHost::verify(const std::vector<std::string>& arguments) const {
  std::vector<std::string> words = {"verify", "--allowed-signers",
                                    path("root/etc/scopetrace/allowed_signers"), "--ledger",
                                    path("root/var/lib/scopetrace/ledger")};
  append_all(words, arguments);
  return run_program(scopetrace(words));
}

Finished TracedHost::recover(const std::string& bundle,
                             const std::vector<std::string>& options) const {
  std::vector<std::string> words =
      scopetrace({"recover", bundle, "--ledger", path("root/var/lib/scopetrace/ledger")});
  append_all(words, options);
  return run_program(words);
}

std::unique_ptr<Child> TracedHost::show(const std::string& bundle,
                                        const std::vector<std::string>& options) const {
  std::vector<std::string> words = scopetrace({"show", bundle});
  append_all(words, options);
  return std::make_unique<Child>(words);
}

std::vector<std::string> TracedHost::ledger(const std::string& event) const {
  std::ifstream file(path("root/var/lib/scopetrace/ledger/entries.jsonl"));
  std::vector<std::string> found;
  for (std::string line; std::getline(file, line);) {
    if (line.find("\"event\":\"" + event + "\"") != line.npos) found.push_back(line);
  }
  return found;
}

std::vector<nlohmann::json> TracedHost::lines(const std::string& bundle) {
  std::istringstream text(run_program({"zstd", "-q", "-dc", bundle}).output);
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(text, line);) {
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    lines.push_back(parsed.is_object() ? parsed : nlohmann::json::object());
  }
  return lines;
}

std::vector<std::string> TracedHost::leaks(const std::vector<std::string>& more_text) const {
  const std::vector<Needle> needles = make_needles(planted_.all());
  std::vector<std::string> found;
  std::size_t searched_bytes = 0;
  const auto note = [&](const std::vector<Hit>& hits, const std::string& where) {
    for (const Hit& hit : hits) found.push_back(hit.name + " (" + hit.form + ") in " + where);
  };
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    if (!entry.is_regular_file() || entry.path().filename() == "planted.json") continue;
    const auto search = search_file(needles, entry.path());
    if (!search) continue;  // a file that ends mid-frame is searched by search_file too
    searched_bytes += search->raw_bytes + search->decompressed_bytes;
    note(search->raw, entry.path().filename());
    note(search->decompressed, entry.path().filename());
  }
  for (const std::string& text : more_text) note(search_bytes(needles, as_bytes(text)), "output");
  if (searched_bytes < 4096) found.emplace_back("nothing was searched");
  return found;
}

}  // namespace scopetrace::testing
