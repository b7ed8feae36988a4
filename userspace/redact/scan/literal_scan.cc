// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/literal_scan.h"

#include <hs.h>

#include <utility>

namespace scopetrace {
namespace {

struct FreeDatabase {
  void operator()(hs_database_t* database) const { hs_free_database(database); }
};
struct FreeScratch {
  void operator()(hs_scratch_t* scratch) const { hs_free_scratch(scratch); }
};

struct Target {
  const std::vector<Literal>* literals;
  std::vector<LiteralHit>* hits;
};

int take_match(unsigned id, unsigned long long /*from*/, unsigned long long to, unsigned /*flags*/,
               void* opaque) {
  const auto& target = *static_cast<Target*>(opaque);
  const auto size = static_cast<std::uint32_t>((*target.literals)[id].text.size());
  target.hits->push_back({id, static_cast<std::uint32_t>(to) - size});
  return 0;
}

}  // namespace

struct LiteralScan::Engine {
  std::unique_ptr<hs_database_t, FreeDatabase> database;
  std::unique_ptr<hs_scratch_t, FreeScratch> scratch;
};

static Status compile(const std::vector<Literal>& literals, hs_database_t** database) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  for (const Literal& literal : literals) {
    texts.push_back(literal.text.data());
    sizes.push_back(literal.text.size());
    flags.push_back(literal.ignores_case ? HS_FLAG_CASELESS : 0);
    ids.push_back(static_cast<unsigned>(ids.size()));
  }
  hs_compile_error_t* error = nullptr;
  const hs_error_t compiled = hs_compile_lit_multi(
      texts.data(), flags.data(), ids.data(), sizes.data(), static_cast<unsigned>(texts.size()),
      HS_MODE_BLOCK, nullptr, database, &error);
  if (compiled == HS_SUCCESS) return {};
  hs_free_compile_error(error);
  return fail(ErrorCode::kCorrupt, "the rule set's literals cannot be compiled");
}

Result<LiteralScan> LiteralScan::make(std::vector<Literal> literals) {
  auto engine = std::make_unique<Engine>();
  hs_database_t* database = nullptr;
  ST_RETURN_IF_ERROR(compile(literals, &database));
  engine->database.reset(database);
  hs_scratch_t* scratch = nullptr;
  if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS) {
    return fail(ErrorCode::kIo, "no scratch space for the detectors");
  }
  engine->scratch.reset(scratch);
  return LiteralScan(std::move(literals), std::move(engine));
}

LiteralScan::LiteralScan(std::vector<Literal> literals, std::unique_ptr<Engine> engine)
    : literals_(std::move(literals)), engine_(std::move(engine)) {}
LiteralScan::~LiteralScan() = default;
LiteralScan::LiteralScan(LiteralScan&&) noexcept = default;
LiteralScan& LiteralScan::operator=(LiteralScan&&) noexcept = default;

void LiteralScan::find(std::string_view text, std::vector<LiteralHit>& hits) {
  hits.clear();
  Target target{&literals_, &hits};
  hs_scan(engine_->database.get(), text.data(), static_cast<unsigned>(text.size()), 0,
          engine_->scratch.get(), take_match, &target);
}

}  // namespace scopetrace
