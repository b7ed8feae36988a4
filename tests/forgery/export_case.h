// SPDX-License-Identifier: Apache-2.0
// A signed export of a small bundle in a folder, and what somebody may do to it. Tests only.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "tests/support/bundle_fixture.h"
#include "tests/unit/scopes/scratch.h"
#include "userspace/bundle/frame_compressor.h"
#include "userspace/export/exporter.h"
#include "userspace/export/verify_export.h"

namespace scopetrace {

class ExportCase {
 public:
  ExportCase() {
    profile = "responder";
    bundle = fixture.short_bundle(fixture.keys, lines());
  }

  // Five exchanges; the responder's export of api.stripe.com keeps three as they are and derives
  // one, which has a member that no rule knows.
  static std::vector<std::string> lines() {
    std::vector<std::string> lines;
    for (int n = 0; n < 5; ++n) {
      const char* host = n % 4 == 3 ? "other.example" : "api.stripe.com";
      lines.push_back(
          R"({"type":"http","n":)" + std::to_string(n) +
          R"(,"time":"2026-09-21T14:13:21.000000000Z","tgid":1,"tid":1,"request":{"host":")" +
          host + (n == 2 ? R"(","planted":"secret"}})" : "\"}}") + "\n");
    }
    return lines;
  }

  // Writes the export; `edit_files` may change what it holds before it is signed.
  void write(const std::function<void(const std::string& folder)>& edit_files = {}) {
    OutputFolder folder = OutputFolder::make(path() + ".parts").value();
    auto exporter =
        Exporter::make(find_export_profile(profile).value(), "api.stripe.com", {"bundle"}, folder);
    ST_CHECK(exporter.has_value());
    VerifyInputs inputs{.trust = trust(), .on_line = {}};
    inputs.on_line = [&](std::string_view line) { exporter->take(line); };
    inputs.on_evidence = [&](FrameMagic kind, Bytes content) {
      exporter->take_evidence(kind, content);
    };
    ST_CHECK(fixture.verify(bundle, inputs).verdict == Verdict::kComplete);
    ST_CHECK(exporter->finish().has_value() && folder.close_files().has_value());
    ST_CHECK(folder.finish().has_value());
    std::filesystem::rename(path() + ".parts", path());
    if (edit_files) edit_files(path());
    const ExportCounts counts = exporter->counts();
    manifest.session = fixture.start().facts.session;
    manifest.host = "prod-pay-07";
    manifest.verdict = "COMPLETE";
    manifest.anchored = "none";
    manifest.time_s = kFixtureStart + 60;
    manifest.exporter = "erin@corp.example";
    manifest.profile = profile;
    manifest.third_party = "api.stripe.com";
    manifest.lines = counts.lines;
    manifest.kept = counts.kept;
    manifest.derived = counts.derived;
    manifest.withheld = counts.withheld;
    sign();
  }

  // Signs the files as they are now.
  void sign() {
    manifest.files.clear();
    for (const auto& entry : std::filesystem::directory_iterator(path())) {
      const std::string name = entry.path().filename();
      if (name != kManifestName) manifest.files[name] = sha256(as_bytes(read(name)));
    }
    const std::string body = format_manifest(manifest);
    put("manifest", body + "\n" + make_sshsig(exporter_key, kExportNamespace, as_bytes(body)));
  }

  ExportReport verify() const {
    const VerifyInputs inputs{.trust = trust(), .on_line = {}};
    auto report = verify_export(path(), inputs);
    ST_CHECK(report.has_value());
    return *std::move(report);
  }

  Trust trust() const {
    Trust all = fixture.trust();
    std::string text;
    for (const TrustLine& line : all.signers.lines()) text += format_trust_line(line) + "\n";
    text += "erin@corp.example namespaces=\"export@scopetrace\" " +
            exporter_key.public_key().line() + "\n";
    all.signers = TrustFile::parse(text).value();
    return all;
  }

  std::string path() const { return scratch.file("export"); }
  std::string read(const std::string& name) const { return scratch.read("export/" + name); }
  void put(const std::string& name, std::string_view content) const {
    scratch.write("export/" + name, content);
  }
  void edit(const std::string& name, std::string_view from, std::string_view to) const {
    std::string text = read(name);
    const std::size_t at = text.find(from);
    ST_CHECK(at != std::string::npos);
    put(name, text.replace(at, from.size(), to));
  }
  // The lines of the export, and putting others in their place.
  std::string lines_text() const;
  void put_lines(const std::string& text) const;

  BundleFixture fixture;
  SigningKey exporter_key = SigningKey::generate();
  ScratchFolder scratch;
  ExportManifest manifest;
  std::string profile;
  ByteVector bundle;
};

inline std::string ExportCase::lines_text() const {
  const std::string bytes = read("lines.jsonl.zst");
  FrameDecompressor zstd;
  return zstd.decompress(as_bytes(bytes), declared_raw_bytes(as_bytes(bytes)).value()).value();
}

inline void ExportCase::put_lines(const std::string& text) const {
  put("lines.jsonl.zst", as_text(FrameCompressor().compress(as_bytes(text))));
}

}  // namespace scopetrace
