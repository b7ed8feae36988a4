// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/target_probes.h"

#include <algorithm>

namespace scopetrace {
namespace {

constexpr std::size_t kMaxNotes = 256;

FileId id_of(const TlsFile& file) { return {file.device, file.inode}; }

// Text from the target that people will read: one line of printable ASCII.
std::string printable(const std::string& text) {
  constexpr std::size_t kMaxShown = 200;
  std::string shown = text.substr(0, kMaxShown);
  for (char& c : shown) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return shown;
}

const char* go_problem_text(GoProblem problem) {
  switch (problem) {
    case GoProblem::kNone:
      return "";
    case GoProblem::kVersion:
      return "a Go version that the file does not tell or whose layouts are not known";
    case GoProblem::kTable:
      return "Go's table of functions cannot be read";
    case GoProblem::kCode:
      break;
  }
  return "the code of Go's crypto/tls is not what the compiler makes";
}

// `go 1.19.8`, `go` when the version is unknown.
std::string go_name(const GoFacts& go) {
  if (go.minor == 0) return "go";
  return "go 1." + std::to_string(go.minor) + "." + std::to_string(go.patch);
}

// A program that has TLS linked in and no symbols may have left them in a debug file.
void use_debug_file(ResolverAnswer& answer, std::uint32_t tgid, int file_fd,
                    ResolverOptions options) {
  const Result<UniqueFd> debug_file = open_debug_file(tgid, answer.build_id);
  if (!debug_file) return;
  options.debug_fd = debug_file->get();
  Result<ResolverAnswer> better = resolve_sites(file_fd, options);
  if (!better) return;
  answer.linked = better->linked;
  answer.sites = std::move(better->sites);
}

ResolvedFile resolve_one(TlsFile file, std::uint32_t tgid, const ResolverOptions& options) {
  ResolvedFile resolved;
  resolved.file = std::move(file);
  if (resolved.file.kind == TlsFileKind::kUncovered) {
    resolved.problem = "payload of " + resolved.file.library + " is not covered";
    return resolved;
  }
  Result<ResolverAnswer> answer = resolve_sites(resolved.file.fd.get(), options);
  if (answer && answer->linked != 0) use_debug_file(*answer, tgid, resolved.file.fd.get(), options);
  if (!answer) {
    resolved.problem = answer.error().message();
    return resolved;
  }
  const Status checked = check_sites(answer->sites, resolved.file.executable_ranges);
  if (!checked) {
    resolved.problem = checked.error().message();
    return resolved;
  }
  if (answer->linked != 0) {
    resolved.uncovered = name_linked_stacks(answer->linked) + " linked in, functions not found";
  }
  resolved.sites = std::move(answer->sites);
  resolved.go = answer->go;
  return resolved;
}

// `SSL_write, SSL_read at libssl: 2 cheap, 0 stepped`: what line 0 states about a file.
std::string describe_sites(const ResolvedFile& resolved) {
  std::size_t cheap = 0;
  for (const Site& site : resolved.sites) cheap += site.is_cheap;
  const bool is_go = is_go_site(resolved.sites.back().kind);  // the resolver names them last
  const std::string what = is_go ? go_name(resolved.go) : resolved.file.library;
  return what + ": " + std::to_string(cheap) + " emulated, " +
         std::to_string(resolved.sites.size() - cheap) + " stepped";
}

bool has_calls(const ResolvedFile& resolved) {
  return std::any_of(resolved.sites.begin(), resolved.sites.end(),
                     [](const Site& site) { return moves_bytes(site) || is_go_site(site.kind); });
}

// The path where there is one; of Go with its version.
std::string display_name(const ResolvedFile& resolved) {
  const std::string name =
      printable(resolved.file.path.empty() ? resolved.file.library : resolved.file.path);
  return resolved.go.is_go == 0 ? name : name + " (" + go_name(resolved.go) + ")";
}

// Why the file, or a part of it, is not covered, as far as can be said before probes are attached.
std::vector<std::string> gaps_of(const ResolvedFile& resolved) {
  std::vector<std::string> gaps;
  if (!resolved.uncovered.empty()) gaps.push_back(resolved.uncovered);
  if (resolved.go.problem != GoProblem::kNone) gaps.push_back(go_problem_text(resolved.go.problem));
  if (!resolved.problem.empty()) {
    gaps.push_back(resolved.problem);
  } else if (resolved.file.kind == TlsFileKind::kLibrary && !has_calls(resolved)) {
    gaps.push_back("has none of the known functions");
  }
  return gaps;
}

}  // namespace

Result<std::vector<ResolvedFile>> resolve_target(std::uint32_t tgid, const std::set<FileId>& known,
                                                 const ResolverOptions& options) {
  ST_ASSIGN_OR_RETURN(TlsFiles found, find_tls_files(tgid));
  std::vector<ResolvedFile> resolved;
  for (TlsFile& file : found.files) {
    if (file.fd && known.contains(id_of(file))) continue;
    resolved.push_back(resolve_one(std::move(file), tgid, options));
  }
  for (TlsProblem& problem : found.problems) {
    ResolvedFile failed;
    failed.file.kind = TlsFileKind::kUncovered;
    failed.file.library = printable(problem.name);
    failed.file.is_mapped = problem.is_mapped;
    failed.problem = std::move(problem.reason);
    resolved.push_back(std::move(failed));
  }
  return resolved;
}

std::vector<CoveredLibrary> coverage_of(const ResolvedFile& resolved) {
  std::vector<CoveredLibrary> coverage;
  // The loader is no library that somebody would miss.
  if (resolved.file.kind == TlsFileKind::kLoader) return coverage;
  const std::string name = display_name(resolved);
  for (std::string& gap : gaps_of(resolved)) coverage.push_back({name, false, std::move(gap)});
  if (has_calls(resolved)) coverage.push_back({name, true, describe_sites(resolved)});
  return coverage;
}

void TargetProbes::note(const ResolvedFile& resolved, const std::string& problem) {
  if (resolved.file.kind == TlsFileKind::kLoader) return;
  if (libraries_.size() >= kMaxNotes) return;  // a target may load and unload for ever
  CoveredLibrary library{
      .name = display_name(resolved), .is_covered = problem.empty(), .reason = problem};
  // What has no descriptor is found again by every look.
  const bool is_known =
      std::any_of(libraries_.begin(), libraries_.end(), [&](const CoveredLibrary& other) {
        return !resolved.file.fd && other.name == library.name && other.reason == library.reason;
      });
  if (!is_known) libraries_.push_back(std::move(library));
}

void TargetProbes::attach_one(ResolvedFile resolved) {
  if (resolved.file.fd && !known_.insert(id_of(resolved.file)).second) return;
  for (const std::string& gap : gaps_of(resolved)) note(resolved, gap);
  if (resolved.sites.empty()) return;
  const auto done = probes_.attach_sites(resolved.file.fd.get(), resolved.sites, {});
  if (!done) {
    failed_.push_back({resolved.file.library, done.error().message()});
    note(resolved, done.error().message());
    return;
  }
  attached_.push_back(describe_sites(resolved));
  if (has_calls(resolved)) {
    note(resolved, done->attached == 0 ? "no site where a return probe is safe" : "");
  }
  files_.push_back(std::move(resolved));
}

void TargetProbes::attach(std::vector<ResolvedFile> files) {
  for (ResolvedFile& file : files) attach_one(std::move(file));
}

Status TargetProbes::attach_again() {
  ST_RETURN_IF_ERROR(probes_.attach_kernel_probes());
  for (const ResolvedFile& resolved : files_) {
    const auto done = probes_.attach_sites(resolved.file.fd.get(), resolved.sites, {});
    if (!done) return fail(done.error());
  }
  return {};
}

}  // namespace scopetrace
