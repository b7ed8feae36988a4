// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/raw_stream.h"

#include <algorithm>

namespace scopetrace {

void RawCollector::add(const StreamKey& key, const Origin& origin, Bytes bytes, Outlet& outlet) {
  outlet.counters().unparsed_bytes += bytes.size();
  while (!bytes.empty()) {
    if (content_.empty()) origin_ = origin;
    const std::size_t taken = std::min(bytes.size(), kRawPieceBytes - content_.size());
    content_.append(as_text(bytes.first(taken)));
    bytes = bytes.subspan(taken);
    last_ns_ = origin.time_ns;
    if (content_.size() == kRawPieceBytes) flush(key, conn_id_, outlet);
  }
}

void RawCollector::flush(const StreamKey& key, std::uint64_t conn_id, Outlet& outlet) {
  if (content_.empty()) return;
  RawStreamData data;
  data.key = key;
  data.conn_id = conn_id;
  data.origin = origin_;
  data.length_bytes = content_.size();
  data.content = std::exchange(content_, std::string());
  outlet.send(std::move(data));
}

void RawCollector::flush_idle(const StreamKey& key, std::uint64_t before_ns, Outlet& outlet) {
  if (last_ns_ < before_ns) flush(key, conn_id_, outlet);
}

}  // namespace scopetrace
