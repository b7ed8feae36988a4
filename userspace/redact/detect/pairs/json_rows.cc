// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/json_rows.h"

#include <algorithm>
#include <array>
#include <optional>

#include "userspace/redact/detect/cursor.h"
#include "userspace/redact/detect/line_look.h"
#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/pairs/value_end.h"
#include "userspace/redact/rules/plausible.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxColumns = 64;
constexpr std::size_t kMaxHeader = 2048;  // bytes of the array of names
constexpr std::size_t kMaxKey = 32;       // of "rows":

struct Cell {
  TextRange inner;
  bool is_quoted = false;
};

// The cells of one array, without its brackets.
struct Row {
  std::array<Cell, kMaxColumns> cells;
  std::size_t size = 0;
};

std::optional<Cell> take_cell(Cursor& cursor) {
  if (const auto quote = quote_at(cursor.text, cursor.at)) {
    const std::size_t begin = cursor.at + quote->size;
    const StringEnd end = string_end(cursor.text, begin, *quote);
    if (!end.is_closed) return std::nullopt;
    cursor.at = end.end + quote->size;
    return Cell{{begin, end.end}, true};
  }
  const std::size_t begin = cursor.at;
  while (is_alnum(cursor.peek()) || cursor.peek() == '.' || cursor.peek() == '-') ++cursor.at;
  return cursor.at > begin ? std::optional(Cell{{begin, cursor.at}}) : std::nullopt;
}

// Reads the array from behind its opening bracket to behind its closing one.
std::optional<Row> take_row(Cursor& cursor) {
  Row row;
  while (row.size < kMaxColumns) {
    cursor.skip_spaces();
    const auto cell = take_cell(cursor);
    if (!cell) return std::nullopt;
    row.cells[row.size++] = *cell;
    cursor.skip_spaces();
    if (cursor.takes("]")) return row;
    if (!cursor.takes(",")) return std::nullopt;
  }
  return std::nullopt;
}

// What the columns mean; nothing when a cell is no name or none is of interest.
class Columns {
 public:
  Columns(std::string_view text, const NameTable& names) : text_(text), names_(names) {}

  bool read(const Row& header) {
    size_ = header.size;
    bool is_any = false;
    for (std::size_t i = 0; i < size_; ++i) {
      const std::string_view name = slice(header.cells[i].inner);
      if (!header.cells[i].is_quoted || name.empty() || name.size() > 64) return false;
      matches_[i] = names_.match(name);
      is_any = is_any || !matches_[i].class_name.empty();
    }
    return is_any;
  }
  void take(const Row& row, std::vector<Finding>& findings) const {
    if (row.size != size_) return;
    for (std::size_t i = 0; i < size_; ++i) {
      const auto& [class_name, needs_look, is_known] = matches_[i];
      const std::string_view value = slice(row.cells[i].inner);
      if (class_name.empty() || !is_plausible_value(class_name, value)) continue;
      if (needs_look && !has_look_of(class_name, value)) continue;
      if (!row.cells[i].is_quoted && digits_needed(class_name) == 0) continue;
      findings.push_back({row.cells[i].inner, class_name});
    }
  }

 private:
  std::string_view slice(TextRange range) const {
    return text_.substr(range.begin, range.end - range.begin);
  }

  std::string_view text_;
  const NameTable& names_;
  std::array<NameTable::Match, kMaxColumns> matches_;
  std::size_t size_ = 0;
};

// The array that ends before "rows": in front of `at`: where its cells begin.
std::optional<std::size_t> header_before(std::string_view text, std::size_t at) {
  const std::size_t from = at > kMaxHeader ? at - kMaxHeader : 0;
  const std::string_view before = text.substr(from, at - from);
  const auto close = before.rfind(']');
  if (close == before.npos || before.size() - close > kMaxKey) return std::nullopt;
  const auto open = before.rfind('[', close);
  return open == before.npos ? std::nullopt : std::optional(from + open + 1);
}

}  // namespace

void take_json_rows(ScanText& scan, const NameTable& names, std::size_t end,
                    std::vector<Finding>& findings) {
  const std::string_view text =
      scan.text.substr(0, std::min(scan.text.size(), end + kMaxLookahead));
  Columns columns(text, names);
  const auto before = header_before(text, end - 2);
  Cursor header{text, before.value_or(end)};
  const auto row = take_row(header);
  const bool has_columns = row && columns.read(*row);
  if (!has_columns && header.at + 1 < scan.text.size()) return;
  Cursor rows{text, before ? end : header.at};
  if (!before) {
    rows.skip_spaces();
    if (!rows.takes(",")) return;
    rows.skip_spaces();
    if (!rows.takes("[")) return;
  }
  while (const auto next = take_row(rows)) {
    columns.take(*next, findings);
    rows.skip_spaces();
    if (!rows.takes(",")) break;
    rows.skip_spaces();
    if (!rows.takes("[")) break;
  }
  if (rows.at + 1 >= scan.text.size()) wants_line(scan, end - 1);
}

}  // namespace scopetrace
