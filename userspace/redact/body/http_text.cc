// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/http_text.h"

#include <algorithm>

#include "userspace/protocol/body.h"
#include "userspace/protocol/http1_parser.h"
#include "userspace/redact/body/content.h"
#include "userspace/redact/body/http_head_text.h"
#include "userspace/redact/body/transfer_encoding.h"
#include "userspace/redact/detect/detectors.h"
#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {
namespace {

constexpr BodyLimits kLimits{HttpTextRedactor::kMaxDecoded, HttpTextRedactor::kMaxDecoded};

std::string_view blank_lines(std::string_view text) {
  return text.substr(0, std::min(text.find_first_not_of("\r\n"), text.size()));
}

// As much of a text that is too long as can be taken without cutting a word in two.
std::string_view whole_words(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  const auto end = text.substr(0, max).find_last_of(" \t\r\n");
  return text.substr(0, end == text.npos ? max : end + 1);
}

// A body as it was framed: its pieces joined, and what else belongs to the message.
struct FramedBody {
  std::string_view wire;      // a part of the input, or of `joined`
  std::string joined;         // the chunks' data
  std::string_view trailers;  // header lines behind the last chunk
  bool is_whole = true;
  bool is_broken = false;  // the framing broke off: what follows cannot be told apart
};

// The walk over one input.
class HttpText {
 public:
  HttpText(TextScanner& scanner, std::string_view input, bool is_cut)
      : scanner_(scanner), rest_(input), is_cut_(is_cut) {}

  std::string run() {
    while (!rest_.empty()) {
      const std::string_view blank = blank_lines(rest_);
      out_ += blank;
      rest_.remove_prefix(blank.size());
      if (!rest_.empty()) take_message();
      scanner_.learn_pending();
    }
    return std::move(out_);
  }

 private:
  void take_message() {
    const auto head = read_head_text(rest_);
    if (!head) {
      // At least one byte, or a head that is refused would be found here again and again.
      const std::size_t size = std::min(find_head_text(rest_.substr(1)) + 1, rest_.size());
      add_content(take(size), {}, true);
      return;
    }
    redact_head_text(scanner_, *head, out_);
    rest_.remove_prefix(head->raw.size());
    if (rest_.empty()) return;
    take_body(*head);
    if (head->head.kind == Http1Kind::kRequest) last_method_ = head->head.method;
  }

  std::string_view take(std::size_t size) {
    const std::string_view part = rest_.substr(0, size);
    rest_.remove_prefix(part.size());
    return part;
  }

  void take_body(const HeadText& head) {
    Http1BodyPlan plan = plan_body(head.head, last_method_);
    if (plan.codings.empty()) plan.codings = codings_of(head.head);
    if (!head.has_framing) plan.framing = Http1Framing::kUntilClose;
    const ContentInfo info = {value_of(head.head, "content-type"),
                              value_of(head.head, "grpc-encoding")};
    FramedBody body;
    if (plan.framing == Http1Framing::kChunked && read_chunks(body)) {
      add_framed(body, plan.codings, info);
      return;
    }
    if (plan.framing == Http1Framing::kLength) return take_length(plan, info);
    add_body(take(find_head_text(rest_)), true, plan.codings, info);
  }

  // Messages that should have no body have one here when bytes follow: its codings count.
  static std::vector<std::string> codings_of(const Http1Head& head) {
    std::vector<std::string> codings;
    for (const HttpField& field : head.fields) {
      if (equals_ignoring_case(field.name, "content-encoding")) add_codings(field.value, codings);
    }
    return codings;
  }
  static std::string_view value_of(const Http1Head& head, std::string_view name) {
    for (const HttpField& field : head.fields) {
      if (equals_ignoring_case(field.name, name)) return field.value;
    }
    return {};
  }

  // The stated length holds when the input or a head follows; else the body goes to the next head.
  void take_length(const Http1BodyPlan& plan, const ContentInfo& info) {
    const bool is_inside = plan.length_bytes <= rest_.size();
    const std::string_view behind =
        is_inside ? rest_.substr(plan.length_bytes) : std::string_view();
    const std::string_view next = behind.substr(blank_lines(behind).size());
    if (is_inside && (next.empty() || find_head_text(next.substr(0, kMaxHeadText)) == 0)) {
      return add_body(take(plan.length_bytes), true, plan.codings, info);
    }
    const std::string_view wire = take(find_head_text(rest_));
    const bool is_whole = wire.size() >= plan.length_bytes;
    add_body(wire, is_whole, plan.codings, info);
  }

