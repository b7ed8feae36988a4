// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/name_memo.h"

#include <string>
#include <tuple>
#include <vector>

#include "tests/unit/redact/fixture.h"
#include "userspace/redact/detect/headers/header_values.h"
#include "userspace/redact/detect/pairs/plural_values.h"

namespace scopetrace {
namespace {

// More names than the memo holds, of every length around the longest that it keeps.
std::vector<std::string> many_names() {
  const std::vector<std::string> ends = {"_password", "Token", "s",       "-api-keys", ".cookie",
                                         "user",      "code",  "_secret", "",          "Cookie"};
  std::vector<std::string> names;
  for (int i = 0; i < 500; ++i) {
    for (const std::string& end : ends)
      names.push_back(std::string(static_cast<std::size_t>(i % 30), 'x') + std::to_string(i) + end);
  }
  return names;
}

auto all_of_it(const KnownName& known) {
  return std::tuple(known.match.class_name, known.match.needs_look, known.match.is_known,
                    known.plural_class, known.is_cookie);
}

TEST(NameMemoTest, SaysWhatTheTableSaysHoweverOftenItIsAsked) {
  const NameTable names(standard_rules());
  NameMemo memo(names);
  for (int round = 0; round < 2; ++round) {
    for (const std::string& name : many_names()) {
      const KnownName expected{names.match(name), plural_class(names, name), is_cookie_name(name)};
      EXPECT_EQ(all_of_it(memo.look_up(name)), all_of_it(expected)) << name;
      EXPECT_EQ(all_of_it(memo.look_up(name)), all_of_it(expected)) << name;
    }
  }
}

TEST(NameMemoTest, TakesTheEmptyName) {
  const NameTable names(standard_rules());
  EXPECT_TRUE(NameMemo(names).look_up("").match.class_name.empty());
}

}  // namespace
}  // namespace scopetrace
