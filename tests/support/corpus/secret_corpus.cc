// SPDX-License-Identifier: Apache-2.0
#include "tests/support/corpus/secret_corpus.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "tests/support/corpus/contexts.h"
#include "tests/support/corpus/template.h"
#include "tests/support/corpus/values.h"

namespace scopetrace::testing {
namespace {

using ContextList = std::vector<ContextTemplate>;
using Contexts = std::span<const ContextTemplate>;

// A shorter piece of a secret says nothing about it, and turns up by chance.
constexpr std::size_t kMinPiece = 3;
constexpr std::size_t kMinKeyLine = 16;

ContextList joined(std::initializer_list<Contexts> lists) {
  ContextList all;
  for (const Contexts list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

bool is_bare(char c) {
  constexpr std::string_view kBare = "-_.~+/=";
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || kBare.find(c) != kBare.npos;
}

bool fits(Holds holds, std::string_view value) {
  if (holds == Holds::kBare) return std::all_of(value.begin(), value.end(), is_bare);
  return holds == Holds::kAny || value.find_first_of("\"'`\\$;}") == std::string_view::npos;
}

// Deals the contexts out in turn, in a drawn order, so that all come up about equally often.
class Dealer {
 public:
  Dealer(ContextList contexts, Random& random) : contexts_(std::move(contexts)) {
    for (std::size_t i = contexts_.size(); i > 1; --i) {
      std::swap(contexts_[i - 1], contexts_[below(random, i)]);
    }
  }

  // Up to `count` different contexts that can hold `value`.
  ContextList deal(std::string_view value, std::size_t count) {
    ContextList dealt;
    for (std::size_t tries = 0; tries < contexts_.size() && dealt.size() < count; ++tries) {
      const ContextTemplate& context = contexts_[next_++ % contexts_.size()];
      if (fits(context.holds, value)) dealt.push_back(context);
    }
    return dealt;
  }

 private:
  ContextList contexts_;
  std::size_t next_ = 0;
};

std::vector<std::string> texts_of(const std::string& text, const std::vector<TextRange>& ranges,
                                  std::size_t size_min) {
  std::vector<std::string> texts;
  for (const TextRange& range : ranges) {
    if (range.end < range.begin + size_min) continue;
    texts.push_back(text.substr(range.begin, range.end - range.begin));
  }
  return texts;
}

std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// Whether a secret also stands where the template did not put it: three digits often do.
bool is_ambiguous(const Rendered& rendered) {
  const std::vector<std::string> secrets = texts_of(rendered.text, rendered.secrets, 1);
  return std::any_of(secrets.begin(), secrets.end(), [&](const std::string& secret) {
    return occurrences(rendered.text, secret) > secrets.size();
  });
}

// Renders until the secrets stand only where they should; a template's own text may not allow it.
std::optional<Rendered> render_clearly(std::string_view pattern, const Filling& filling,
                                       Random& random) {
  constexpr int kTries = 8;
  for (int i = 0; i < kTries; ++i) {
    Rendered rendered = render(pattern, filling, random);
    if (!is_ambiguous(rendered)) return rendered;
  }
  return std::nullopt;
}

CorpusRecord record_of(const Rendered& rendered, std::string_view context) {
  CorpusRecord record;
  record.context = context;
  record.text = rendered.text;
  record.secrets = texts_of(rendered.text, rendered.secrets, kMinPiece);
  record.keep = texts_of(rendered.text, rendered.keeps, 1);
  return record;
}

class CorpusMaker {
 public:
  CorpusMaker(const RuleSet& rules, const CorpusOptions& options)
      : rules_(rules),
        options_(options),
        random_(options.seed),
        anywhere_(joined({prose_contexts(), data_contexts(), config_contexts(), code_contexts(),
                          shell_contexts(), log_contexts()}),
                  random_),
        named_(joined({data_contexts(), config_contexts(), code_contexts(), shell_contexts(),
                       log_contexts()}),
               random_),
        fields_(joined({data_contexts(), log_contexts()}), random_),
        people_(joined({personal_contexts(), prose_contexts(), data_contexts()}), random_) {}

  std::vector<CorpusRecord> make() {
    add_values(shape_values(rules_, random_));
    add_values(named_values(rules_, random_));
    add_values(unlisted_values(random_));
    add_values(personal_values(random_));
    for (const auto& list : {url_credentials(), shell_credentials(), http_credentials()}) {
      for (const CredentialTemplate& credential : list) add_credential(credential);
    }
    for (const ContextTemplate& context : key_contexts()) add_private_key(context);
    for (const Contexts list : {id_negatives(), text_negatives(), web_negatives()}) {
      for (const ContextTemplate& negative : list) add_negative(negative);
    }
    return std::move(records_);
  }

 private:
  Dealer& contexts_for(const CorpusValue& value) {
    if (value.evidence == Evidence::kName) return named_;
    if (value.evidence == Evidence::kField) return fields_;
    return value.is_personal ? people_ : anywhere_;
  }

  void add_values(const std::vector<CorpusValue>& values) {
    for (const CorpusValue& value : values) {
      const ContextList contexts =
          contexts_for(value).deal(value.value, options_.contexts_per_value);
      for (const ContextTemplate& context : contexts) add_value(value, context);
    }
  }

  void add_value(const CorpusValue& value, const ContextTemplate& context) {
    const auto rendered = render_clearly(context.pattern, {value.name, value.value}, random_);
    if (!rendered) return;
    CorpusRecord record = record_of(*rendered, context.context);
    record.class_name = value.class_name;
    record.is_personal = value.is_personal;
    record.is_optional = value.is_optional;
    records_.push_back(std::move(record));
  }

  void add_credential(const CredentialTemplate& credential) {
    std::size_t added = 0;
    while (added < options_.values_per_credential) {
      const std::string value = credential_value(credential.shape, random_);
      if (!fits(credential.holds, value)) continue;
      const Rendered rendered = render(credential.pattern, {{"password"}, value}, random_);
      CorpusRecord record = record_of(rendered, credential.context);
      record.class_name = credential.shape.empty() ? "credential-password" : "credential-token";
      records_.push_back(std::move(record));
      ++added;
    }
  }

  void add_private_key(const ContextTemplate& context) {
    for (std::size_t i = 0; i < options_.values_per_credential; ++i) {
      const Rendered rendered =
          render(context.pattern, {{"pem"}, private_key_body(random_)}, random_);
      CorpusRecord record = record_of(rendered, context.context);
      record.class_name = "private-key";
      record.secrets = lines_of(record.secrets);
      records_.push_back(std::move(record));
    }
  }

  // Each line of a key is a secret of its own: real line breaks, \n in any depth, %0A.
  static std::vector<std::string> lines_of(const std::vector<std::string>& bodies) {
    std::vector<std::string> lines;
    for (std::string body : bodies) {
      for (const std::string_view separator : {"\\\\n", "\\n", "%0A", "\n", " "}) {
        for (std::size_t at; (at = body.find(separator)) != std::string::npos;) {
          body.replace(at, separator.size(), "\t");
        }
      }
      std::size_t begin = 0;
      for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
        end = body.find('\t', begin);
        const std::string line = body.substr(begin, end - begin);
        if (line.size() >= kMinKeyLine) lines.push_back(line);
        if (end == std::string::npos) break;
      }
    }
    return lines;
  }

  void add_negative(const ContextTemplate& negative) {
    for (std::size_t i = 0; i < options_.copies_of_negative; ++i) {
      CorpusRecord record =
          record_of(render(negative.pattern, {{"note"}, ""}, random_), negative.context);
      record.class_name = "neg-" + std::string(negative.context);
      record.secrets.clear();
      record.keep = {record.text};
      records_.push_back(std::move(record));
    }
  }

  const RuleSet& rules_;
  CorpusOptions options_;
  Random random_;
  Dealer anywhere_, named_, fields_, people_;
  std::vector<CorpusRecord> records_;
};

}  // namespace

std::vector<CorpusRecord> make_corpus(const RuleSet& rules, const CorpusOptions& options) {
  return CorpusMaker(rules, options).make();
}

std::string to_json_line(const CorpusRecord& record, std::size_t number) {
  nlohmann::ordered_json json = {{"id", "g-" + record.class_name + "-" + std::to_string(number)},
                                 {"class", record.class_name},
                                 {"source", record.context},
                                 {"text", record.text},
                                 {"secrets", record.secrets},
                                 {"keep", record.keep},
                                 {"personal", record.is_personal}};
  if (record.is_optional) json["tags"] = {"policy-optional"};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace scopetrace::testing
