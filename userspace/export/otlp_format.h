// SPDX-License-Identifier: Apache-2.0
// `spans.jsonl`: the exchanges as OpenTelemetry spans, in the JSON of OTLP 1, one TracesData a line
// as the file exporter writes. Names: semantic conventions of HTTP, stable part.
#pragma once

#include <memory>
#include <string>

#include "userspace/export/export_format.h"
#include "userspace/export/http_line.h"

namespace scopetrace {

// One span an `http` line, of kind CLIENT, or SERVER where the target answered. The trace is the
// one that its headers name, else one of its own.
class OtlpFormat final : public ExportFormat {
 public:
  explicit OtlpFormat(ExportFile& file) : file_(file) {}

  Status add(const ExportLine& line) override;
  Status finish() override;

 private:
  Status write_batch();

  ExportFile& file_;
  PeerTable peers_;
  std::string session_;
  Json resource_ = Json::object();
  Json spans_ = Json::array();   // at most kSpansPerBatch, of kBytesPerBatch and one line at most
  std::size_t batch_bytes_ = 0;  // of their lines
};

Result<std::unique_ptr<ExportFormat>> make_otlp_format(const ExportProfile& profile,
                                                       OutputFolder& folder);

}  // namespace scopetrace
