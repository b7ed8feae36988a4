// SPDX-License-Identifier: Apache-2.0
// The joint between two stages of the pipeline.
#pragma once

#include "userspace/base/result.h"

namespace scopetrace {

// Receives the items of the stage before. A stage is itself a Sink of what it reads and holds a
// reference to the Sink of what it makes. Not thread-safe: one thread drives a chain.
template <class T>
class Sink {
 public:
  virtual ~Sink() = default;

  // Takes one item. Input that is merely bad is counted, not an error; an error ends the session.
  virtual Status push(T item) = 0;
  // Passes on all that is held back, then finishes the next stage. Nothing may be pushed after it.
  virtual Status finish() = 0;
};

}  // namespace scopetrace
