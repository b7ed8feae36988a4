// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/event_stream.h"

#include <algorithm>
#include <array>
#include <vector>

#include "userspace/redact/body/content.h"
#include "userspace/redact/body/form.h"
#include "userspace/redact/body/member.h"
#include "userspace/redact/body/transfer_encoding.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMinNamedToken = 16;  // of data that the event's name may announce
constexpr std::array<std::string_view, 3> kKeptFields = {"event", "id", "retry"};

// One line: field, sign with its blank, value, line end.
struct EventLine {
  std::string_view field;
  std::string_view sign;
  std::string_view value;
  std::string_view end;
};

EventLine take_line(std::string_view& rest) {
  const std::size_t stop = std::min(rest.find_first_of("\r\n"), rest.size());
  const std::string_view line = rest.substr(0, stop);
  EventLine out;
  out.end = rest.substr(stop, rest.substr(stop, 2) == "\r\n" ? 2 : 1);
  rest.remove_prefix(stop + out.end.size());
  const auto colon = std::min(line.find(':'), line.size());
  out.field = line.substr(0, colon);
  const std::size_t value = std::min(
      colon + (colon < line.size() && line.substr(colon + 1, 1) == " " ? 2 : 1), line.size());
  out.sign = line.substr(colon, value - colon);
  out.value = line.substr(value);
  return out;
}

class EventStream {
 public:
  EventStream(TextScanner& scanner, BodyOptions options) : scanner_(scanner), options_(options) {}

  std::string run(std::string_view text) {
    while (!text.empty()) {
      const EventLine line = take_line(text);
      if (line.field == "data") {
        data_.push_back(line);
        continue;
      }
      flush(false);
      if (line.field == "event") event_ = line.value;
      if (line.field.empty() && line.sign.empty()) event_ = {};
      add_line(line);
    }
    flush(options_.is_cut);
    return std::move(out_);
  }

 private:
  void add_line(const EventLine& line) {
    const bool is_kept =
        std::find(kKeptFields.begin(), kKeptFields.end(), line.field) != kKeptFields.end();
    out_ +=
        is_kept ? std::string(line.field) : redact_text_at(scanner_, line.field, options_.depth);
    out_ += line.sign;
    const bool is_hidden = options_.as_shape && line.field != "retry" && !line.value.empty();
    out_ += is_hidden ? std::string(type_of(line.value))
                      : redact_text_at(scanner_, line.value, options_.depth);
    out_ += line.end;
  }

  // Puts out the data lines that stand together.
  void flush(bool is_cut) {
    if (data_.empty()) return;
    std::string joined(data_.front().value);
    for (std::size_t i = 1; i < data_.size(); ++i) joined.append("\n").append(data_[i].value);
    std::string_view rest = redacted_ = redacted(joined, is_cut);
    for (std::size_t i = 0; i == 0 || !rest.empty(); ++i) {
      const EventLine& line = data_[std::min(i, data_.size() - 1)];
      const auto end = i + 1 < data_.size() || rest.find('\n') != rest.npos
                           ? std::min(rest.find('\n'), rest.size())
                           : rest.size();
      out_.append("data").append(line.sign.empty() ? ":" : line.sign).append(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      out_ += rest.empty() ? data_.back().end : line.end.empty() ? "\n" : line.end;
    }
    data_.clear();
  }

  std::string redacted(const std::string& joined, bool is_cut) {
    const std::string_view bare = trim(joined);
    const bool is_token = bare.size() >= kMinNamedToken && has_digit(bare) && has_letter(bare) &&
                          bare.find_first_of(" {<") == bare.npos;
    if (is_token && !options_.as_shape && class_of_member(scanner_.names(), event_)) {
      return redact_member(scanner_, event_, joined, options_);
    }
    BodyOptions inner = options_.inner();
    inner.is_cut = is_cut;
    RedactedContent content = redact_content(scanner_, joined, {}, inner);
    if (content.withheld.empty()) return std::move(content.text);
    return options_.as_shape ? std::string(type_of(bare))
                             : withheld_mark(joined.size(), content.withheld);
  }

  TextScanner& scanner_;
  BodyOptions options_;
  std::string out_;
  std::string redacted_;
  std::string_view event_;
  std::vector<EventLine> data_;
};

}  // namespace

std::string redact_event_stream(TextScanner& scanner, std::string_view text, BodyOptions options) {
  return EventStream(scanner, options).run(text);
}

bool looks_like_event_stream(std::string_view text) {
  constexpr std::array<std::string_view, 4> kBegins = {"data:", "event:", "id:", "retry:"};
  text = trim(text);
  while (text.starts_with(':')) text = trim(text.substr(std::min(text.find('\n'), text.size())));
  const bool is_begun = std::any_of(kBegins.begin(), kBegins.end(), [&](std::string_view begin) {
    return text.starts_with(begin);
  });
  return is_begun && (text.starts_with("data:") || text.find("\ndata:") != text.npos);
}

}  // namespace scopetrace
