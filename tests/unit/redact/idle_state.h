// SPDX-License-Identifier: Apache-2.0
// What idle streams cost in memory.
#pragma once

#include <malloc.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace scopetrace {

// Bytes of the heap that each of many streams owns which make() returns by a smart pointer. A
// sanitizer's heap tells nothing: then the size of the object alone.
template <class Make>
std::size_t idle_bytes_each(Make make) {
  constexpr std::size_t kStreams = 1000;
  std::vector<decltype(make())> streams;
  streams.reserve(kStreams);
  make();  // what all share
  const std::size_t before = mallinfo2().uordblks;
  for (std::size_t i = 0; i < kStreams; ++i) streams.push_back(make());
  const std::size_t grown = mallinfo2().uordblks - before;
  return grown == 0 ? sizeof(*streams[0]) : grown / kStreams;
}

}  // namespace scopetrace
