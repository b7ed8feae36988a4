// SPDX-License-Identifier: Apache-2.0
// A part of a bundle, `lines.jsonl.zst`, with the proof that its lines stand there, `proof.jsonl`,
// and what the host signed of the whole, `final-note`; with line 0 as it was also `session` and
// `approval`.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "userspace/bundle/frame_builder.h"
#include "userspace/export/export_format.h"
#include "userspace/export/subset_proof.h"

namespace scopetrace {

// File names, which verification knows too.
inline constexpr const char* kSubsetLines = "lines.jsonl.zst";
inline constexpr const char* kSubsetProof = "proof.jsonl";
inline constexpr const char* kSubsetFinalNote = "final-note";
inline constexpr const char* kSubsetSession = "session";
inline constexpr const char* kSubsetApproval = "approval";

class SubsetFormat final : public ExportFormat {
 public:
  SubsetFormat(OutputFolder& folder, ExportFile& lines, ExportFile& proof, bool keeps_evidence);

  Status take_evidence(FrameMagic kind, Bytes content) override;
  Status add(const ExportLine& line) override;
  Status withhold(std::string_view source) override;
  // kUsage for a bundle without its final note: nothing of it can be proved.
  Status finish() override;

 private:
  // Writes compressed frames to the file of the lines.
  class FrameFile final : public Sink<DataFrame> {
   public:
    explicit FrameFile(ExportFile& file) : file_(file) {}
    Status push(DataFrame frame) override { return file_.write(as_text(frame.compressed)); }
    Status finish() override { return {}; }

   private:
    ExportFile& file_;
  };
  Status add_line_zero(const ExportLine& line);
  Status write_file(const char* name, std::string_view content);

  OutputFolder& folder_;
  ExportFile& proof_;
  FrameFile frames_;
  FrameBuilder builder_;  // its leaf hashes are not used
  bool keeps_evidence_;
  bool has_line_zero_ = false;  // it has come
  bool is_zero_kept_ = false;   // as it was
  LeafSalt salt_{};
  std::uint64_t leaves_ = 0;
  SubsetProver prover_;
  std::string session_;
  std::string approval_;
  std::string final_note_;
};

Result<std::unique_ptr<ExportFormat>> make_subset_format(const ExportProfile& profile,
                                                         OutputFolder& folder);

}  // namespace scopetrace