  // Undoes chunk framing. False when the body is not in chunks at all: somebody joined them before.
  bool read_chunks(FramedBody& body) {
    Http1BodyReader reader;
    reader.begin(Http1Framing::kChunked, 0);
    Bytes input = as_bytes(rest_), content;
    std::size_t data_end = 0;
    ParseState state = reader.read(input, content);
    for (; state == ParseState::kSuccess; state = reader.read(input, content)) {
      body.joined += as_text(content);
      data_end = rest_.size() - input.size();
    }
    if (state == ParseState::kInvalid && data_end == 0) return false;
    const std::string_view taken =
        take(state == ParseState::kInvalid ? data_end : rest_.size() - input.size());
    body.wire = body.joined;
    body.is_broken = state == ParseState::kInvalid;
    const std::string_view behind = trim(taken.substr(data_end));
    const bool has_last = !behind.empty() && behind.find_first_not_of('0') == behind.npos;
    body.is_whole = state == ParseState::kEnd || (!body.is_broken && has_last);
    if (state == ParseState::kEnd) body.trailers = trailers_of(taken, data_end);
    return true;
  }

  // What stands behind the line of the last chunk's size, without the empty line.
  static std::string_view trailers_of(std::string_view taken, std::size_t data_end) {
    std::size_t at = data_end;
    if (data_end > 0) at = std::min(taken.find('\n', at), taken.size() - 1) + 1;
    at = std::min(taken.find('\n', at), taken.size() - 1) + 1;
    std::string_view lines = taken.substr(at);
    while (lines.ends_with("\r\n\r\n") || lines == "\r\n") lines.remove_suffix(2);
    while (lines.ends_with("\n\n") || lines == "\n") lines.remove_suffix(1);
    return lines;
  }

  void add_framed(const FramedBody& body, const std::vector<std::string>& codings,
                  const ContentInfo& info) {
    add_body(body.wire, body.is_whole, codings, info);
    if (!body.trailers.empty()) {
      out_ += "\r\n";
      redact_field_lines(scanner_, body.trailers, out_);
    }
    if (body.is_broken) {
      const std::string_view lost = take(find_head_text(rest_));
      out_ += withheld_mark(lost.size(), "broken chunk framing");
    }
    if (!rest_.empty()) out_ += "\r\n";
  }

  void add_body(std::string_view wire, bool is_whole, const std::vector<std::string>& codings,
                const ContentInfo& info) {
    if (wire.empty()) return;
    if (codings.empty()) return add_content(wire, info, is_whole);
    const HttpBody body = decode(wire, codings);
    if (body.state == BodyState::kComplete) return add_content(body.content, info, true);
    if (is_readable(wire)) return add_content(wire, info, is_whole);  // decoded before, by others
    const std::string_view reason =
        body.state == BodyState::kCut ? std::string_view("over the size limit") : body.reason;
    out_ += withheld_mark(wire.size(), reason);
  }
  static HttpBody decode(std::string_view wire, const std::vector<std::string>& codings) {
    BodyCollector collector(kLimits);
    collector.begin(codings);
    collector.add(as_bytes(wire));
    return collector.take(true);
  }

  void add_content(std::string_view content, const ContentInfo& info, bool is_whole) {
    const bool is_cut = !is_whole || (is_cut_ && rest_.empty());
    const RedactedContent redacted = redact_content(scanner_, content, info, {.is_cut = is_cut});
    out_ += redacted.withheld.empty() ? redacted.text
                                      : withheld_mark(content.size(), redacted.withheld);
  }

  TextScanner& scanner_;
  std::string_view rest_;
  bool is_cut_;  // more followed in the input
  std::string out_;
  std::string last_method_;
};

}  // namespace

struct HttpTextRedactor::State {
  State(std::unique_ptr<Detectors> d, ByteVector k) : detectors(std::move(d)), key(std::move(k)) {}
  ~State() { wipe(key); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::unique_ptr<Detectors> detectors;
  ByteVector key;
  std::map<std::string, std::uint64_t> by_class;
};

HttpTextRedactor::HttpTextRedactor(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpTextRedactor::~HttpTextRedactor() = default;

Result<std::unique_ptr<HttpTextRedactor>> HttpTextRedactor::make(const RuleSet& rules,
                                                                 ByteVector pseudonym_key) {
  ST_ASSIGN_OR_RETURN(auto detectors, Detectors::make(rules));
  auto state = std::make_unique<State>(std::move(detectors), std::move(pseudonym_key));
  return std::unique_ptr<HttpTextRedactor>(new HttpTextRedactor(std::move(state)));
}

std::string HttpTextRedactor::redact(std::string_view bytes) {
  TextScanner scanner(*state_->detectors, state_->key);
  const std::string_view input = whole_words(bytes, kMaxInput);
  const bool is_cut = input.size() < bytes.size();
  // A second time: what a later name gave away may stand before it. Only that one is counted.
  HttpText(scanner, input, is_cut).run();
  const auto before = scanner.by_class();
  std::string out = HttpText(scanner, input, is_cut).run();
  if (is_cut) out += withheld_mark(bytes.size() - input.size(), "over the size limit");
  for (const auto& [name, count] : scanner.by_class()) {
    const auto first = before.find(name);
    const std::uint64_t counted = first == before.end() ? 0 : first->second;
    if (count > counted) state_->by_class[name] += count - counted;
  }
  return out;
}

const std::map<std::string, std::uint64_t>& HttpTextRedactor::by_class() const {
  return state_->by_class;
}

}  // namespace scopetrace
