// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/credible.h"

#include <algorithm>
#include <array>
#include <string>

#include "userspace/redact/detect/line_look.h"
#include "userspace/redact/detect/pairs/before_name.h"
#include "userspace/redact/rules/harmless_values.h"
#include "userspace/redact/rules/plausible.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMinTight = 2;  // of a value right behind "name="
constexpr std::size_t kMinWord = 6;   // of a word of letters behind a name in prose
constexpr std::size_t kMaxBefore = 512;

template <class List>
bool is_one_of(const List& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view x) { return equals_ignoring_case(x, text); });
}

// What may be the value of a password in a sentence: "the password is x".
bool ends_in_copula(std::string_view before) {
  if (!before.ends_with(' ')) return false;
  before.remove_suffix(1);
  return is_copula(before.substr(before.rfind(' ') + 1));
}

// Letters of both cases and digits, and no algorithm (SHA256Hash).
bool is_strong_password(std::string_view value) {
  constexpr std::size_t kMinStrong = 8;
  constexpr std::array<std::string_view, 8> kAlgorithms = {"sha", "md5",  "pbkdf", "base64",
                                                           "aes", "utf8", "argon", "hmac"};
  if (value.size() < kMinStrong || value.find_first_of("=/()") != value.npos) return false;
  const bool is_mixed = std::any_of(value.begin(), value.end(), is_upper) &&
                        std::any_of(value.begin(), value.end(), is_lower) && has_digit(value);
  const std::string lower = to_lower(value);
  return is_mixed &&
         std::none_of(kAlgorithms.begin(), kAlgorithms.end(),
                      [&](std::string_view word) { return lower.find(word) != lower.npos; });
}

// One look at a found value and what is around it.
class Look {
 public:
  Look(std::string_view text, TextRange name, std::string_view class_name, const Assignment& found,
       TextRange range)
      : text_(text),
        name_(name),
        found_(found),
        range_(range),
        class_name_(class_name),
        value_(text.substr(range.begin, range.end - range.begin)),
        is_number_(digits_needed(class_name) > 0) {}

  bool is_credible() const;

 private:
  std::string_view written_name() const {
    return text_.substr(name_.begin, name_.end - name_.begin);
  }
  // On its line, as far as it is looked at.
  std::string_view before_name() const {
    const std::size_t near = name_.begin > kMaxBefore ? name_.begin - kMaxBefore : 0;
    const std::size_t begin = std::max(line_begin(text_, name_.begin), near);
    return text_.substr(begin, name_.begin - begin);
  }
  bool begins_line() const {
    return before_name().find_first_not_of(" \t-*#;>$\"'+|") == std::string_view::npos;
  }
  // Not a label ("First name").
  bool has_capitals_only() const {
    if (!is_upper(value_[0])) return true;
    for (std::size_t at = value_.find(' '); at != std::string_view::npos;
         at = value_.find(' ', at + 1))
      if (at + 1 < value_.size() && is_lower(value_[at + 1])) return false;
    return true;
  }
  bool is_number() const { return is_number_; }
  bool has_words() const { return value_.find(' ') != std::string_view::npos; }
  bool is_letters() const {
    return std::all_of(value_.begin(), value_.end(), [](char c) { return is_letter(c); });
  }
  // A word that no sentence holds: with a border inside.
  bool has_technical_name() const {
    return written_name().find_first_of("_-.0123456789") != std::string_view::npos;
  }
  bool is_followed_by_word() const;
  // Whether a bracket closes behind the string: ("name", "value").
  bool is_closed_pair() const {
    const std::string_view behind = text_.substr(std::min(range_.end, text_.size()), 4);
    return behind.find_first_of(")]}") != behind.npos;
  }

