// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/resolver.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "userspace/resolve/go_sites.h"

namespace scopetrace {
namespace {

// A file mapped for reading.
class MappedFile {
 public:
  explicit MappedFile(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0) return;
    if (static_cast<std::uint64_t>(status.st_size) > kMaxElfBytes) return;
    const auto size = static_cast<std::size_t>(status.st_size);
    void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (start == MAP_FAILED) return;
    bytes_ = {static_cast<const std::byte*>(start), size};
  }
  ~MappedFile() {
    if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  Bytes bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

ResolverStatus status_of(const Error& error) {
  const bool is_unsupported = error.code() == ErrorCode::kUnsupported;
  return is_unsupported ? ResolverStatus::kUnsupported : ResolverStatus::kCorrupt;
}

// The sites that the symbols of a debug file lead to; none when it belongs to another file.
Result<PickedSites> pick_by_debug_file(const ElfFile& file, Bytes debug_image,
                                       const PickOptions& options) {
  ST_ASSIGN_OR_RETURN(const ElfFile symbols, ElfFile::parse_debug_file(debug_image));
  const Bytes id = file.build_id();
  const Bytes other = symbols.build_id();
  const bool is_same = !id.empty() && std::equal(id.begin(), id.end(), other.begin(), other.end());
  if (!is_same) return fail(ErrorCode::kCorrupt, "debug file of another build");
  return pick_sites(file, symbols, options);
}

Result<PickedSites> pick_by_input(const ElfFile& file, const ResolverInput& input) {
  if (input.debug_fd < 0) return pick_sites(file, file, input.options);
  const MappedFile debug_file(input.debug_fd);
  return pick_by_debug_file(file, debug_file.bytes(), input.options);
}

// Implementations that are in the file and not covered. One that is covered may be unknown by name.
LinkedStacks find_uncovered(const ElfFile& file, const PickedSites& picked, const GoFacts& go) {
  LinkedStacks linked = find_linked_stacks(file.constant_parts()) & ~picked.covered;
  if (go.is_go != 0) linked &= ~(kLinkedGo | kLinkedOther);  // the facts say what there is to say
  const bool is_any = std::any_of(picked.sites.begin(), picked.sites.end(), moves_bytes);
  return is_any ? linked & ~kLinkedOther : linked;
}

// Fills the header; the sites are the result, Go's last.
Result<std::vector<Site>> answer(const ResolverInput& input, Bytes image, ResolverHeader& header) {
  ST_ASSIGN_OR_RETURN(const ElfFile file, ElfFile::parse(image));
  const Bytes id = file.build_id();
  std::copy(id.begin(), id.end(), header.build_id.begin());
  header.build_id_bytes = static_cast<std::uint32_t>(id.size());
  ST_ASSIGN_OR_RETURN(PickedSites picked, pick_by_input(file, input));
  const GoSites go = pick_go_sites(image);
  header.go = go.facts;
  header.linked = find_uncovered(file, picked, go.facts);
  if (picked.sites.size() > kMaxSites - kMaxGoSites) {
    return fail(ErrorCode::kCorrupt, "more functions than any library has");
  }
  picked.sites.insert(picked.sites.end(), go.sites.begin(), go.sites.end());
  return std::move(picked.sites);
}

}  // namespace

int run_resolver(const ResolverInput& input) {
  const MappedFile file(input.file_fd);
  ResolverHeader header;
  Result<std::vector<Site>> sites = answer(input, file.bytes(), header);
  if (!sites) header.status = status_of(sites.error());
  std::vector<Site> found = sites ? std::move(*sites) : std::vector<Site>();
  header.count = static_cast<std::uint32_t>(found.size());

  std::array<iovec, 2> parts{iovec{&header, sizeof(header)},
                             iovec{found.data(), header.count * sizeof(Site)}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return ::sendmsg(input.socket_fd, &message, MSG_NOSIGNAL) > 0 ? 0 : 1;
}

}  // namespace scopetrace
