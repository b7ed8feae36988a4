// SPDX-License-Identifier: Apache-2.0
// Tables of words and what each leads to.
#pragma once

#include <string_view>
#include <vector>

namespace scopetrace {

// The words of a table, in its order: word_column(kCalls, &LoginCall::begin).
template <class Table, class Row>
std::vector<std::string_view> word_column(const Table& table, std::string_view Row::*word) {
  std::vector<std::string_view> words;
  for (const Row& row : table) words.push_back(row.*word);
  return words;
}

}  // namespace scopetrace