  bool is_signature() const { return class_name_ == "signature"; }
  // Capitals only, as usage texts write what stands for a value.
  bool is_variable_name() const {
    return std::all_of(value_.begin(), value_.end(),
                       [](char c) { return is_upper(c) || c == '_' || c == '-'; });
  }
  // --api-key=KEY of a usage text
  bool is_usage() const {
    return name_.begin > 0 && text_[name_.begin - 1] == '-' && is_variable_name();
  }
  // A bracket or a separator in front of what is short or has no digit.
  bool begins_as_code() const {
    constexpr std::size_t kMinSecret = 8;
    return !is_alnum(value_[0]) && is_in(value_[0], "{[(<;,)>]") &&
           (value_.size() < kMinSecret || !has_digit(value_));
  }
  // A tab or more than one blank between the name and the value.
  bool is_in_table() const {
    return text_[range_.begin - 1] == '\t' || (range_.begin > 1 && text_[range_.begin - 2] == ' ');
  }
  bool is_destructured() const;
  bool is_label_of_metric() const;
  bool is_object_in_message() const;
  bool is_harmless() const;
  bool ends_in_name() const;
  bool is_begun_code() const;
  bool is_generic_call() const;
  bool is_word_of_code() const;
  bool is_code() const;
  bool is_option_itself() const;
  bool is_declared() const;
  bool is_measure() const;
  bool is_credible_string() const;
  bool is_credible_bare() const;
  bool is_credible_after_colon() const;
  bool is_credible_after_blank() const;
  bool is_credible_string_after_blank(std::string_view before) const;
  bool is_credible_line() const;
  bool is_credible_in_sentence() const;
  bool is_credible_option() const;
  bool is_stored() const;
  bool is_member_of_list() const;
  bool is_credible_argument() const;
  bool is_credible_call() const;
  bool is_credible_cell() const;

  std::string_view text_;
  TextRange name_;
  const Assignment& found_;
  TextRange range_;
  std::string_view class_name_;
  std::string_view value_;
  bool is_number_;  // of a class that is made of digits
};

bool Look::is_followed_by_word() const {
  const std::size_t end = range_.end;
  if (end + 1 >= text_.size() || text_[end] != ' ') return false;
  std::size_t next = std::min(text_.find_first_not_of(' ', end), text_.size());  // of a usage text
  if (next >= text_.size() || !is_letter(text_[next])) return false;
  while (next < text_.size() && is_letter(text_[next])) ++next;
  return next >= text_.size() || is_space(text_[next]) || is_in(text_[next], ".,;!?)'\"");
}

bool Look::is_credible() const {
  if (is_harmless()) return false;
  switch (found_.tie) {
    case Tie::kBlank:
      return is_credible_after_blank();
    case Tie::kCell:
      return is_credible_cell();
    case Tie::kOption:
      return is_credible_option();
    case Tie::kArgument:
      return is_credible_argument();
    case Tie::kElement:
    case Tie::kPair:
    case Tie::kEquals:
    case Tie::kColon:
      return found_.is_quoted ? is_credible_string() : is_credible_bare();
  }
  return false;
}

// A string is a value, unless it is a text for people: a label, a message.
bool Look::is_credible_string() const {
  if (is_number() || takes_words(class_name_)) return true;
  if (is_signature() && has_words()) return false;
  const bool is_command = text_[range_.begin - 1] == '`' && has_words();  // X=`cat file`
  const bool is_password = class_name_.find("pass") != class_name_.npos;
  if (!is_password && is_label_of_metric() && is_name_of_object(value_)) return false;
  if (found_.tie == Tie::kEquals && !found_.is_spaced) return !is_command;
  if (is_prose(value_)) return false;
  return is_password || value_.size() >= kMinWord || !is_letters();
}

// Passwords may be words with dots between; of other values such are constants.
bool Look::is_code() const {
  if (is_code_word(value_)) return true;
  const bool is_password = class_name_.find("pass") != class_name_.npos;
  return !is_password && (is_path_of_constants(value_) || is_word_of_code());
}

bool Look::is_credible_bare() const {
  if (is_number()) return true;
  if (is_signature() && !is_secret_word(value_)) return false;
  if (is_usage() || begins_as_code()) return false;
  if (is_code() || is_measure() || is_destructured() || is_begun_code()) return false;
  if (takes_words(class_name_)) return true;
  if (found_.tie == Tie::kColon) return is_credible_after_colon();
  if (!found_.is_spaced) return value_.size() >= kMinTight;
  return value_.size() > 2 && (is_secret_word(value_) || !(is_letters() && is_followed_by_word()));
}

// useState<string>(''), $password = Get-Secret -Name, secret: CharArray = …, _field.text
bool Look::is_begun_code() const {
  if (is_content_of_field(value_)) return true;
  if (!found_.is_spaced) return false;
  if (found_.tie == Tie::kColon) return !found_.fills_line && is_type_of_code(value_);
  const bool is_powershell = name_.begin > 0 && text_[name_.begin - 1] == '$';
  return (is_powershell && is_cmdlet(value_)) || is_generic_call();
}

