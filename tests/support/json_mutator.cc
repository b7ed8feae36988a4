// SPDX-License-Identifier: Apache-2.0
// Changes JSON within its grammar, so that a run of libFuzzer gets past the JSON parser: what it
// would reach otherwise is mostly that parser. Text that is no JSON is left to libFuzzer's own
// changes, and so is one input in sixteen.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using Json = nlohmann::ordered_json;

// Where a value sits: its own place, and the object that holds it, if one does.
struct Node {
  Json* value;
  Json* object;
  std::string key;
};

void collect(Json& value, Json* object, const std::string& key, std::vector<Node>& nodes) {
  nodes.push_back({&value, object, key});
  if (value.is_object()) {
    for (auto& [name, member] : value.items()) collect(member, &value, name, nodes);
  } else if (value.is_array()) {
    for (Json& element : value) collect(element, nullptr, "", nodes);
  }
}

class Mutator {
 public:
  Mutator(Json& document, unsigned seed) : random_(seed) { collect(document, nullptr, "", nodes_); }

  void change() {
    const Node node = pick();
    switch (random_() % 6) {
      case 0:
        *node.value = edge_value();
        break;
      case 1:
        *node.value = Json(*pick().value);  // a copy: it may hold the place itself
        break;
      case 2:
        if (node.object != nullptr) node.object->erase(node.key);
        break;
      case 3:
        if (node.value->is_object()) (*node.value)[pick().key] = Json(*pick().value);
        break;
      case 4:
        if (node.value->is_array()) node.value->push_back(Json(*pick().value));
        break;
      default:
        change_scalar(*node.value);
    }
  }

 private:
  const Node& pick() { return nodes_[random_() % nodes_.size()]; }

  Json edge_value() {
    static const Json values = {0,
                                1,
                                14,
                                15,
                                -1,
                                604800,
                                604801,
                                1ULL << 40,
                                1.5,
                                true,
                                false,
                                nullptr,
                                "",
                                "any",
                                "production",
                                "development",
                                "*.a",
                                Json::array(),
                                Json::object()};
    return values[random_() % values.size()];
  }

  void change_scalar(Json& value) {
    if (value.is_number_integer()) {
      value = value.get<std::int64_t>() + static_cast<std::int64_t>(random_() % 5) - 2;
    } else if (value.is_boolean()) {
      value = !value.get<bool>();
    } else if (value.is_string()) {
      change_text(value.get_ref<std::string&>());
    }
  }

  static void change_text(std::string& text) {
    const std::size_t size = text.size();
    text.resize(size + 16);
    text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, text.size()));
  }

  std::vector<Node> nodes_;
  std::minstd_rand random_;
};

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Json document = Json::parse(text, nullptr, false);
  if (seed % 16 == 0 || document.is_discarded()) return LLVMFuzzerMutate(data, size, max_size);
  Mutator(document, seed).change();
  std::string changed = document.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.ends_with('\n')) changed += '\n';
  if (changed.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, changed.data(), changed.size());
  return changed.size();
}
