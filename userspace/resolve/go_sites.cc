// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/go_sites.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string_view>

#include "userspace/resolve/go_build.h"
#include "userspace/resolve/go_code.h"
#include "userspace/resolve/go_table.h"
#include "userspace/resolve/loaded_image.h"

namespace scopetrace {
namespace {

constexpr std::string_view kWrite = "crypto/tls.(*Conn).Write";
constexpr std::string_view kRead = "crypto/tls.(*Conn).Read";
constexpr std::string_view kClose = "crypto/tls.(*Conn).Close";
constexpr std::string_view kTcpClose = "net.(*TCPConn).Close";
constexpr std::string_view kRoundTrip = "net/http.(*persistConn).roundTrip";
constexpr std::string_view kExit = "runtime.goexit1";
constexpr std::array kNames{kWrite, kRead, kClose, kTcpClose, kRoundTrip, kExit};

using Functions = std::vector<GoFunction>;

const GoFunction* find(const Functions& functions, std::string_view name) {
  const auto found =
      std::find_if(functions.begin(), functions.end(),
                   [&](const GoFunction& function) { return function.name == name; });
  return found == functions.end() ? nullptr : &*found;
}

// From a site to net.(*TCPConn).Close; 0 when it is too far or not in the program.
std::int32_t distance_to_tcp_close(const Functions& functions, std::uint64_t address) {
  using Limits = std::numeric_limits<std::int32_t>;
  const GoFunction* close = find(functions, kTcpClose);
  if (close == nullptr) return 0;
  const auto distance = static_cast<std::int64_t>(close->address - address);
  return distance < Limits::min() || distance > Limits::max() ? 0
                                                              : static_cast<std::int32_t>(distance);
}

// Collects the sites of one program.
class Picker {
 public:
  Picker(const LoadedImage& image, const Functions& functions)
      : image_(image), functions_(functions) {}

  // False: this function is not there or cannot be probed.
  bool add(std::string_view name, SiteKind entry, std::optional<SiteKind> at_return) {
    const GoFunction* function = find(functions_, name);
    const auto code = function == nullptr ? std::nullopt : read_code(*function);
    if (!code || !add_site(function->address + code->entry, entry)) return false;
    if (!at_return) return true;
    const bool is_homed = at_return == SiteKind::kGoReadReturn && code->is_homed;
    const SiteKind kind = is_homed ? SiteKind::kGoHomedReadReturn : *at_return;
    return std::all_of(code->returns.begin(), code->returns.end(), [&](std::uint64_t offset) {
      return add_site(function->address + offset, kind);
    });
  }

  std::vector<Site> take() { return std::move(sites_); }

 private:
  std::optional<GoCode> read_code(const GoFunction& function) const {
    const Bytes bytes = image_.at(function.address);
    if (bytes.size() < function.size_bytes) return std::nullopt;
    return read_go_code(bytes.first(function.size_bytes));
  }

  bool add_site(std::uint64_t address, SiteKind kind) {
    const auto offset = image_.code_offset(address);
    if (!offset || sites_.size() == kMaxGoSites) return false;
    Site site;
    site.file_offset = *offset;
    site.kind = kind;
    site.is_cheap = is_go_return(kind) ? 0 : 1;
    if (is_go_return(kind)) site.tcp_close = distance_to_tcp_close(functions_, address);
    sites_.push_back(site);
    return true;
  }

  const LoadedImage& image_;
  const Functions& functions_;
  std::vector<Site> sites_;
};

// Nothing: the code is not what the compiler makes.
std::optional<std::vector<Site>> pick(const LoadedImage& image, const Functions& functions) {
  Picker picker(image, functions);
  // First, so that no number of returns takes its room: a goroutine is followed only where its end
  // is seen.
  const bool is_end_seen = picker.add(kExit, SiteKind::kGoExit, std::nullopt);
  const bool is_whole = picker.add(kWrite, SiteKind::kGoWrite, SiteKind::kGoWriteReturn) &&
                        picker.add(kRead, SiteKind::kGoRead, SiteKind::kGoReadReturn) &&
                        picker.add(kClose, SiteKind::kGoClose, std::nullopt);
  if (!is_whole) return std::nullopt;
  if (is_end_seen) picker.add(kRoundTrip, SiteKind::kGoRoundTrip, std::nullopt);
  return picker.take();
}

GoSites refuse(GoSites answer, GoProblem problem) {
  answer.facts.problem = problem;
  return answer;
}

}  // namespace

GoSites pick_go_sites(Bytes bytes) {
  const auto image = LoadedImage::parse(bytes);
  const GoBuild build = image ? read_go_build(*image) : GoBuild{};
  if (!build.is_go) return {};
  const auto table = GoTable::find(*image);
  const Functions functions = table ? table->find_functions(kNames) : Functions{};
  if (table && find(functions, kWrite) == nullptr && find(functions, kRead) == nullptr) return {};
  GoSites answer;
  answer.facts.is_go = 1;
  answer.facts.minor = build.version ? build.version->minor : 0;
  answer.facts.patch = build.version ? build.version->patch : 0;
  if (!build.version || !is_covered(*build.version)) {
    return refuse(answer, GoProblem::kVersion);
  }
  if (!table) return refuse(answer, GoProblem::kTable);
  auto sites = pick(*image, functions);
  if (!sites) return refuse(answer, GoProblem::kCode);
  answer.sites = std::move(*sites);
  return answer;
}

}  // namespace scopetrace
