// SPDX-License-Identifier: Apache-2.0
#include "cli/exchange_view.h"

#include <fmt/core.h>

#include <map>

#include "cli/terminal.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxShown = 64;  // credentials of one exchange that are listed

void print_fields(std::FILE* out, const LineJson& part, const char* name) {
  const LineJson& headers = member(part, name);
  if (!headers.is_array()) return;
  for (const LineJson& header : headers) {
    fmt::print(out, "      {}: {}\n", text_of(header, "name"), text_of(header, "value"));
  }
}

void print_body_text(std::FILE* out, const LineJson& body) {
  const LineJson& text = member(body, "text");
  if (!text.is_string()) return;
  std::string_view rest = text.get_ref<const std::string&>();
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    fmt::print(out, "      | {}\n", escape_for_terminal(rest.substr(0, end)));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
}

void print_body(std::FILE* out, const LineJson& part) {
  const LineJson& body = member(part, "body");
  if (!body.is_object()) return;
  const std::string withheld = text_of(body, "withheld");
  fmt::print(out, "      body {}, {}, kept {}{}{}{}\n", text_of(body, "media_type"),
             size_text(number_of(body, "length")), size_text(number_of(body, "kept")),
             member(body, "cut") == true ? ", cut" : "",
             member(body, "shape") == true ? ", shape only" : "",
             withheld.empty() ? "" : ", withheld: " + withheld);
  print_body_text(out, body);
}

void print_request(std::FILE* out, const LineJson& request) {
  if (!request.is_object()) return;
  fmt::print(out, "    request  {} {} {}, host {}\n", text_of(request, "method"),
             text_of(request, "target"), text_of(request, "version"), text_of(request, "host"));
  print_fields(out, request, "headers");
  print_body(out, request);
  print_fields(out, request, "trailers");
}

void print_response(std::FILE* out, const LineJson& response) {
  if (!response.is_object()) return;
  fmt::print(out, "    response {} {} {}\n", text_of(response, "version"),
             number_of(response, "status"), text_of(response, "reason"));
  print_fields(out, response, "headers");
  print_body(out, response);
  print_fields(out, response, "trailers");
}

void print_timing(std::FILE* out, const LineJson& timing) {
  std::string text;
  for (const char* name : {"send", "wait", "receive"}) {
    const LineJson& value = member(timing, (std::string(name) + "_ns").c_str());
    if (!value.is_number_unsigned()) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name,
                        duration_text(value.get<std::uint64_t>()));
  }
  if (!text.empty()) fmt::print(out, "    timing   {}\n", text);
}

void print_credentials(std::FILE* out, const LineJson& credentials) {
  if (!credentials.is_array()) return;
  for (const LineJson& seen : credentials) {
    const std::string scheme = text_of(seen, "scheme");
    const std::string tag = text_of(seen, "tag");
    fmt::print(out, "    credential {} in {}{}{}\n", text_of(seen, "class"), text_of(seen, "where"),
               scheme.empty() ? "" : ", scheme " + scheme, tag.empty() ? "" : ", tag " + tag);
  }
}

}  // namespace

std::string credentials_of(const LineJson& line) {
  const LineJson& credentials = member(line, "credentials");
  if (!credentials.is_array()) return "";
  std::map<std::string, std::uint64_t> classes;
  for (const LineJson& seen : credentials) {
    if (classes.size() < kMaxShown) ++classes[text_of(seen, "class")];
  }
  std::string text;
  for (const auto& [name, count] : classes) {
    text += (text.empty() ? "" : ", ") + name + (count > 1 ? fmt::format(" x{}", count) : "");
  }
  return text;
}

std::string withheld_bodies_of(const LineJson& line) {
  std::string text;
  for (const char* name : {"request", "response"}) {
    const std::string why = text_of(member(member(line, name), "body"), "withheld");
    if (!why.empty())
      text += fmt::format("{}{} body withheld: {}", text.empty() ? "" : ", ", name, why);
  }
  return text;
}

void print_exchange_content(std::FILE* out, const LineJson& line) {
  print_request(out, member(line, "request"));
  print_response(out, member(line, "response"));
  print_timing(out, member(line, "timing"));
  print_credentials(out, member(line, "credentials"));
  const std::string classes = list_of(line, "data_classes", kMaxShown);
  if (!classes.empty()) fmt::print(out, "    data     {}\n", classes);
  for (const char* name : {"request_id", "trace_id"}) {
    const std::string id = text_of(line, name);
    if (!id.empty()) fmt::print(out, "    {} {}\n", name, id);
  }
}

}  // namespace scopetrace
