// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/wire_connections.h"

#include <utility>

namespace scopetrace {

WireConnections::Side& WireConnections::touch(const StreamKey& key) {
  const auto found = by_tls_id_.find(key.tls_id);
  if (found != by_tls_id_.end()) {
    entries_.splice(entries_.end(), entries_, found->second);
    return found->second->sides[key.direction];
  }
  if (entries_.size() >= kMaxConnections) drop(entries_.begin());
  entries_.emplace_back().tls_id = key.tls_id;
  by_tls_id_.emplace(key.tls_id, std::prev(entries_.end()));
  return entries_.back().sides[key.direction];
}

WireConnections::Side* WireConnections::find(const StreamKey& key) {
  const auto found = by_tls_id_.find(key.tls_id);
  if (found == by_tls_id_.end()) return nullptr;
  Side& side = found->second->sides[key.direction];
  return side.stream == nullptr ? nullptr : &side;
}

// A stream that was told with less or more detail before is in the middle of something.
void WireConnections::open(Side& side, WireDetail detail) {
  const bool was_open = side.stream != nullptr;
  if (was_open && side.detail == detail) return;
  if (was_open) side.stream->finish(side.carried);
  side.stream = std::make_unique<WireStream>(scanner_, detail);
  side.detail = detail;
  if (was_open) side.stream->lose(side.carried);
}

WireTold WireConnections::push(const StreamKey& key, WireDetail detail, std::string_view bytes) {
  Side& side = touch(key);
  open(side, detail);
  WireTold told;
  told.text = std::exchange(side.carried, {});
  side.stream->push(bytes, told.text);
  told.protocol = side.stream->protocol();
  charge(side);
  shed(entries_.back());
  return told;
}

void WireConnections::lose(const StreamKey& key) {
  if (Side* side = find(key)) lose(*side);
}

void WireConnections::lose(Side& side) {
  side.stream->lose(side.carried);
  charge(side);
}

WireTold WireConnections::finish(const StreamKey& key) {
  WireTold told;
  if (Side* side = find(key)) {
    told.text = std::exchange(side->carried, {});
    side->stream->finish(told.text);
    told.protocol = side->stream->protocol();
    charge(*side);
  }
  return told;
}

void WireConnections::forget(std::uint64_t tls_id) {
  const auto found = by_tls_id_.find(tls_id);
  if (found != by_tls_id_.end()) drop(found->second);
}

void WireConnections::charge(Side& side) {
  const std::size_t bytes = side.stream->held_back_bytes() + side.carried.capacity();
  held_bytes_ += bytes - side.charged_bytes;
  side.charged_bytes = bytes;
}

void WireConnections::drop(Entries::iterator entry) {
  for (const Side& side : entry->sides) held_bytes_ -= side.charged_bytes;
  by_tls_id_.erase(entry->tls_id);
  entries_.erase(entry);
}

// Takes the buffers of those that were silent longest.
void WireConnections::shed(const Entry& newest) {
  for (Entry& entry : entries_) {
    if (held_bytes_ <= kMaxHeldBytes || &entry == &newest) return;
    for (Side& side : entry.sides) {
      if (side.stream == nullptr || side.charged_bytes == 0) continue;
      lose(side);
      std::string().swap(side.carried);  // a redacted rest that nobody asked for
      charge(side);
    }
  }
}

}  // namespace scopetrace
