// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/resolver.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>

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

ResolverStatus status_of(const Result<std::vector<Site>>& sites) {
  if (sites) return ResolverStatus::kFound;
  const bool is_unsupported = sites.error().code() == ErrorCode::kUnsupported;
  return is_unsupported ? ResolverStatus::kUnsupported : ResolverStatus::kCorrupt;
}

}  // namespace

int run_resolver(int file_fd, int socket_fd, const PickOptions& options) {
  const MappedFile file(file_fd);
  const Result<std::vector<Site>> sites = pick_sites(file.bytes(), options);
  ResolverHeader header;
  header.status = status_of(sites);
  std::vector<Site> answer = sites.value_or(std::vector<Site>());
  if (sites) {
    const GoSites go = pick_go_sites(file.bytes());
    header.go = go.facts;
    answer.insert(answer.end(), go.sites.begin(), go.sites.end());
  }
  header.count = static_cast<std::uint32_t>(std::min(answer.size(), kMaxSites));

  std::array<iovec, 2> parts{iovec{&header, sizeof(header)},
                             iovec{answer.data(), header.count * sizeof(Site)}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return ::sendmsg(socket_fd, &message, MSG_NOSIGNAL) > 0 ? 0 : 1;
}

}  // namespace scopetrace
