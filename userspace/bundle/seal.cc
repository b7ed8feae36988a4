// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/seal.h"

#include "userspace/base/clock.h"
#include "userspace/bundle/loss_fields.h"

namespace scopetrace {
namespace {

constexpr std::string_view kNone = "none";

void write_sealed_frame(FieldWriter& out, const std::optional<SealedFrame>& frame) {
  if (frame) {
    out.number("offset", frame->offset);
    out.number("compressed", frame->compressed);
    out.number("raw", frame->raw);
    out.digest("frame", frame->digest);
    return;
  }
  for (const std::string_view key : {"offset", "compressed", "raw", "frame"}) out.text(key, kNone);
}

std::optional<SealedFrame> read_sealed_frame(FieldReader& in, bool is_idle) {
  if (is_idle) {
    for (const std::string_view key : {"offset", "compressed", "raw", "frame"}) {
      if (in.text(key) != kNone) in.reject(key);
    }
    return std::nullopt;
  }
  SealedFrame frame;
  frame.offset = in.number("offset");
  frame.compressed = in.number32("compressed");
  frame.raw = in.number32("raw");
  frame.digest = in.digest("frame");
  return frame;
}

std::string read_flags(FieldReader& in) {
  std::string flags = in.text("flags");
  if (flags != "none" && flags != "idle" && flags != "own" && flags != "last") in.reject("flags");
  return flags;
}

}  // namespace

std::string format_seal(const Seal& seal) {
  FieldWriter out("seal");
  out.text("session", seal.session);
  out.number("index", seal.index);
  out.number("first", seal.first);
  out.number("count", seal.count);
  write_sealed_frame(out, seal.frame);
  out.digest("previous", seal.previous);
  out.digest("root", seal.root);
  out.number("boottime-ns", seal.boottime_ns);
  out.text("realtime", format_nanoseconds(seal.realtime_ns));
  write_losses(out, seal.losses);
  out.text("flags", seal.flags);
  out.text("next-key", seal.next_key.value_or(std::string(kNone)));
  return out.take();
}

Result<Seal> parse_seal(std::string_view body) {
  FieldReader in(body, "seal");
  Seal seal;
  seal.session = in.text("session");
  seal.index = in.number("index");
  seal.first = in.number("first");
  seal.count = in.number("count");
  seal.frame = read_sealed_frame(in, seal.count == 0);
  seal.previous = in.digest("previous");
  seal.root = in.digest("root");
  seal.boottime_ns = in.number("boottime-ns");
  seal.realtime_ns = in.nanoseconds("realtime");
  seal.losses = read_losses(in);
  seal.flags = read_flags(in);
  std::string next_key = in.text("next-key");
  if (next_key != kNone) seal.next_key = std::move(next_key);
  ST_RETURN_IF_ERROR(in.finish());
  return seal;
}

}  // namespace scopetrace