// A name, types between angle brackets, and the bracket of a call.
bool Look::is_generic_call() const {
  constexpr std::size_t kMaxTypes = 64;
  const std::string_view behind = text_.substr(std::min(range_.end, text_.size()), kMaxTypes);
  const auto close = behind.find('>');
  return behind.starts_with('<') && close != behind.npos && behind.substr(close + 1, 1) == "(" &&
         std::all_of(value_.begin(), value_.end(),
                     [](char c) { return is_letter(c) || c == ':' || c == '_'; });
}

// token = shift, credentials = authorizer: a word, where no token is one
bool Look::is_word_of_code() const {
  constexpr std::array<std::string_view, 3> kClasses = {"generic-token", "signature",
                                                        "credentials"};
  return found_.tie == Tie::kEquals && found_.is_spaced && is_one_of(kClasses, class_name_) &&
         is_letters() && !is_secret_word(value_);
}

// {password: m, token: t} = x and ({password: m}) => x: names of variables.
bool Look::is_destructured() const {
  constexpr std::size_t kMaxPattern = 256;
  const auto is_name_char = [](char c) { return is_alnum(c) || c == '_' || c == '$'; };
  if (found_.tie != Tie::kColon || !std::all_of(value_.begin(), value_.end(), is_name_char))
    return false;
  const std::string_view behind = text_.substr(range_.end, kMaxPattern);
  const auto close = behind.find_first_of("}\n\"'");
  if (close == behind.npos || behind[close] != '}') return false;
  std::string_view rest = behind.substr(close + 1);
  while (!rest.empty() && is_blank(rest[0])) rest.remove_prefix(1);
  if (rest.starts_with(")=>") || rest.starts_with(") =>") || rest.starts_with("){")) return true;
  return rest.starts_with("=") && !rest.starts_with("==") && !rest.starts_with("=>");
}

// kube_secret_info{secret="name"}: which secret, not its value. Names of classes have capitals.
bool Look::is_label_of_metric() const {
  const auto is_metric_char = [](char c) {
    return is_lower(c) || is_digit(c) || c == '_' || c == ':';
  };
  if (found_.tie != Tie::kEquals || found_.is_spaced || name_.begin == 0) return false;
  if (!is_in(text_[name_.begin - 1], "{,")) return false;
  const std::string_view before = before_name();
  const auto open = before.rfind('{');
  if (open == before.npos) return false;
  std::size_t begin = open;
  while (begin > 0 && is_metric_char(before[begin - 1])) --begin;
  const bool is_whole = begin == 0 || is_space(before[begin - 1]) || before[begin - 1] == '(';
  return is_whole && before.substr(begin, open - begin).find('_') != before.npos;
}

// 12.83, 3.2/s, 512k, 90d, 45%: what is counted or measured under a name of tokens and keys.
bool Look::is_measure() const {
  constexpr std::size_t kMaxUnit = 4;
  constexpr std::size_t kMaxCount = 5;  // digits that are no code yet
  if (!is_digit(value_[0]) || class_name_.find("pass") != class_name_.npos) return false;
  const auto unit = value_.find_first_not_of("0123456789.,");
  const std::string_view number = value_.substr(0, unit);
  const bool is_fraction = std::count(number.begin(), number.end(), '.') == 1;
  if (unit == value_.npos) return is_fraction || number.size() <= kMaxCount;
  const std::string_view rest = value_.substr(unit);
  return rest.size() <= kMaxUnit && std::none_of(rest.begin(), rest.end(), is_digit) &&
         number.size() <= kMaxCount + 3 && value_.size() < 12;
}

// "name: word" is prose when further words follow, or when the word is one of a language.
bool Look::is_credible_after_colon() const {
  if (is_prose(value_) || (is_followed_by_word() && !has_digit(value_))) return false;
  const bool is_path = name_.begin > 0 && text_[name_.begin - 1] == ':';  // arn:…:secret:name
  const bool is_task = class_name_ == "credentials" && (value_ == "show" || value_ == "edit");
  if (!found_.is_spaced)
    return value_.size() >= 3 && !is_path && !is_task;  // rails credentials:show
  if (!is_letters() || (found_.fills_line && begins_line())) return value_.size() > 2;
  return value_.size() >= kMinWord;
}

