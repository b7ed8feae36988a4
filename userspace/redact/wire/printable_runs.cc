// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/printable_runs.h"

#include <utility>

#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {
namespace {

bool is_printable_ascii(char c) { return (c >= ' ' && c <= '~') || is_space(c); }

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Of the sequence that such a byte begins; 0 when it begins none.
std::size_t sequence_size(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte < 0xc2 || byte > 0xf4) return 0;
  return byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
}

bool is_token_character(char c) { return is_alnum(c) || is_in(c, "+/=_-.~%"); }

std::string_view bare_name(std::string_view run) {
  while (!run.empty() && !is_alnum(run.front())) run.remove_prefix(1);
  while (!run.empty() && !is_alnum(run.back())) run.remove_suffix(1);
  return run;
}

std::string withheld_note(std::uint64_t size_bytes) {
  return "[withheld " + std::to_string(size_bytes) + " bytes]";
}

void forget(std::string& text) {
  wipe(text);
  text.clear();
}

}  // namespace

PrintableRuns::~PrintableRuns() {
  for (std::string* text : {&held_, &name_, &token_}) wipe(*text);
}

void PrintableRuns::push(std::string_view bytes, std::string& out) {
  for (const char c : bytes) take_byte(c, out);
}

void PrintableRuns::take_byte(char c, std::string& out) {
  if (!sequence_.empty()) {
    if (is_continuation(c)) {
      sequence_ += c;
      if (sequence_.size() == sequence_size(sequence_[0])) {
        take_character(std::exchange(sequence_, {}), out);
      }
      return;
    }
    end_run(out);
  }
  if (is_printable_ascii(c)) return take_character({&c, 1}, out);
  if (sequence_size(c) > 0) {
    sequence_ = c;
    return;
  }
  end_run(out);
  ++binary_bytes_;
}

void PrintableRuns::take_character(std::string_view character, std::string& out) {
  ++run_characters_;
  run_bytes_ += character.size();
  if (name_.size() <= kMaxName) name_ += character;
  hold(held_, character, held_bytes_);
  if (run_characters_ < kMinRun || !secret_class_.empty()) return;
  note_binary(out);
  release(out);
}

// Keeps `more` back, up to a bound; counts all of it.
void PrintableRuns::hold(std::string& held, std::string_view more, std::uint64_t& total) const {
  total += more.size();
  if (held.size() + more.size() <= kMaxHeld) held += more;
}

void PrintableRuns::release(std::string& out) {
  if (is_strict_) {
    release_tokens(out);
  } else {
    out += held_;
  }
  forget(held_);
  held_bytes_ = 0;
}

void PrintableRuns::release_tokens(std::string& out) {
  for (const char c : held_) {
    if (is_token_character(c)) {
      hold(token_, {&c, 1}, token_bytes_);
    } else {
      end_token(out);
      out += c;
    }
  }
}

void PrintableRuns::end_token(std::string& out) {
  if (token_bytes_ > token_.size()) {
    out += withheld_note(token_bytes_);
  } else {
    out += token_.size() >= kMinToken ? text_.scanner().replace("generic-secret", token_) : token_;
  }
  forget(token_);
  token_bytes_ = 0;
}

void PrintableRuns::note_binary(std::string& out) {
  if (binary_bytes_ == 0) return;
  out += ' ' + binary_note(binary_bytes_) + ' ';
  binary_bytes_ = 0;
}

void PrintableRuns::end_run(std::string& out) {
  const bool is_short = run_characters_ < kMinRun;
  if (is_short) {
    binary_bytes_ += run_bytes_;
  } else if (!secret_class_.empty()) {
    note_binary(out);
    out += held_bytes_ > held_.size() ? withheld_note(held_bytes_)
                                      : text_.scanner().replace(secret_class_, held_);
  } else {
    end_token(out);
  }
  if (!is_short) {
    secret_class_ = name_.size() <= kMaxName ? text_.class_of(bare_name(name_)) : "";
  }
  binary_bytes_ += sequence_.size();
  sequence_.clear();
  forget(held_);
  forget(name_);
  run_bytes_ = run_characters_ = held_bytes_ = 0;
}

void PrintableRuns::finish(std::string& out) {
  end_run(out);
  note_binary(out);
  secret_class_.clear();
}

}  // namespace scopetrace
