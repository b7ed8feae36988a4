// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/front/part_outputs.h"

#include <utility>

#include "scopes/shell.h"
#include "userspace/bundle/bundle_name.h"

namespace scopetrace {
namespace {

Error explain(const Error& error, const std::string& path) {
  return Error(ErrorCode::kIo, "encryption failed: " + error.message())
      .with_hint("what was encrypted until then can be read: scopetrace verify --identity FILE " +
                 quote_for_shell(path));
}

}  // namespace

Result<PartOutputs> PartOutputs::create(OutputPlan plan) {
  PartOutputs outputs(std::move(plan));
  ST_RETURN_IF_ERROR(outputs.add());
  return outputs;
}

Status PartOutputs::add() {
  const auto part = static_cast<std::uint32_t>(done_.size() + open_.size() + 1);
  ST_ASSIGN_OR_RETURN(
      OutputFile file,
      OutputFile::create(plan_.is_rotated ? part_path(plan_.path, part) : plan_.path));
  open_.push_back({std::move(file), std::nullopt});
  if (plan_.recipients.empty()) return {};
  auto encryption = Encryption::start(plan_.recipients, open_.back().file.fd());
  if (encryption) {
    open_.back().encryption.emplace(std::move(*encryption));
    return {};
  }
  remove_newest();
  return fail(std::move(encryption).error());
}

int PartOutputs::write_fd() const {
  const Part& part = open_.back();
  return part.encryption ? part.encryption->pipe() : part.file.fd();
}

void PartOutputs::hand_over() {
  if (open_.back().encryption) open_.back().encryption->close_pipe();
}

void PartOutputs::sync() const {
  for (const Part& part : open_) {
    if (part.encryption) part.file.sync();  // a failure shows at the end
  }
}

Status PartOutputs::finish(Part& part) {
  if (!part.encryption) return {};
  Status done = part.encryption->finish();
  part.encryption.reset();
  if (done) done = part.file.sync();
  if (done) return {};
  return fail(explain(done.error(), part.file.incomplete_path()));
}

Status PartOutputs::seal_next() {
  ST_CHECK(has_open());
  Part& part = open_.front();
  Status sealed = finish(part);
  if (sealed) sealed = part.file.commit();
  done_.push_back(sealed ? part.file.path() : part.file.incomplete_path());
  open_.pop_front();
  return sealed;
}

Status PartOutputs::finish() {
  Status first;
  for (Part& part : open_) {
    Status done = finish(part);
    if (first && !done) first = std::move(done);
  }
  return first;
}

void PartOutputs::remove_unbegun(std::size_t begun) {
  while (open_.size() > begun) remove_newest();
}

void PartOutputs::remove_newest() {
  open_.back().file.remove();
  open_.pop_back();
}

std::vector<std::string> PartOutputs::paths() const {
  std::vector<std::string> paths = done_;
  for (const Part& part : open_) paths.push_back(part.file.incomplete_path());
  return paths;
}

}  // namespace scopetrace