// What a command stores: no word of a sentence ("to set password again").
bool Look::is_stored() const {
  if (is_number()) return true;
  return value_.size() >= 4 && (is_secret_word(value_) || is_word_chain(value_));
}

// --name of a further option, -p'x' with its value
bool Look::is_option_itself() const {
  if (value_.starts_with("--") && !is_random_token(value_.substr(2))) return true;
  return value_[0] == '-' && value_.find('\'') != value_.npos;
}

// Behind words that say it is a setting; those begin sentences too.
bool Look::is_declared() const {
  return value_.size() >= 2 && (is_secret_word(value_) || !is_followed_by_word());
}

bool Look::is_credible_after_blank() const {
  const std::string_view before = before_name();
  if (is_option_itself()) return false;
  if (stores(before) && !is_prose(value_)) return is_stored();
  if (declares(before) || configures(before)) return is_declared();
  if (found_.is_quoted) return is_credible_string_after_blank(before);
  if (!is_alnum(value_[0]) && !is_secret_word(value_)) return false;
  if (is_of_netrc(before)) return value_.find('=') == value_.npos;
  if (begins_line() && found_.fills_line) return is_credible_line();
  if (begins_line() && is_in_table() && is_secret_word(value_)) return true;
  return is_credible_in_sentence();
}

// secret "geo-router-tls" not found, of key in secret 'db-creds', token "token-ph5rg": the name of
// an object of a cluster.
bool Look::is_object_in_message() const {
  constexpr std::array<std::string_view, 8> kBehind = {
      " not found", " already exists", " is forbidden", " does not exist",
      " created",   " was not found",  " is invalid",   " in namespace"};
  constexpr std::size_t kMaxId = 12;
  if (!is_name_of_object(value_)) return false;
  if (class_name_ == "generic-token")
    return value_.starts_with("token-") && value_.size() <= kMaxId;
  if (class_name_ != "generic-secret") return false;
  if (before_name().ends_with(" in ") || before_name().ends_with(" from ")) return true;
  const auto end = text_.find_first_not_of("\\\"'", range_.end);
  const std::string_view behind = text_.substr(std::min(text_.size(), end));
  return std::any_of(kBehind.begin(), kBehind.end(),
                     [&](std::string_view words) { return behind.starts_with(words); });
}

// What no secret of its class is, whatever stands around it.
bool Look::is_harmless() const {
  const bool is_given = found_.tie == Tie::kOption ||
                        (found_.tie == Tie::kEquals && !found_.is_spaced && !found_.is_quoted);
  if (is_number() || takes_words(class_name_)) return false;
  if (!is_given && is_label_of_other_script(value_)) return true;
  if (written_name() == "Sid" && is_letters()) return true;  // of a policy of AWS
  if (is_signature() && value_[0] == '(') return true;       // (Ljava/lang/String;I)V
  if (class_name_ == "generic-secret" && is_object_in_namespace(value_)) return true;
  return ends_in_name();
}

// origin/wip/session-key behind session-key
bool Look::ends_in_name() const {
  const std::string_view name = written_name();
  return has_technical_name() && value_.size() > name.size() && value_.ends_with(name) &&
         value_[value_.size() - name.size() - 1] == '/';
}

// name "value", with what stands in front of the name.
bool Look::is_credible_string_after_blank(std::string_view before) const {
  if (is_object_in_message()) return false;
  if (is_number() || takes_words(class_name_)) return true;
  const bool is_keyword_name = before.ends_with(":");  // Clojure
  if (has_words()) return is_keyword_name && !is_prose(value_);
  return value_.size() >= 4 && (is_keyword_name || is_secret_word(value_) || is_word_chain(value_));
}

// A line of a name and a value only.
bool Look::is_credible_line() const {
  if (is_number() || is_secret_word(value_)) return true;
  return (is_in_table() || has_technical_name()) && value_.size() >= kMinWord;
}

