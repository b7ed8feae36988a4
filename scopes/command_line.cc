// SPDX-License-Identifier: Apache-2.0
// Redaction of command lines for reviewers. Masks too much rather than too little.
#include <algorithm>
#include <array>
#include <cctype>

#include "scopes/signed_text.h"
#include "scopes/target.h"

namespace scopetrace {
namespace {

constexpr std::string_view kMask = "[masked]";
constexpr std::size_t kTokenLike = 16;  // bytes: shorter words are rarely secrets
constexpr std::array<std::string_view, 14> kSecretWords = {
    "pass", "pwd", "secret", "token",  "key",  "auth",   "cred",
    "user", "pin", "header", "cookie", "data", "bearer", "dsn"};
constexpr std::array<std::string_view, 5> kSecretShorts = {"-p", "-P", "-u", "-H", "-d"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Whether an option's name says that its value is a secret.
bool names_secret(std::string_view option) {
  if (std::find(kSecretShorts.begin(), kSecretShorts.end(), option) != kSecretShorts.end()) {
    return true;
  }
  const std::string name = lower(option);
  return std::any_of(kSecretWords.begin(), kSecretWords.end(),
                     [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// One name of a path, module or option: letters with at most a few digits in words of its own.
bool is_word(std::string_view text) {
  const auto digits =
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  const auto plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
  return plain && text.size() <= 32 && (text.size() < kTokenLike || digits == 0);
}

// Whether every part between separators of paths, modules and addresses is a word.
bool is_harmless(std::string_view text) {
  while (true) {
    const auto at = text.find_first_of("/.:,+");
    if (!is_word(text.substr(0, at))) return false;
    if (at == std::string_view::npos) return true;
    text.remove_prefix(at + 1);
  }
}

// An argument that is not the value of a secret option.
std::string redact_argument(std::string_view argument) {
  if (!is_printable(argument)) return std::string(kMask);
  const auto equals = argument.find('=');
  if (equals != std::string_view::npos) {
    const std::string_view name = argument.substr(0, equals);
    return is_harmless(name) ? std::string(name) + "=" + std::string(kMask) : std::string(kMask);
  }
  const bool short_with_value = argument.size() > 2 && argument[0] == '-' && argument[1] != '-' &&
                                names_secret(argument.substr(0, 2));
  if (short_with_value) return std::string(argument.substr(0, 2)) + std::string(kMask);
  if (argument.find("://") != std::string_view::npos ||
      argument.find('@') != std::string_view::npos) {
    return std::string(kMask);
  }
  return is_harmless(argument) ? std::string(argument) : std::string(kMask);
}

// argv[0] as a path: its odd parts are masked, the rest is what a reviewer recognises.
std::string redact_program(std::string_view program) {
  return is_printable(program) && !program.empty() && program.size() <= 200 ? std::string(program)
                                                                            : std::string(kMask);
}

}  // namespace

std::string redact_command_line(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return "none";
  std::string text = redact_program(arguments[0]);
  bool is_value = false;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const bool option = argument.starts_with('-');
    const std::string shown =
        argument.empty() || (is_value && !option) ? std::string(kMask) : redact_argument(argument);
    is_value = option && argument.find('=') == std::string::npos && names_secret(argument);
    if (text.size() + shown.size() + 5 > kMaxSignedValue) return text + " ...";
    text += " " + shown;
  }
  return text;
}

}  // namespace scopetrace
