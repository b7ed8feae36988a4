// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/wire_stream.h"

#include <algorithm>

namespace scopetrace {

WireStream::WireStream(TextScanner& scanner, WireDetail detail)
    : text_(scanner, detail), runs_(text_) {}

WireStream::~WireStream() { wipe(pending_); }

void WireStream::push(std::string_view bytes, std::string& out) {
  text_.set_output(out);
  if (pending_.empty()) {
    pending_.assign(bytes.substr(take(bytes)));
    return;
  }
  pending_ += bytes;
  const std::size_t taken = take(pending_);
  wipe(pending_.data(), taken);
  pending_.erase(0, taken);
}

// Takes as much of `bytes` as can be told; returns how much.
std::size_t WireStream::take(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const Mode before = mode_;
    const std::size_t taken = step(bytes.substr(at));
    if (taken == 0 && mode_ == before) break;
    at += taken;
  }
  return at;
}

std::size_t WireStream::step(std::string_view bytes) {
  switch (mode_) {
    case Mode::kProbing:
      choose(bytes, bytes.size() >= kMaxProbe);
      return 0;
    case Mode::kMessages:
      return take_message(bytes);
    case Mode::kSkipping:
      return skip(bytes);
    case Mode::kDroppingLine:
      return drop_line(bytes);
    case Mode::kWithheld:
      return withhold(bytes);
    case Mode::kUnknown:
      return take_runs(bytes);
  }
  return 0;
}

// The first entry that matches; while an earlier one may still, nothing is chosen.
void WireStream::choose(std::string_view begin, bool is_whole) {
  for (const WireEntry& entry : wire_table()) {
    const Match match = entry.matches(begin.substr(0, kMaxProbe));
    if (match == Match::kMaybe && !is_whole) return;
    if (match != Match::kYes) continue;
    name_ = entry.name;
    protocol_ = entry.make();
    mode_ = Mode::kMessages;
    return;
  }
  name_ = kUnknown;
  mode_ = Mode::kUnknown;
}

std::size_t WireStream::take_message(std::string_view bytes) {
  const Extent extent = protocol_->extent(bytes);
  if (extent.state == Extent::State::kBroken) {
    give_up();
    return 0;
  }
  if (extent.state == Extent::State::kNeedsMore) {
    if (bytes.size() >= kMaxMessage) mode_ = Mode::kDroppingLine;
    return 0;
  }
  if (extent.size_bytes > kMaxMessage) {
    protocol_->skip(extent.size_bytes, text_);
    text_.end();
    left_bytes_ = extent.size_bytes;
    mode_ = Mode::kSkipping;
    return 0;
  }
  if (bytes.size() < extent.size_bytes) return 0;
  protocol_->tell(bytes.substr(0, extent.size_bytes), text_);
  return extent.size_bytes;
}

std::size_t WireStream::skip(std::string_view bytes) {
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left_bytes_));
  left_bytes_ -= taken;
  if (left_bytes_ == 0) mode_ = Mode::kMessages;
  return taken;
}

std::size_t WireStream::drop_line(std::string_view bytes) {
  const auto end = bytes.find('\n');
  const std::size_t taken = end == bytes.npos ? bytes.size() : end + 1;
  dropped_bytes_ += taken;
  if (end == bytes.npos) return taken;
  protocol_->skip(dropped_bytes_, text_);
  text_.end();
  dropped_bytes_ = 0;
  mode_ = Mode::kMessages;
  return taken;
}

std::size_t WireStream::withhold(std::string_view bytes) {
  dropped_bytes_ += bytes.size();
  return bytes.size();
}

std::size_t WireStream::take_runs(std::string_view bytes) {
  if (text_.is_shape()) return bytes.size();
  std::string kept;
  runs_.push(bytes, kept);
  text_.raw(kept);
  wipe(kept);
  return bytes.size();
}

void WireStream::end_runs() {
  if (text_.is_shape()) return;
  std::string kept;
  runs_.finish(kept);
  text_.raw(kept);
  wipe(kept);
}

// From here on nothing says where a message begins.
void WireStream::give_up() {
  text_.end();
  if (mode_ != Mode::kUnknown) mode_ = Mode::kWithheld;
  if (name_.empty()) name_ = kUnknown;
  protocol_.reset();
  runs_.set_strict(true);
}

std::size_t WireStream::held_back_bytes() const {
  return pending_.capacity() + runs_.held_back_bytes() + text_.held_back_bytes();
}

void WireStream::tell_cut() {
  if (dropped_bytes_ + pending_.size() > 0) text_.withhold(dropped_bytes_ + pending_.size());
  dropped_bytes_ = 0;
  wipe(pending_);
  std::string().swap(pending_);
}

void WireStream::lose(std::string& out) {
  text_.set_output(out);
  tell_cut();
  end_runs();
  text_.finish();
  left_bytes_ = 0;
  if (protocol_ != nullptr && protocol_->resume()) {
    mode_ = Mode::kDroppingLine;
  } else if (mode_ != Mode::kWithheld) {
    give_up();
  }
}

void WireStream::finish(std::string& out) {
  text_.set_output(out);
  if (mode_ == Mode::kProbing && !pending_.empty()) {
    choose(pending_, true);
    const std::size_t taken = take(pending_);
    wipe(pending_.data(), taken);
    pending_.erase(0, taken);
  }
  text_.end();
  tell_cut();
  end_runs();
  text_.finish();
}

}  // namespace scopetrace
