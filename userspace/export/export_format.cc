// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/export_format.h"

#include "userspace/export/csv_format.h"
#include "userspace/export/har_format.h"
#include "userspace/export/otlp_format.h"
#include "userspace/export/perfetto_format.h"
#include "userspace/export/subset_format.h"

namespace scopetrace {
namespace {

using Make = Result<std::unique_ptr<ExportFormat>> (*)(const ExportProfile&, OutputFolder&);
struct NamedFormat {
  std::string_view name;
  Make make;
};
constexpr NamedFormat kFormats[] = {
    {"bundle", make_subset_format},     {"har", make_har_format}, {"otlp", make_otlp_format},
    {"perfetto", make_perfetto_format}, {"csv", make_csv_format},
};

}  // namespace

Result<std::unique_ptr<ExportFormat>> make_export_format(std::string_view name,
                                                         const ExportProfile& profile,
                                                         OutputFolder& folder) {
  std::string names;
  for (const NamedFormat& format : kFormats) {
    if (format.name == name) return format.make(profile, folder);
    names.append(names.empty() ? "" : ", ").append(format.name);
  }
  return fail(Error(ErrorCode::kUsage, "'" + std::string(name) + "' is no format of exports")
                  .with_hint("there are " + names));
}

}  // namespace scopetrace
