// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/go_build.h"

#include <elf.h>

#include <algorithm>

namespace scopetrace {
namespace {

constexpr std::string_view kMagic = "\xff Go buildinf:";
constexpr std::size_t kMagicAlignment = 16;
constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kFlagsAt = 15;
constexpr std::size_t kPointersAt = 16;
constexpr std::size_t kMaxVersionBytes = 128;
constexpr std::uint8_t kStringsFollow = 2;  // since Go 1.18; before, two pointers to Go strings
constexpr std::uint8_t kBigEndian = 1;
constexpr std::uint32_t kBuildIdNote = 4;

constexpr std::size_t kMaxNotes = 64;
constexpr std::string_view kNoteName("Go\0\0", 4);

std::uint64_t padded(std::uint64_t size) { return (size + 3) & ~std::uint64_t{3}; }

// Whether one of the notes is Go's build id. Source: cmd/internal/buildid/note.go.
bool has_go_note(Bytes notes) {
  for (std::size_t i = 0; i < kMaxNotes; ++i) {
    const auto header = value_at<Elf64_Nhdr>(notes, 0);
    if (!header) return false;
    const Bytes rest = notes.subspan(sizeof(*header));
    const std::uint64_t size = padded(header->n_namesz) + padded(header->n_descsz);
    if (size > rest.size()) return false;
    if (header->n_type == kBuildIdNote && header->n_namesz == kNoteName.size() &&
        as_text(rest.first(kNoteName.size())) == kNoteName) {
      return true;
    }
    notes = rest.subspan(size);
  }
  return false;
}

// A LEB128 length and as many bytes.
std::string_view counted_text(Bytes bytes) {
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < 3 && i < bytes.size(); ++i) {
    const auto byte = std::to_integer<std::uint8_t>(bytes[i]);
    size |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if ((byte & 0x80U) != 0) continue;
    const Bytes rest = bytes.subspan(i + 1);
    return size > rest.size() || size > kMaxVersionBytes ? std::string_view()
                                                         : as_text(rest.first(size));
  }
  return {};
}

// The text behind the address of a Go string: its own address and length.
std::string_view pointed_text(const LoadedImage& image, std::uint64_t address) {
  const Bytes header = image.at(address);
  const auto start = value_at<std::uint64_t>(header, 0);
  const auto size = value_at<std::uint64_t>(header, 8);
  if (!start || !size || *size > kMaxVersionBytes) return {};
  const Bytes text = image.at(*start);
  return *size > text.size() ? std::string_view() : as_text(text.first(*size));
}

// Source: debug/buildinfo.
std::string_view version_text(const LoadedImage& image, Bytes information) {
  const auto flags = value_at<std::uint8_t>(information, kFlagsAt);
  if (!flags || information.size() < kHeaderBytes || (*flags & kBigEndian) != 0) return {};
  if ((*flags & kStringsFollow) != 0) return counted_text(information.subspan(kHeaderBytes));
  const auto pointer = value_at<std::uint64_t>(information, kPointersAt);
  return pointer ? pointed_text(image, *pointer) : std::string_view();
}

// From the build information on; empty when there is none.
Bytes find_information(const LoadedImage& image) {
  for (const LoadedSegment& segment : image.segments()) {
    if (!segment.is_writable) continue;
    const std::size_t end = segment.bytes.size();
    for (std::size_t at = 0; at + kMagic.size() <= end; at += kMagicAlignment) {
      if (as_text(segment.bytes.subspan(at, kMagic.size())) == kMagic) {
        return segment.bytes.subspan(at);
      }
    }
  }
  return {};
}

// Takes a number below 256 off the front.
std::optional<std::uint8_t> take_number(std::string_view& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = digits <= 3 ? parse_decimal(text.substr(0, digits)) : std::nullopt;
  if (!number || *number > 255) return std::nullopt;
  text.remove_prefix(digits);
  return static_cast<std::uint8_t>(*number);
}

}  // namespace

std::optional<GoVersion> parse_go_version(std::string_view text) {
  constexpr std::string_view kStart = "go1.";
  if (!text.starts_with(kStart) || text.find("noregabi") != text.npos) return std::nullopt;
  text.remove_prefix(kStart.size());
  const auto minor = take_number(text);
  if (!minor) return std::nullopt;
  GoVersion version{*minor, 0};
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const auto patch = take_number(text);
    if (!patch) return std::nullopt;
    version.patch = *patch;
  }
  if (!text.empty() && text.front() != ' ' && text.front() != '-') return std::nullopt;
  return version;
}

// What has to hold for a further version: R14 and RAX, RBX, RCX as in the internal ABI; the first
// fields of crypto/tls.Conn, net.TCPConn, net.netFD, internal/poll.FD and runtime.g; Close as the
// first method of net.Conn (bpf/go_tls.h). Captured were programs made by 1.19.4, 1.19.8, 1.20.7,
// 1.20.12, 1.23.1, 1.23.12 and 1.25.4; the versions beside these are taken to agree with them.
bool is_covered(GoVersion version) { return version.minor >= 17 && version.minor <= 25; }

GoBuild read_go_build(const LoadedImage& image) {
  const Bytes information = find_information(image);
  const auto notes = image.notes();
  GoBuild build;
  build.is_go = !information.empty() || std::any_of(notes.begin(), notes.end(), has_go_note);
  build.version = parse_go_version(version_text(image, information));
  return build;
}

}  // namespace scopetrace
