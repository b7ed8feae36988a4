// SPDX-License-Identifier: Apache-2.0
// Go's table of functions, .gopclntab, which is there even in a stripped program: the runtime needs
// it. Source: runtime/symtab.go, debug/gosym/pclntab.go.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "userspace/resolve/loaded_image.h"

namespace scopetrace {

inline constexpr std::uint64_t kMaxGoFunctions = 4'000'000;  // Kubernetes has about 100,000

struct GoFunction {
  std::string_view name;      // one of those that were asked for
  std::uint64_t address = 0;  // before relocation
  std::uint64_t size_bytes = 0;
};

class GoTable {
 public:
  // Finds the table by its first bytes: in read-only data first. Nothing when there is none of Go
  // 1.16 or later that adds up, or when the file does not say where its functions begin. Borrows
  // the image.
  static std::optional<GoTable> find(const LoadedImage& image);

  // The functions of these names, one for each at most; others are left out.
  std::vector<GoFunction> find_functions(std::span<const std::string_view> names) const;

 private:
  GoTable() = default;
  static std::optional<GoTable> find_in(const LoadedImage& image, const LoadedSegment& segment);
  static std::optional<GoTable> read(const LoadedImage& image, Bytes bytes, std::uint64_t address);
  std::optional<std::uint64_t> entry_of(std::uint64_t index) const;
  std::string_view name_of(std::uint64_t index, std::size_t max_bytes) const;

  Bytes names_;
  Bytes functions_;          // entries, then what they refer to
  std::uint64_t count_ = 0;  // of functions
  std::uint64_t text_ = 0;   // where offsets of entries begin; 0 when they are addresses
  std::size_t width_ = 4;    // of a number in an entry: 8 before Go 1.18
};

}  // namespace scopetrace
