// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/manifest.h"

#include <algorithm>

#include "userspace/base/clock.h"
#include "userspace/bundle/text_fields.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxFiles = 64;
constexpr std::size_t kMaxName = 64;

bool is_file_name(std::string_view name) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= kMaxName && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), is_plain);
}

// `file: <digest> <name>`, names ascending, each once.
void read_file_line(FieldReader& in, std::map<std::string, Digest>& files) {
  const std::string value = in.text("file");
  const std::size_t blank = std::min(value.find(' '), value.size());
  const auto digest = parse_digest(std::string_view(value).substr(0, blank));
  const std::string name = blank < value.size() ? value.substr(blank + 1) : "";
  const bool is_in_order = files.empty() || files.rbegin()->first < name;
  if (!digest || !is_file_name(name) || !is_in_order || files.size() >= kMaxFiles) {
    return in.reject("file");
  }
  files.emplace(name, *digest);
}

}  // namespace

std::string format_manifest(const ExportManifest& manifest) {
  FieldWriter out("export");
  out.text("session", manifest.session);
  out.text("host", manifest.host);
  out.text("verdict", manifest.verdict);
  out.text("anchored", manifest.anchored);
  out.text("time", format_seconds(manifest.time_s));
  out.text("exporter", manifest.exporter);
  out.text("profile", manifest.profile);
  out.text("third-party", manifest.third_party);
  out.number("lines", manifest.lines);
  out.number("kept", manifest.kept);
  out.number("derived", manifest.derived);
  out.number("withheld", manifest.withheld);
  out.number("unknown", manifest.unknown);
  for (const auto& [name, digest] : manifest.files) {
    out.text("file", format_digest(digest) + " " + name);
  }
  return out.take();
}

Result<ExportManifest> parse_manifest(std::string_view body) {
  FieldReader in(body, "export");
  ExportManifest manifest;
  manifest.session = in.text("session");
  manifest.host = in.text("host");
  manifest.verdict = in.text("verdict");
  manifest.anchored = in.text("anchored");
  manifest.time_s = in.seconds("time");
  manifest.exporter = in.text("exporter");
  manifest.profile = in.text("profile");
  manifest.third_party = in.text("third-party");
  manifest.lines = in.number("lines");
  manifest.kept = in.number("kept");
  manifest.derived = in.number("derived");
  manifest.withheld = in.number("withheld");
  manifest.unknown = in.number("unknown");
  while (in.has_next("file")) read_file_line(in, manifest.files);
  if (manifest.files.empty()) in.reject("file");
  ST_RETURN_IF_ERROR(in.finish());
  return manifest;
}

}  // namespace scopetrace
