// SPDX-License-Identifier: Apache-2.0
// The real-world surroundings in which values stand: templates (template.h), by subject.
#pragma once

#include <span>
#include <string_view>

namespace scopetrace::testing {

// Which values a context can hold without breaking its own syntax.
enum class Holds {
  kAny,      // the template encodes whatever would break it
  kNoQuote,  // no quotes, no backslash, no `$`
  kBare,     // letters, digits and - _ . ~ only
};

// One context. A template that writes the value's name («name», «camel», …) takes values that only
// their name gives away; one that does not takes only values that give themselves away.
struct ContextTemplate {
  std::string_view context;
  std::string_view pattern;
  Holds holds = Holds::kAny;
};

// A context that is itself what makes the value a secret: `mysql -p`, `Bearer`, `scheme://user:`.
// `shape` says which values stand there; empty means passwords.
struct CredentialTemplate {
  std::string_view context;
  std::string_view pattern;
  Holds holds = Holds::kAny;
  std::string_view shape = {};
};

std::span<const ContextTemplate> data_contexts();    // JSON, forms, XML, YAML, CSV, SQL, …
std::span<const ContextTemplate> config_contexts();  // TOML, INI, Docker, Kubernetes, nginx, …
std::span<const ContextTemplate> code_contexts();    // literals and dumps of many languages
std::span<const ContextTemplate> shell_contexts();   // command lines, argv, strace
std::span<const ContextTemplate> log_contexts();     // log lines and HTTP
std::span<const ContextTemplate> prose_contexts();   // self-evident values anywhere
std::span<const ContextTemplate>
personal_contexts();                              // the same for personal data: friendlier text
std::span<const ContextTemplate> key_contexts();  // values of several lines: private keys
std::span<const CredentialTemplate> url_credentials();    // URLs, connection strings, SQL
std::span<const CredentialTemplate> shell_credentials();  // programs with password options
std::span<const CredentialTemplate> http_credentials();   // Authorization, cookies, signatures

// What must be left alone: `context` is the kind of the negative.
std::span<const ContextTemplate> id_negatives();    // identifiers, digests, numbers
std::span<const ContextTemplate> text_negatives();  // prose, code, names without values
std::span<const ContextTemplate> web_negatives();   // headers, URLs, cookies, markup

}  // namespace scopetrace::testing
