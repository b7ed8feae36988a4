// SPDX-License-Identifier: Apache-2.0
#include "tests/support/planted_search.h"

#include <zstd.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string_view>

#include "userspace/base/file.h"

namespace scopetrace::testing {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 30;
constexpr std::size_t kShortestNeedle = 8;  // shorter encodings turn up by chance

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// RFC 3986 section 2.3.
bool is_unreserved(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string percent_encode(std::string_view value, bool upper, bool form) {
  std::string text;
  for (const char c : value) {
    if (is_unreserved(c)) {
      text += c;
    } else if (form && c == ' ') {
      text += '+';
    } else {
      const std::string hex = to_hex(as_bytes(std::string_view(&c, 1)));
      text += '%' + (upper ? upper_case(hex) : hex);
    }
  }
  return text;
}

// `value` with a backslash before each of `escaped`.
std::string escape(std::string_view value, std::string_view escaped) {
  std::string text;
  for (const char c : value) {
    if (escaped.find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  return text;
}

std::string digits_of(std::string_view value) {
  std::string digits;
  std::copy_if(value.begin(), value.end(), std::back_inserter(digits), is_digit);
  return digits;
}

// The characters of base64 that depend on `value` alone when it starts `shift` bytes into a group
// of three, whatever stands around it.
std::string base64_core(std::string_view value, std::size_t shift) {
  const std::string encoded = to_base64(as_bytes(std::string(shift, '\0') + std::string(value)));
  const std::size_t first = (shift * 8 + 5) / 6;
  const std::size_t last = (shift + value.size()) * 8 / 6;
  return last > first ? encoded.substr(first, last - first) : std::string();
}

std::string to_url_alphabet(std::string text) {
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

class NeedleList {
 public:
  void add(const Planted& planted, std::string form, std::string bytes) {
    if (bytes.size() < kShortestNeedle) return;
    const auto same = [&](const Needle& needle) {
      return needle.name == planted.name && needle.bytes == bytes;
    };
    if (std::any_of(needles_.begin(), needles_.end(), same)) return;
    needles_.push_back({planted.name, std::move(form), std::move(bytes)});
  }
  std::vector<Needle> take() && { return std::move(needles_); }

 private:
  std::vector<Needle> needles_;
};

void add_forms(NeedleList& list, const Planted& planted) {
  const std::string& value = planted.value;
  list.add(planted, "raw", value);
  list.add(planted, "json", escape(value, "\"\\"));
  list.add(planted, "json with slashes", escape(value, "\"\\/"));
  list.add(planted, "percent", percent_encode(value, true, false));
  list.add(planted, "percent", percent_encode(value, false, false));
  list.add(planted, "form", percent_encode(value, true, true));
  list.add(planted, "hex", to_hex(as_bytes(value)));
  list.add(planted, "hex", upper_case(to_hex(as_bytes(value))));
  for (std::size_t shift = 0; shift < 3; ++shift) {
    list.add(planted, "base64", base64_core(value, shift));
    list.add(planted, "base64url", to_url_alphabet(base64_core(value, shift)));
  }
  const bool is_number = std::none_of(value.begin(), value.end(),
                                      [](unsigned char c) { return std::isalpha(c) != 0; });
  if (is_number) list.add(planted, "digits", digits_of(value));
}

// RFC 8878: a Zstandard frame or a skippable one.
bool is_zstd(std::string_view content) {
  ByteReader reader(as_bytes(content));
  const auto magic = reader.read<std::uint32_t>();
  return magic && (*magic == ZSTD_MAGICNUMBER ||
                   (*magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START);
}

struct FreeStream {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

Result<std::string> decompress(std::string_view content, const std::string& path) {
  const std::unique_ptr<ZSTD_DStream, FreeStream> stream(ZSTD_createDStream());
  std::string out;
  std::string piece(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer input{content.data(), content.size(), 0};
  std::size_t written = piece.size();
  while (input.pos < input.size || written == piece.size()) {
    ZSTD_outBuffer output{piece.data(), piece.size(), 0};
    const std::size_t status = ZSTD_decompressStream(stream.get(), &output, &input);
    if (ZSTD_isError(status) != 0) {
      return fail(ErrorCode::kCorrupt, path + ": " + ZSTD_getErrorName(status));
    }
    written = output.pos;
    out.append(piece, 0, written);
    if (out.size() > kMaxBytes)
      return fail(ErrorCode::kLimit, path + ": more than 1 GiB of content");
  }
  return out;
}

}  // namespace

std::vector<Needle> make_needles(const std::vector<Planted>& planted) {
  NeedleList list;
  for (const Planted& one : planted) add_forms(list, one);
  return std::move(list).take();
}

std::vector<Hit> search_bytes(const std::vector<Needle>& needles, Bytes haystack) {
  std::vector<Hit> hits;
  const std::string_view text = as_text(haystack);
  for (const Needle& needle : needles) {
    const std::size_t offset = text.find(needle.bytes);
    if (offset != std::string_view::npos) hits.push_back({needle.name, needle.form, offset});
  }
  return hits;
}

Result<FileSearch> search_file(const std::vector<Needle>& needles, const std::string& path) {
  ST_ASSIGN_OR_RETURN(const std::string content, read_file(path, kMaxBytes));
  FileSearch result;
  result.raw_bytes = content.size();
  result.raw = search_bytes(needles, as_bytes(content));
  if (!is_zstd(content)) return result;

  ST_ASSIGN_OR_RETURN(const std::string inner, decompress(content, path));
  result.decompressed_bytes = inner.size();
  result.decompressed = search_bytes(needles, as_bytes(inner));
  return result;
}

}  // namespace scopetrace::testing
