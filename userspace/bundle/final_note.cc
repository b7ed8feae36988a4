// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/final_note.h"

#include <algorithm>

#include "userspace/base/clock.h"
#include "userspace/bundle/loss_fields.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxClasses = 128;
constexpr std::size_t kMaxWord = 64;

bool is_word(std::string_view text) {
  const auto is_word_char = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= kMaxWord &&
         std::all_of(text.begin(), text.end(), is_word_char);
}

// `claimed-redacted: <class> <count>`, classes ascending, each once.
void read_class(FieldReader& in, std::map<std::string, std::uint64_t>& classes) {
  constexpr std::string_view kKey = "claimed-redacted";
  const std::string value = in.text(kKey);
  const std::size_t blank = value.find(' ');
  const std::string name = value.substr(0, blank);
  const auto count = blank == std::string::npos
                         ? std::nullopt
                         : parse_decimal(std::string_view(value).substr(blank + 1));
  const bool is_in_order = classes.empty() || classes.rbegin()->first < name;
  if (!count || !is_word(name) || !is_in_order || classes.size() >= kMaxClasses) {
    return in.reject(kKey);
  }
  classes.emplace(name, *count);
}

}  // namespace

std::string format_final_note(const FinalNote& note) {
  FieldWriter out("bundle");
  out.text("session", note.session);
  out.number("part", note.part);
  out.number("bytes", note.bytes);
  out.digest("digest", note.digest);
  out.number("seals", note.seals);
  out.number("lines", note.lines);
  out.digest("root", note.root);
  write_losses(out, note.losses);
  std::size_t classes = 0;
  for (const auto& [name, count] : note.claimed_redacted) {
    if (!is_word(name) || ++classes > kMaxClasses) continue;
    out.text("claimed-redacted", name + " " + std::to_string(count));
  }
  out.text("end", is_word(note.end) ? note.end : "unknown");
  out.text("end-time", format_seconds(note.end_seconds));
  return out.take();
}

Result<FinalNote> parse_final_note(std::string_view body) {
  FieldReader in(body, "bundle");
  FinalNote note;
  note.session = in.text("session");
  note.part = in.number32("part");
  note.bytes = in.number("bytes");
  note.digest = in.digest("digest");
  note.seals = in.number("seals");
  note.lines = in.number("lines");
  note.root = in.digest("root");
  note.losses = read_losses(in);
  while (in.has_next("claimed-redacted")) read_class(in, note.claimed_redacted);
  note.end = in.text("end");
  if (!is_word(note.end)) in.reject("end");
  note.end_seconds = in.seconds("end-time");
  ST_RETURN_IF_ERROR(in.finish());
  return note;
}

}  // namespace scopetrace
