// SPDX-License-Identifier: Apache-2.0
#include "cli/signing.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "cli/subprocess.h"
#include "scopes/sshsig.h"
#include "userspace/base/clock.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxPublicFile = 16 << 10;

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

// A short way to say what is asked for, in errors.
std::string purpose_of(const KeyQuery& query) {
  const std::string as = query.principal.empty() ? "" : " as " + query.principal;
  return std::string(query.name_space) + as;
}

// The principals that an identity may sign as, by the trust file; only the asked one, if one was.
std::vector<std::string> names_of(const SshIdentity& identity, const KeyQuery& query) {
  if (query.trust == nullptr) return {};
  const auto names =
      query.trust->principals_of(identity, query.name_space, realtime_ns() / kNanosecondsPerSecond);
  if (!names) return {};
  if (query.principal.empty()) return *names;
  const bool named = std::find(names->begin(), names->end(), query.principal) != names->end();
  return named ? std::vector{query.principal} : std::vector<std::string>();
}

// Every accepted key and certificate that ssh-agent offers, in its order.
std::vector<SshIdentity> list_agent() {
  std::vector<SshIdentity> identities;
  if (std::getenv("SSH_AUTH_SOCK") == nullptr) return identities;
  const auto listed = run_program({"ssh-add", "-L"}, "");
  std::string_view rest = listed ? std::string_view(*listed) : std::string_view();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    auto identity = SshIdentity::from_line(rest.substr(0, end));
    if (identity) identities.push_back(std::move(*identity));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return identities;
}

tl::unexpected<Error> ask_for_key(const std::string& message) {
  return fail(Error(ErrorCode::kUsage, message).with_hint("name one: --key ~/.ssh/id_ed25519"));
}

// The key of ssh-agent that the trust file knows; without a trust file the only one there is.
Result<ChosenKey> choose_from_agent(const KeyQuery& query) {
  std::vector<SshIdentity> offered = list_agent();
  if (offered.empty()) {
    return ask_for_key("no key was named and ssh-agent offers none that counts");
  }
  const SshIdentity* chosen = nullptr;
  std::set<std::vector<std::string>> people;
  for (const SshIdentity& identity : offered) {
    auto names = names_of(identity, query);
    if (names.empty()) continue;
    if (people.insert(std::move(names)).second && chosen == nullptr) chosen = &identity;
  }
  if (people.size() > 1) {
    return fail(Error(ErrorCode::kUsage,
                      "keys of several people in ssh-agent fit " + std::string(query.name_space))
                    .with_hint("say whose with --as, or name the key: --key FILE.pub"));
  }
  if (chosen != nullptr) return ChosenKey{*chosen, KeyPlace::kAgent, ""};
  if (query.trust == nullptr && offered.size() == 1) {
    return ChosenKey{std::move(offered.front()), KeyPlace::kAgent, ""};
  }
  if (query.trust == nullptr)
    return ask_for_key("ssh-agent offers several keys, and none was named");
  return fail(Error(ErrorCode::kUsage, "no key in ssh-agent is trusted for " + purpose_of(query))
                  .with_hint("`scopetrace trust add NAME FILE.pub` makes one known; or name a key: "
                             "--key FILE"));
}

// The key file itself, or the certificate beside it when only that one is trusted.
SshIdentity choose_identity(PublicKey key, const KeyQuery& query) {
  SshIdentity plain(std::move(key));
  if (query.trust == nullptr || !names_of(plain, query).empty()) return plain;
  const auto line = read_file(query.path + "-cert.pub", kMaxPublicFile);
  if (!line) return plain;
  auto certified = SshIdentity::from_line(*line);
  const bool fits = certified && certified->certificate && certified->key == plain.key &&
                    !names_of(*certified, query).empty();
  return fits ? std::move(*certified) : plain;
}

