// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/exporter.h"

namespace scopetrace {

Result<Exporter> Exporter::make(const ExportProfile& profile, const std::string& third_party,
                                const std::vector<std::string>& formats, OutputFolder& folder) {
  ST_ASSIGN_OR_RETURN(LineFilter filter, LineFilter::make(profile));
  Exporter exporter(std::move(filter), PartySelector(third_party));
  for (const std::string& name : formats) {
    ST_ASSIGN_OR_RETURN(auto format, make_export_format(name, profile, folder));
    exporter.formats_.push_back(std::move(format));
  }
  return exporter;
}

void Exporter::take(std::string_view line) {
  ++counts_.lines;
  if (status_) status_ = write(line);
}

Status Exporter::write(std::string_view line) {
  Json content = Json::parse(line, nullptr, false);
  if (!selector_.takes(content)) return withhold(line);
  const auto out = filter_.apply(line, std::move(content));
  if (!out) return withhold(line);
  ++(out->is_derived ? counts_.derived : counts_.kept);
  for (const auto& format : formats_) ST_RETURN_IF_ERROR(format->add(*out));
  return {};
}

Status Exporter::withhold(std::string_view line) {
  ++counts_.withheld;
  for (const auto& format : formats_) ST_RETURN_IF_ERROR(format->withhold(line));
  return {};
}

void Exporter::take_evidence(FrameMagic kind, Bytes content) {
  for (const auto& format : formats_) {
    if (status_) status_ = format->take_evidence(kind, content);
  }
}

Status Exporter::finish() {
  ST_RETURN_IF_ERROR(status_);
  for (const auto& format : formats_) ST_RETURN_IF_ERROR(format->finish());
  return {};
}

ExportCounts Exporter::counts() const {
  ExportCounts counts = counts_;
  counts.unknown = filter_.unknown_members() + filter_.unknown_lines();
  return counts;
}

}  // namespace scopetrace
