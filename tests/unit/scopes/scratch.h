// SPDX-License-Identifier: Apache-2.0
// A folder that goes with the test, and programs run in it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace scopetrace {

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "scopes-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  const std::string& path() const { return path_; }
  void write(std::string_view name, std::string_view content) const {
    std::ofstream(file(name), std::ios::binary) << content;
  }
  std::string read(std::string_view name) const {
    std::ifstream in(file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // Runs a shell command in the folder without output; its exit status.
  int run(const std::string& command) const {
    return std::system(("cd " + path_ + " && (" + command + ") >/dev/null 2>&1").c_str());
  }

 private:
  std::string path_;
};

}  // namespace scopetrace
