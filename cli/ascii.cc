// SPDX-License-Identifier: Apache-2.0
#include "cli/ascii.h"

#include <algorithm>
#include <cstdio>

#include "scopes/shell.h"

namespace scopetrace {
namespace {

struct Replacement {
  std::string_view letter;  // UTF-8
  std::string_view ascii;
};
constexpr Replacement kReplacements[] = {
    {"ä", "ae"},  {"ö", "oe"}, {"ü", "ue"}, {"Ä", "Ae"}, {"Ö", "Oe"}, {"Ü", "Ue"}, {"ß", "ss"},
    {"à", "a"},   {"á", "a"},  {"â", "a"},  {"ã", "a"},  {"å", "a"},  {"æ", "ae"}, {"ç", "c"},
    {"è", "e"},   {"é", "e"},  {"ê", "e"},  {"ë", "e"},  {"ì", "i"},  {"í", "i"},  {"î", "i"},
    {"ï", "i"},   {"ñ", "n"},  {"ò", "o"},  {"ó", "o"},  {"ô", "o"},  {"õ", "o"},  {"ø", "o"},
    {"ù", "u"},   {"ú", "u"},  {"û", "u"},  {"ý", "y"},  {"É", "E"},  {"À", "A"},  {"Ç", "C"},
    {"–", "-"},   {"—", "-"},  {"‘", "'"},  {"’", "'"},  {"“", "\""}, {"”", "\""}, {"…", "..."},
    {"€", "EUR"}, {"→", "->"}, {"ł", "l"},  {"ś", "s"},  {"š", "s"},  {"č", "c"},  {"ž", "z"}};

bool is_printable_ascii(char c) { return c >= 0x20 && c <= 0x7e; }

// Bytes of the UTF-8 character that begins here; 1 for a stray byte.
std::size_t character_bytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t claimed = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  if (text.size() < claimed) return 1;
  const auto rest = text.substr(1, claimed - 1);
  const bool is_whole =
      std::all_of(rest.begin(), rest.end(), [](char c) { return (c & 0xc0) == 0x80; });
  return is_whole ? claimed : 1;
}

std::string_view ascii_of(std::string_view letter) {
  for (const Replacement& replacement : kReplacements) {
    if (replacement.letter == letter) return replacement.ascii;
  }
  return letter == "\t" || letter == "\n" ? " " : "?";
}

}  // namespace

std::optional<std::string> find_non_ascii(std::string_view text) {
  const auto* at = std::find_if_not(text.data(), text.data() + text.size(), is_printable_ascii);
  if (at == text.data() + text.size()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(at - text.data()));
  const std::size_t bytes = character_bytes(text);
  if (bytes > 1) return std::string(text.substr(0, bytes));
  char name[16];
  std::snprintf(name, sizeof(name), "U+%04X", static_cast<unsigned char>(text[0]));
  return name;
}

std::string transliterate(std::string_view text) {
  std::string ascii;
  while (!text.empty()) {
    const std::size_t bytes = character_bytes(text);
    const std::string_view letter = text.substr(0, bytes);
    ascii += is_printable_ascii(letter[0]) ? letter : ascii_of(letter);
    text.remove_prefix(bytes);
  }
  return ascii;
}

Status check_ascii(const char* option, const std::string& text) {
  const auto character = find_non_ascii(text);
  if (!character) return {};
  return fail(Error(ErrorCode::kUsage, std::string(option) +
                                           " has a character that cannot be "
                                           "signed: '" +
                                           *character + "'")
                  .with_hint(std::string("signed text is ASCII; write ") + option + " " +
                             quote_for_shell(transliterate(text))));
}

}  // namespace scopetrace
