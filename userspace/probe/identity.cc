// SPDX-License-Identifier: Apache-2.0
#include "userspace/probe/identity.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

#include "identity.skel.h"
#include "userspace/base/unique_fd.h"
#include "userspace/probe/libbpf_log.h"

namespace scopetrace {

Result<std::uint64_t> read_start_boottime_ns(std::uint32_t tgid) {
  const LibbpfLog log;
  const std::unique_ptr<identity_bpf, decltype(&identity_bpf__destroy)> skeleton(
      identity_bpf__open(), identity_bpf__destroy);
  if (!skeleton) return fail_bpf("open task iterator", errno);
  skeleton->rodata->st_wanted_tgid = tgid;
  if (const int error = identity_bpf__load(skeleton.get())) {
    return fail_bpf("load task iterator", -error, log.tail());
  }
  if (const int error = identity_bpf__attach(skeleton.get())) {
    return fail_bpf("attach task iterator", -error, log.tail());
  }
  const UniqueFd reader(bpf_iter_create(bpf_link__fd(skeleton->links.st_read_start)));
  if (!reader) return fail_bpf("create task iterator", errno);

  std::uint64_t start_ns = 0;
  const ssize_t got = ::read(reader.get(), &start_ns, sizeof(start_ns));
  if (got < 0) return fail_errno("read task iterator");
  if (got != sizeof(start_ns)) {
    return fail(ErrorCode::kNotFound, "no process with tgid " + std::to_string(tgid));
  }
  return start_ns;
}

}  // namespace scopetrace
