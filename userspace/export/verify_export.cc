// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/verify_export.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include "userspace/base/file.h"
#include "userspace/bundle/json_line.h"
#include "userspace/export/signed_manifest.h"
#include "userspace/export/subset_format.h"
#include "userspace/export/verify_subset.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxEntries = 256;  // of the folder; an export has fewer

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

Result<std::set<std::string>> names_in(const std::string& path) {
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
  if (!folder) return fail_errno(path);
  std::set<std::string> names;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string name(entry->d_name);
    if (name != "." && name != ".." && names.size() < kMaxEntries) names.insert(name);
  }
  return names;
}

// Regular files only: a pipe would hold the reader up, a link leads out of the export.
Result<UniqueFd> open_regular(const std::string& path) {
  auto fd = open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const bool is_link = !fd && fd.error().system_errno() == ELOOP;
  if (!fd && !is_link) return fail(std::move(fd).error());
  struct stat facts {};
  if (!is_link && ::fstat(fd->get(), &facts) != 0) return fail_errno(path);
  if (is_link || !S_ISREG(facts.st_mode)) {
    return fail(ErrorCode::kTampered, path + ": is no regular file");
  }
  return *std::move(fd);
}

Result<Digest> digest_of(const std::string& path) {
  ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_regular(path));
  Sha256 hash;
  std::array<std::byte, 64 << 10> buffer;
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(path);
    if (n == 0) return hash.digest();
    hash.update(Bytes(buffer).first(static_cast<std::size_t>(n)));
  }
}

class ExportVerifier {
 public:
  ExportVerifier(const std::string& folder, const VerifyInputs& inputs)
      : folder_(folder), inputs_(inputs) {}

  Result<ExportReport> run() {
    ST_ASSIGN_OR_RETURN(const std::set<std::string> names, names_in(folder_));
    if (!names.contains(std::string(kManifestName))) {
      return fail(ErrorCode::kCorrupt, folder_ + ": is no export: it has no manifest");
    }
    ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_regular(path_of(kManifestName)));
    ST_ASSIGN_OR_RETURN(const std::string text, read_all(fd.get(), kMaxSignedTextBytes));
    auto document = open_manifest(text);
    if (!document) {
      worsen(Verdict::kTampered, document.error().message());
      return std::move(report_);
    }
    report_.manifest = document->manifest;
    report_.key = document->signer.key.fingerprint();
    judge_exporter(*document);
    check_names(names);
    ST_RETURN_IF_ERROR(check_files());
    const bool has_subset = report_.manifest.files.contains(kSubsetProof);
    if (report_.verdict != Verdict::kTampered && has_subset) {
      ST_RETURN_IF_ERROR(verify_subset(folder_, inputs_, report_));
    }
    return std::move(report_);
  }

 private:
  std::string path_of(std::string_view name) const { return folder_ + "/" + std::string(name); }
  void worsen(Verdict verdict, std::string reason) {
    report_.verdict = std::max(report_.verdict, verdict);
    report_.reasons.push_back(std::move(reason));
  }

  void judge_exporter(const SignedManifest& document) {
    if (!inputs_.trust) {
      return worsen(Verdict::kUntrusted, "no trust file: the exporter's key proves nothing");
    }
    const Status trusted = check_exporter(document, *inputs_.trust);
    if (!trusted) worsen(Verdict::kUntrusted, "exporter: " + trusted.error().message());
  }

  // Names of the folder itself are not told: they may be anybody's.
  void check_names(std::set<std::string> names) {
    names.erase(std::string(kManifestName));
    for (const auto& [name, digest] : report_.manifest.files) {
      if (names.erase(name) == 0) worsen(Verdict::kTampered, name + ": is missing");
    }
    if (!names.empty()) worsen(Verdict::kTampered, "there are files that were not signed");
  }

  Status check_files() {
    for (const auto& [name, digest] : report_.manifest.files) {
      const auto found = digest_of(path_of(name));
      if (found && *found == digest) continue;
      const bool is_missing = !found && found.error().system_errno() == ENOENT;
      if (!found && found.error().code() == ErrorCode::kIo && !is_missing) {
        return fail(found.error());
      }
      if (!is_missing) worsen(Verdict::kTampered, name + ": is not the file that was signed");
    }
    return {};
  }

  std::string folder_;
  const VerifyInputs& inputs_;
  ExportReport report_;
};

}  // namespace

Result<ExportReport> verify_export(const std::string& folder, const VerifyInputs& inputs) {
  return ExportVerifier(folder, inputs).run();
}

std::string format_export_report_json(const ExportReport& report, bool is_strict) {
  const ExportManifest& manifest = report.manifest;
  return dump_line({{"verdict", verdict_name(report.verdict)},
                    {"exit", verdict_exit(report.verdict, is_strict)},
                    {"reasons", report.reasons},
                    {"notes", report.notes},
                    {"host", manifest.host},
                    {"session", manifest.session},
                    {"exporter", manifest.exporter},
                    {"exporter_key", report.key},
                    {"profile", manifest.profile},
                    {"third_party", manifest.third_party},
                    {"bundle_verdict", manifest.verdict},
                    {"lines", json_number(manifest.lines)},
                    {"kept", json_number(manifest.kept)},
                    {"derived", json_number(manifest.derived)},
                    {"withheld", json_number(manifest.withheld)}});
}

}  // namespace scopetrace
