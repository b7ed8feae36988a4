// SPDX-License-Identifier: Apache-2.0
#include "tests/support/group_folder.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "scopes/control_group.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace::testing {
namespace {

constexpr int kPatienceMs = 20'000;

std::string find_or_mount() {
  if (const auto mount = find_cgroup_mount()) return *mount;
  const std::string folder = "/tmp/scopetrace-cgroup2";
  std::filesystem::create_directories(folder);
  ST_CHECK(::mount("cgroup2", folder.c_str(), "cgroup2", 0, nullptr) == 0);
  return folder;
}

// Waits until nobody is in the group. Source: cgroups(7), cgroup.events.
bool wait_until_empty(const std::string& folder) {
  const UniqueFd events(::open((folder + "/cgroup.events").c_str(), O_RDONLY | O_CLOEXEC));
  while (true) {
    std::string text(256, '\0');
    text.resize(static_cast<std::size_t>(::pread(events.get(), text.data(), text.size(), 0)));
    if (text.find("populated 0") != std::string::npos) return true;
    pollfd polled{events.get(), POLLPRI, 0};
    if (::poll(&polled, 1, kPatienceMs) <= 0) return false;
  }
}

void write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  ST_CHECK(file.good());
}

}  // namespace

GroupFolder::GroupFolder(const std::string& name)
    : mount_(find_or_mount()),
      parent_("/scopetrace-test-" + std::to_string(::getpid())),
      path_(parent_ + "/" + name) {
  std::filesystem::create_directory(mount_ + parent_);
  make();
}

GroupFolder::~GroupFolder() {
  if (std::filesystem::exists(folder())) remove();
  std::error_code busy;  // another group of this test is there
  std::filesystem::remove(mount_ + parent_, busy);
}

std::uint64_t GroupFolder::id() const {
  struct stat facts {};
  ST_CHECK(::stat(folder().c_str(), &facts) == 0);
  return facts.st_ino;
}

void GroupFolder::add(pid_t tgid, const std::string& below) const {
  std::filesystem::create_directories(folder() + below);
  write_text(folder() + below + "/cgroup.procs", std::to_string(tgid));
}

void GroupFolder::take_out(pid_t tgid) const {
  write_text(mount_ + "/cgroup.procs", std::to_string(tgid));
}

std::vector<std::string> GroupFolder::enter(const std::vector<std::string>& program) const {
  std::vector<std::string> words = {"sh", "-c", "echo $$ > \"$0\" && exec \"$@\"",
                                    folder() + "/cgroup.procs"};
  words.insert(words.end(), program.begin(), program.end());
  return words;
}

std::vector<pid_t> GroupFolder::members() const {
  std::vector<pid_t> tgids;
  std::ifstream file(folder() + "/cgroup.procs");
  for (pid_t tgid = 0; file >> tgid;) tgids.push_back(tgid);
  return tgids;
}

void GroupFolder::remove() const {
  if (std::filesystem::exists(folder() + "/cgroup.kill")) {
    write_text(folder() + "/cgroup.kill", "1");
  } else {
    for (const pid_t tgid : members()) ::kill(tgid, SIGKILL);
  }
  ST_CHECK(wait_until_empty(folder()));
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    if (entry.is_directory()) ::rmdir(entry.path().c_str());
  }
  ST_CHECK(::rmdir(folder().c_str()) == 0);
}

void GroupFolder::make() const { ST_CHECK(std::filesystem::create_directory(folder())); }

}  // namespace scopetrace::testing
