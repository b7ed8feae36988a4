// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/subset_format.h"

#include <algorithm>

namespace scopetrace {

SubsetFormat::SubsetFormat(OutputFolder& folder, ExportFile& lines, ExportFile& proof,
                           bool keeps_evidence)
    : folder_(folder),
      proof_(proof),
      frames_(lines),
      builder_(LeafSalt{}, frames_),
      keeps_evidence_(keeps_evidence) {}

Status SubsetFormat::take_evidence(FrameMagic kind, Bytes content) {
  if (kind == FrameMagic::kSession) session_ = as_text(content);
  if (kind == FrameMagic::kApproval) approval_ = as_text(content);
  if (kind == FrameMagic::kFinalNote) final_note_ = as_text(content);
  if (kind == FrameMagic::kLeafSalt && content.size() == salt_.size()) {
    std::copy(content.begin(), content.end(), salt_.begin());
  }
  return {};
}

// No leaf: the session text has its digest, which is without salt. So that text goes along only
// with the line that it is of.
Status SubsetFormat::add_line_zero(const ExportLine& line) {
  is_zero_kept_ = !line.is_derived;
  return builder_.push(line.text);
}

Status SubsetFormat::add(const ExportLine& line) {
  if (!std::exchange(has_line_zero_, true)) return add_line_zero(line);
  ST_RETURN_IF_ERROR(builder_.push(line.text));
  const LineSalt salt = line_salt(salt_, leaves_++);
  const Digest leaf = leaf_hash(salt, line.source);
  return proof_.write(line.is_derived ? prover_.derive(leaf) : prover_.keep(salt, leaf));
}

Status SubsetFormat::withhold(std::string_view source) {
  if (!std::exchange(has_line_zero_, true)) return {};
  return proof_.write(prover_.withhold(leaf_hash(salt_, leaves_++, source)));
}

Status SubsetFormat::write_file(const char* name, std::string_view content) {
  ST_ASSIGN_OR_RETURN(ExportFile * file, folder_.add(name));
  return file->write(content);
}

Status SubsetFormat::finish() {
  if (final_note_.empty()) {
    return fail(
        Error(ErrorCode::kUsage, "the bundle has no final note: no part of it can be proved")
            .with_hint("the formats har, otlp, perfetto and csv need none"));
  }
  ST_RETURN_IF_ERROR(proof_.write(prover_.finish()));
  ST_RETURN_IF_ERROR(builder_.finish());
  ST_RETURN_IF_ERROR(write_file(kSubsetFinalNote, final_note_));
  if (!is_zero_kept_ || !keeps_evidence_) return {};
  ST_RETURN_IF_ERROR(write_file(kSubsetSession, session_));
  return write_file(kSubsetApproval, approval_);
}

Result<std::unique_ptr<ExportFormat>> make_subset_format(const ExportProfile& profile,
                                                         OutputFolder& folder) {
  ST_ASSIGN_OR_RETURN(ExportFile * lines, folder.add(kSubsetLines));
  ST_ASSIGN_OR_RETURN(ExportFile * proof, folder.add(kSubsetProof));
  return std::make_unique<SubsetFormat>(folder, *lines, *proof, profile.keeps_evidence);
}

}  // namespace scopetrace
