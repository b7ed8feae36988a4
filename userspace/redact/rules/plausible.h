// SPDX-License-Identifier: Apache-2.0
// What values look like: whether one can be a secret at all, and whether one looks like nothing
// else.
#pragma once

#include <string_view>

namespace scopetrace {

// Whether a value is one: not empty, a keyword, a template variable, a reference, an expression of
// code or already masked.
bool stands_for_itself(std::string_view value);

// Whether a value found under a sensitive name can be one: it stands for itself, with enough digits
// where the class is made of digits.
bool is_plausible_value(std::string_view class_name, std::string_view value);

// How many digits the values of a class always hold; 0 for classes that are not made of digits.
std::size_t digits_needed(std::string_view class_name);

// Whether a value holds a digit or a sign that sentences and names do not.
bool has_password_sign(std::string_view value);

// "is" in the languages that passwords are handed over in.
bool is_copula(std::string_view word);

// Whether a text is said to people: a sentence, or a label with a capital.
bool is_prose(std::string_view value);

// Whether a bare word of a program's text is code: self.password, cfg.token, userPassword.
bool is_code_word(std::string_view value);

// Whether a value looks like a password or token and not like a word of a language: no blanks,
// with a digit, capitals inside or a symbol.
bool is_secret_word(std::string_view value);

// Whether capitals and small letters alternate as in no word: "fQjNhcnIEMVtbM".
bool is_shuffled(std::string_view value);

// Whether a value looks like a token and nothing else: long, letters and digits mixed, no path,
// no URL, no UUID, no date.
bool is_random_token(std::string_view value);

// Words joined by dashes, as passphrases are written.
bool is_word_chain(std::string_view value);
// Whether a value of a name that is only sometimes sensitive (`stripe_key`, `auth`) looks like one
// of the class.
bool has_look_of(std::string_view class_name, std::string_view value);

}  // namespace scopetrace
