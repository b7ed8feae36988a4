// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/url.h"

#include <algorithm>
#include <array>

#include "userspace/redact/body/form.h"
#include "userspace/redact/body/member.h"
#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMinPathToken = 16;  // of a segment that a word before it announces
constexpr std::string_view kTargetPlace = ".target";

// Segments behind which a token stands.
constexpr std::array<std::string_view, 14> kTokenWords = {
    "reset", "verify", "confirm",   "activate", "activation", "invite",         "invitation",
    "magic", "unlock", "magiclink", "token",    "recover",    "reset-password", "password-reset"};

bool announces_token(std::string_view segment) {
  return std::any_of(kTokenWords.begin(), kTokenWords.end(),
                     [&](std::string_view word) { return equals_ignoring_case(word, segment); });
}

bool is_token(std::string_view segment) {
  return segment.size() >= kMinPathToken && has_digit(segment) && has_letter(segment) &&
         segment.find('.') == segment.npos;
}

// Path segments one after the other; each may have parameters behind ";" (RFC 3986 section 3.3).
class PathSegments {
 public:
  PathSegments(TextScanner& scanner, BodyOptions options) : scanner_(scanner), options_(options) {}

  void add(std::string_view segment, std::string& out) {
    const auto semicolon = std::min(segment.find(';'), segment.size());
    const std::string_view own = segment.substr(0, semicolon);
    out += redacted(own);
    before_ = own;
    if (semicolon == segment.size()) return;
    out += ';';
    out += redact_form(scanner_, segment.substr(semicolon + 1), options_);
  }

 private:
  std::string redacted(std::string_view segment) {
    if (announces_token(before_) && is_token(segment)) {
      return scanner_.replace("generic-token", segment);
    }
    const std::string decoded = decode_percent(segment, false);
    const std::string safe = redact_text_at(scanner_, decoded, options_.depth);
    return safe == decoded ? std::string(segment) : safe;
  }

  TextScanner& scanner_;
  BodyOptions options_;
  std::string_view before_;
};

std::string redact_path(TextScanner& scanner, std::string_view path, BodyOptions options) {
  PathSegments segments(scanner, options);
  std::string out;
  for (std::size_t at = 0; at <= path.size();) {
    const auto slash = std::min(path.find('/', at), path.size());
    segments.add(path.substr(at, slash - at), out);
    if (slash < path.size()) out += '/';
    at = slash + 1;
  }
  return out;
}

// user:password@host:port
std::string redact_authority(TextScanner& scanner, std::string_view authority) {
  const auto at = authority.rfind('@');
  if (at == authority.npos) return std::string(authority);
  const std::string_view user_info = authority.substr(0, at);
  const auto colon = user_info.find(':');
  std::string out = scanner.redact(user_info.substr(0, colon));
  if (colon != user_info.npos) {
    const std::string_view password = user_info.substr(colon + 1);
    const bool is_kept = !is_secret_member(scanner.names(), "url-password", password);
    out += ':';
    out += is_kept ? std::string(password) : scanner.replace("url-password", password);
  }
  return out + std::string(authority.substr(at));
}

// Where the authority begins and ends; equal when there is none.
TextRange authority_of(std::string_view url) {
  const auto colon = url.find("://");
  const bool is_absolute = colon != url.npos && url.find_first_of("/?#") == colon + 1;
  if (!is_absolute && !url.starts_with("//")) return {0, 0};
  const std::size_t begin = is_absolute ? colon + 3 : 2;
  return {begin, std::min(url.find_first_of("/?#", begin), url.size())};
}

// Sightings in a query are told as "request.query.NAME", not below the target.
std::string redact_query(TextScanner& scanner, std::string_view query, BodyOptions options) {
  const std::string place = scanner.place();
  if (place.ends_with(kTargetPlace)) {
    scanner.set_place(place.substr(0, place.size() - kTargetPlace.size()) + ".query");
  }
  std::string out = redact_form(scanner, query, options);
  scanner.set_place(place);
  return out;
}

// A fragment is a query in answers of OAuth and a path with a query in some applications.
std::string redact_fragment(TextScanner& scanner, std::string_view fragment, BodyOptions options) {
  const auto question = fragment.find('?');
  if (question != fragment.npos) {
    return redact_path(scanner, fragment.substr(0, question), options) + '?' +
           redact_form(scanner, fragment.substr(question + 1), options);
  }
  if (fragment.find('=') != fragment.npos) return redact_form(scanner, fragment, options);
  return redact_text_at(scanner, fragment, options.depth);
}

}  // namespace

std::string redact_url(TextScanner& scanner, std::string_view url, BodyOptions options) {
  options.as_shape = false;
  const TextRange authority = authority_of(url);
  const auto hash = std::min(url.find('#', authority.end), url.size());
  const auto question = std::min(url.find('?', authority.end), hash);

  std::string out(url.substr(0, authority.begin));
  out += redact_authority(scanner, url.substr(authority.begin, authority.end - authority.begin));
  out += redact_path(scanner, url.substr(authority.end, question - authority.end), options);
  // Shapes that span segments (webhook URLs) are seen once the parts stand together.
  out = redact_text_at(scanner, out, options.depth);
  if (question < hash) {
    out += '?';
    out += redact_query(scanner, url.substr(question + 1, hash - question - 1), options);
  }
  if (hash == url.size()) return out;
  return out + '#' + redact_fragment(scanner, url.substr(hash + 1), options);
}

}  // namespace scopetrace
