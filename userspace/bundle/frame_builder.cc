// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/frame_builder.h"

#include <utility>

namespace scopetrace {
namespace {

bool is_one_line(std::string_view line) {
  return !line.empty() && line.size() <= kMaxLineBytes && line.find('\n') == line.size() - 1;
}

}  // namespace

FrameBuilder::FrameBuilder(const LeafSalt& salt, Sink<DataFrame>& next, std::uint64_t first_index)
    : hasher_(std::make_unique<LeafHasher>(salt)), next_(next), next_index_(first_index) {
  raw_.reserve(kMaxFrameRaw);
}

FrameBuilder::~FrameBuilder() { wipe(raw_); }

Status FrameBuilder::push(std::string line) {
  if (!is_one_line(line)) return fail(ErrorCode::kLimit, "line is too long or not one line");
  if (raw_.size() + line.size() > kMaxFrameRaw) ST_RETURN_IF_ERROR(close_frame());
  if (raw_.empty()) opened_ns_ = now_ns_;
  raw_ += line;
  lines_.push_back(std::string_view(raw_).substr(raw_.size() - line.size()));
  return raw_.size() >= kFrameRawTarget ? close_frame() : Status();
}

Status FrameBuilder::flush(std::uint64_t now_ns) {
  now_ns_ = now_ns;
  const bool is_due = !raw_.empty() && now_ns - opened_ns_ >= kFrameMaxAgeNs;
  return is_due ? close_frame() : Status();
}

Status FrameBuilder::restart(const LeafSalt& salt) {
  if (!raw_.empty()) ST_RETURN_IF_ERROR(close_frame());
  hasher_ = std::make_unique<LeafHasher>(salt);
  next_index_ = 0;
  return {};
}

Status FrameBuilder::finish() {
  if (!raw_.empty()) ST_RETURN_IF_ERROR(close_frame());
  return next_.finish();
}

Status FrameBuilder::close_frame() {
  DataFrame frame;
  frame.compressed = compressor_.compress(as_bytes(raw_));
  frame.raw_bytes = static_cast<std::uint32_t>(raw_.size());
  frame.leaves = hasher_->leaves(next_index_, lines_);
  next_index_ += lines_.size();
  lines_.clear();
  raw_.clear();
  return next_.push(std::move(frame));
}

}  // namespace scopetrace
