// SPDX-License-Identifier: Apache-2.0
#include "userspace/probe/identity.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "identity.skel.h"
#include "userspace/base/unique_fd.h"
#include "userspace/probe/libbpf_log.h"

namespace scopetrace {

std::uint32_t own_pid_namespace() {
  struct stat facts {};
  if (::stat("/proc/self/ns/pid", &facts) != 0) return 0;
  return facts.st_ino == kInitialPidNamespace ? 0 : static_cast<std::uint32_t>(facts.st_ino);
}

struct IdentityReader::State {
  std::unique_ptr<identity_bpf, decltype(&identity_bpf__destroy)> skeleton{identity_bpf__open(),
                                                                           identity_bpf__destroy};

  Status load() {
    const LibbpfLog log;
    if (!skeleton) return fail_bpf("open task iterator", errno);
    skeleton->rodata->st_own_namespace = own_pid_namespace();
    if (const int error = identity_bpf__load(skeleton.get())) {
      return fail_bpf("load task iterator", -error, log.tail());
    }
    if (const int error = identity_bpf__attach(skeleton.get())) {
      return fail_bpf("attach task iterator", -error, log.tail());
    }
    return {};
  }
};

IdentityReader::IdentityReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
IdentityReader::IdentityReader(IdentityReader&&) noexcept = default;
IdentityReader& IdentityReader::operator=(IdentityReader&&) noexcept = default;
IdentityReader::~IdentityReader() = default;

Result<IdentityReader> IdentityReader::open() {
  auto state = std::make_unique<State>();
  ST_RETURN_IF_ERROR(state->load());
  return IdentityReader(std::move(state));
}

Result<ProcessIdentity> IdentityReader::read(std::uint32_t own_tgid) {
  identity_bpf& skeleton = *state_->skeleton;
  skeleton.bss->st_wanted_tgid = own_tgid;
  const UniqueFd reader(bpf_iter_create(bpf_link__fd(skeleton.links.st_read_identity)));
  if (!reader) return fail_bpf("create task iterator", errno);

  st_member_event found{};
  const ssize_t got = ::read(reader.get(), &found, sizeof(found));
  if (got < 0) return fail_errno("read task iterator");
  if (got != sizeof(found)) {
    return fail(ErrorCode::kNotFound, "no process with tgid " + std::to_string(own_tgid));
  }
  return ProcessIdentity{.tgid = found.header.tgid,
                         .inner_tgid = found.inner_tgid,
                         .start_ns = found.start_ns,
                         .execs = found.execs,
                         .program = found.program};
}

Result<ProcessIdentity> read_identity(std::uint32_t own_tgid) {
  ST_ASSIGN_OR_RETURN(IdentityReader reader, IdentityReader::open());
  return reader.read(own_tgid);
}

}  // namespace scopetrace
