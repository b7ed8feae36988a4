// SPDX-License-Identifier: Apache-2.0
#include "cli/signing.h"

#include <cstdlib>
#include <filesystem>

#include "cli/subprocess.h"
#include "scopes/sshsig.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

Result<std::string> checked(Result<std::string> block, std::string_view name_space,
                            std::string_view body) {
  if (!block) return block;
  ST_RETURN_IF_ERROR(verify_sshsig(*block, name_space, as_bytes(body)).map_error([](Error error) {
    return std::move(error).with_context("the signature just made");
  }));
  return block;
}

Result<std::string> sign_by_ssh_keygen(const std::string& key_path, std::string_view name_space,
                                       std::string_view body) {
  return run_program(
      {"ssh-keygen", "-Y", "sign", "-q", "-f", key_path, "-n", std::string(name_space)}, body);
}

// The first key of ssh-agent whose type is accepted.
Result<PublicKey> find_agent_key() {
  const auto listed = run_program({"ssh-add", "-L"}, "");
  std::string_view rest = listed ? std::string_view(*listed) : std::string_view();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    auto key = PublicKey::from_line(rest.substr(0, end));
    if (key) return key;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return fail(Error(ErrorCode::kUsage, "no key was named and ssh-agent offers none that counts")
                  .with_hint("name one: --key ~/.ssh/id_ed25519"));
}

// A file that lives as long as this object: ssh-keygen takes agent keys by their public file.
class TemporaryFile {
 public:
  static Result<TemporaryFile> make(std::string_view content) {
    std::string path = std::filesystem::temp_directory_path() / "scopetrace-key-XXXXXX";
    const UniqueFd fd(mkostemp(path.data(), 0));
    if (!fd) return fail_errno(path);
    TemporaryFile file(std::move(path));
    ST_RETURN_IF_ERROR(write_all(fd.get(), as_bytes(content)));
    return file;
  }
  TemporaryFile(TemporaryFile&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

Result<std::string> sign_by_agent(std::string_view name_space, std::string_view body) {
  ST_ASSIGN_OR_RETURN(const PublicKey key, find_agent_key());
  ST_ASSIGN_OR_RETURN(const TemporaryFile file, TemporaryFile::make(key.line() + "\n"));
  return sign_by_ssh_keygen(file.path(), name_space, body);
}

}  // namespace

Result<std::string> sign_with_key(const std::string& key_path, std::string_view name_space,
                                  std::string_view body) {
  if (key_path.empty()) return checked(sign_by_agent(name_space, body), name_space, body);
  const auto key = SigningKey::read(key_path);
  if (key) return checked(make_sshsig(*key, name_space, as_bytes(body)), name_space, body);
  if (key.error().code() != ErrorCode::kUnsupported) return fail(key.error());
  return checked(sign_by_ssh_keygen(key_path, name_space, body), name_space, body);
}

Result<PublicKey> find_public_key(const std::string& key_path) {
  return key_path.empty() ? find_agent_key() : read_public_key(key_path);
}

}  // namespace scopetrace
