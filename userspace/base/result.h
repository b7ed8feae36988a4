// SPDX-License-Identifier: Apache-2.0
// How functions report failure: Result<T>, never an exception across a folder.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace scopetrace {

// What the caller can do about a failure. cli/exit_code.h maps each to an exit status.
enum class ErrorCode {
  kIo,           // the system refused: file, socket, memory
  kUsage,        // the caller's arguments are wrong
  kExists,       // something that must not exist does
  kNotFound,     // something that must exist does not
  kRefused,      // approval or policy says no
  kCorrupt,      // input does not follow its format
  kTampered,     // a digest or signature is wrong
  kUntrusted,    // good signature, but by a key that is not accepted
  kUnsupported,  // this host lacks a capability; the message names it
  kLimit,        // a stated bound was reached
};

// One failure: what the caller can do, the errno if the kernel said so (else 0), and a message that
// names the thing and its value, in lower case without a full stop. Never holds captured bytes.
class Error {
 public:
  Error(ErrorCode code, std::string message, int system_errno = 0)
      : code_(code), errno_(system_errno), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  int system_errno() const { return errno_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const {
    return hint_;
  }  // the remedy, one line; empty when none is known

  // Puts the outer action before the message: "open bundle: no such file".
  Error with_context(std::string_view action) &&;
  // Adds the remedy that the command line prints on a line of its own.
  Error with_hint(std::string hint) &&;

 private:
  ErrorCode code_;
  int errno_;
  std::string message_;
  std::string hint_;
};

// A value or an Error. An alias, so that std::expected can replace it once clang 14 is gone.
template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

// Wraps an Error for return from any Result<T>.
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }
inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return fail(Error(code, std::move(message)));
}
// The current errno as an Error: "<action>: <strerror>".
tl::unexpected<Error> fail_errno(std::string_view action);
tl::unexpected<Error> fail_errno(ErrorCode code, std::string_view action);

// Aborts on a broken invariant, in every build. Never for input.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace scopetrace

#define ST_CHECK(condition)                                                       \
  do {                                                                            \
    if (!(condition)) ::scopetrace::check_failed(#condition, __FILE__, __LINE__); \
  } while (0)

#define ST_CONCAT_INNER(a, b) a##b
#define ST_CONCAT(a, b) ST_CONCAT_INNER(a, b)

// Returns the error of `expression` (a Status or Result) from the enclosing function, if it has
// one.
#define ST_RETURN_IF_ERROR(expression)                                       \
  do {                                                                       \
    auto st_status = (expression);                                           \
    if (!st_status) return ::scopetrace::fail(std::move(st_status).error()); \
  } while (0)

// Declares `declaration` with the value of `expression`, or returns its error.
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration and a new name cannot stand in parentheses
#define ST_ASSIGN_OR_RETURN(declaration, expression) \
  ST_ASSIGN_OR_RETURN_INNER(ST_CONCAT(st_result_, __LINE__), declaration, expression)
#define ST_ASSIGN_OR_RETURN_INNER(result, declaration, expression)   \
  auto result = (expression);                                        \
  if (!result) return ::scopetrace::fail(std::move(result).error()); \
  declaration = std::move(*result)
// NOLINTEND(bugprone-macro-parentheses)