// A word behind a name, with other text around them.
bool Look::is_credible_in_sentence() const {
  constexpr std::size_t kMinBase64 = 40;
  const std::string_view before = text_.substr(0, range_.begin);
  const bool is_password = class_name_.find("password") != class_name_.npos;
  if (ends_in_copula(before)) {
    const bool is_foreign_word =
        !is_password && std::all_of(value_.begin(), value_.end(), [](char c) {
          return is_letter(c) || static_cast<unsigned char>(c) >= 0x80;
        });
    return is_secret_word(value_) && has_password_sign(value_) && !is_foreign_word;
  }
  if (is_password && is_strong_password(value_)) return true;
  if (found_.fills_line && before.ends_with(": "))
    return is_password ? is_secret_word(value_) && has_password_sign(value_)
                       : is_random_token(value_);
  const bool is_long = value_.size() >= kMinBase64 && value_.find('.') == value_.npos;
  return is_random_token(value_) && (is_long || value_.find_first_of("=./") == value_.npos);
}

// --password value; not "--password or", not "--password PASSWORD".
bool Look::is_credible_option() const {
  if (value_.empty()) return false;
  if (is_in(value_[0], "<>|")) return false;  // what a shell takes for itself
  if (value_[0] == '-') return is_random_token(value_.substr(1));
  if (written_name().ends_with("-id") && is_letters()) return false;  // --secret-id of a store
  if (before_name().ends_with(" config set --")) return false;        // pulumi: a switch
  if (found_.is_quoted) return true;
  if (has_digit(value_) || !is_letters()) return value_.size() > 1;
  if (std::none_of(value_.begin(), value_.end(), is_lower)) return false;
  return (is_secret_word(value_) || !is_followed_by_word()) && value_.size() > 2;
}

// ["token", "userId", …] and ["token"], "key": …: one of several names, or a key.
bool Look::is_member_of_list() const {
  const std::string_view before = before_name();
  const auto open =
      before.find_last_not_of("\"', _abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
  if (open == before.npos || before[open] != '[') return false;
  const std::string_view behind = text_.substr(std::min(text_.size(), range_.end + 1), 2);
  return is_letters() && (behind.starts_with(',') || behind.starts_with(':'));
}

bool Look::is_credible_argument() const {
  if (is_number()) return true;
  if (name_.end < text_.size() && text_[name_.end] == '(') return is_credible_call();
  if (takes_words(class_name_)) return is_closed_pair() && has_capitals_only();
  if (is_member_of_list()) return false;
  if (!has_words()) return is_secret_word(value_) || is_word_chain(value_);
  return has_password_sign(value_) && is_closed_pair() && !is_prose(value_);
}

// setPassword("v") and .password("v"), not getPassword("v") or checkPassword("v").
bool Look::is_credible_call() const {
  const std::string_view whole = written_name();
  const std::string_view name = whole.substr(whole.rfind('.') + 1);
  constexpr std::array<std::string_view, 6> kSetting = {"set", "with", "put", "use", "add", "Set"};
  const bool is_setter = std::any_of(kSetting.begin(), kSetting.end(), [&](std::string_view verb) {
    return name.starts_with(verb) && name.size() > verb.size() && !is_lower(name[verb.size()]);
  });
  const bool is_builder =
      name_.begin > 0 && (text_[name_.begin - 1] == '.' || text_[name_.begin - 1] == ')');
  if (is_setter || is_builder) return !is_prose(value_) && value_.size() > 3;
  return is_secret_word(value_) && has_digit(value_);
}

// A cell of a table whose first column holds names.
bool Look::is_credible_cell() const {
  if (value_.empty() || value_[0] == '-') return false;
  if (!begins_line()) return is_random_token(value_);
  if (takes_words(class_name_) || is_number()) return true;
  return (is_secret_word(value_) || is_word_chain(value_)) && !has_words();
}

}  // namespace

bool takes_words(std::string_view class_name) {
  constexpr std::array<std::string_view, 6> kClasses = {"passphrase",    "recovery-phrase",
                                                        "recovery-code", "bip39-mnemonic",
                                                        "person-name",   "postal-address"};
  return std::find(kClasses.begin(), kClasses.end(), class_name) != kClasses.end();
}

bool is_credible(std::string_view text, TextRange name, std::string_view class_name,
                 const Assignment& found, TextRange range) {
  if (range.end <= range.begin) return false;
  return Look(text, name, class_name, found, range).is_credible();
}

}  // namespace scopetrace