Result<ChosenKey> choose_key_file(const KeyQuery& query) {
  const auto key = SigningKey::read(query.path);
  if (key) {
    return ChosenKey{choose_identity(key->public_key(), query), KeyPlace::kFile, query.path};
  }
  if (key.error().code() != ErrorCode::kUnsupported) return fail(key.error());
  auto half = read_public_key(query.path);
  if (!half) return fail(key.error());  // not of OpenSSH's form: the remedy is to convert it
  return ChosenKey{choose_identity(std::move(*half), query), KeyPlace::kStock, query.path};
}

// `--key FILE.pub`: that key, or that certificate, in ssh-agent.
Result<ChosenKey> choose_public_file(const KeyQuery& query, std::string_view line) {
  auto identity = SshIdentity::from_line(line);
  if (!identity) return fail(std::move(identity).error().with_context(query.path));
  for (const SshIdentity& offered : list_agent()) {
    if (offered.key == identity->key) return ChosenKey{*identity, KeyPlace::kAgent, ""};
  }
  return fail(Error(ErrorCode::kUsage, query.path + ": ssh-agent does not hold this key")
                  .with_hint("ssh-add the private key, or name its file: --key FILE"));
}

Result<std::string> sign_by_ssh_keygen(const std::string& key_path, std::string_view name_space,
                                       std::string_view body) {
  return run_program(
      {"ssh-keygen", "-Y", "sign", "-q", "-f", key_path, "-n", std::string(name_space)}, body);
}

Result<std::string> sign_by_agent(const SshIdentity& identity, std::string_view name_space,
                                  std::string_view body) {
  ST_ASSIGN_OR_RETURN(const TemporaryFile file, TemporaryFile::make(identity.line() + "\n"));
  return sign_by_ssh_keygen(file.path(), name_space, body);
}

Result<std::string> sign_at_its_place(const ChosenKey& key, std::string_view name_space,
                                      std::string_view body) {
  switch (key.place) {
    case KeyPlace::kAgent:
      return sign_by_agent(key.identity, name_space, body);
    case KeyPlace::kStock:
      return sign_by_ssh_keygen(key.path, name_space, body);
    case KeyPlace::kFile:
      break;
  }
  ST_ASSIGN_OR_RETURN(const SigningKey plain, SigningKey::read(key.path));
  return make_sshsig(plain, name_space, as_bytes(body));
}

}  // namespace

Result<ChosenKey> choose_key(const KeyQuery& query) {
  if (query.path.empty()) return choose_from_agent(query);
  ST_ASSIGN_OR_RETURN(std::string text, read_file(query.path, kMaxPublicFile));
  const bool is_private = text.find("PRIVATE KEY") != std::string::npos;
  auto key = is_private ? choose_key_file(query) : choose_public_file(query, text);
  wipe(text);
  return key;
}

Result<std::string> principal_of(const std::string& named, const SshIdentity& signer,
                                 std::string_view name_space, const TrustFile* trust) {
  if (!named.empty()) return named;
  if (trust != nullptr) {
    const auto names =
        trust->principals_of(signer, name_space, realtime_ns() / kNanosecondsPerSecond);
    if (names && names->size() == 1) return names->front();
  }
  return fail(Error(ErrorCode::kUsage, "the trust file does not say whose key it is")
                  .with_hint("say who signs: --as PRINCIPAL"));
}

Result<std::string> sign_with(const ChosenKey& key, std::string_view name_space,
                              std::string_view body) {
  ST_ASSIGN_OR_RETURN(const std::string block, sign_at_its_place(key, name_space, body));
  ST_ASSIGN_OR_RETURN(SshSignature signature, parse_sshsig(block));
  if (!(signature.signer.key == key.identity.key)) {
    return fail(ErrorCode::kTampered, "the signature just made is by another key");
  }
  // What is signed does not name the signer, so a certificate goes with any signature of its key.
  signature.signer = key.identity;
  ST_RETURN_IF_ERROR(
      verify_sshsig(signature, name_space, as_bytes(body)).map_error([](Error error) {
        return std::move(error).with_context("the signature just made");
      }));
  return format_sshsig(signature);
}

}  // namespace scopetrace
