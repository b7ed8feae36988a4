// SPDX-License-Identifier: Apache-2.0
// What a parser says about the bytes it was given.
#pragma once

namespace scopetrace {

// Every parser of protocol/ answers with one of these, since "needs more bytes" is not a failure.
enum class ParseState {
  kNeedsMore,  // all input consumed; no output yet
  kSuccess,    // output is valid; input up to its end consumed
  kIgnored,    // input consumed that carries no output (an interim response, an empty line)
  kInvalid,    // input does not follow the protocol; the caller must resynchronise
  kEnd,        // the message is over; its last byte is consumed
};

}  // namespace scopetrace
