#pragma once
// Result<T>: the value of an operation that may fail, or the Error saying why.
//
// Expected failures (input, I/O, capacity) travel as Result; broken invariants
// stop the process through ATTUNE_CHECK (check.h). No library code throws.
//
//   Result<Bytes> limit = ParseBytes("64MiB");
//   if (!limit.ok()) return limit.error();
//   Use(*limit);
//
// Thread-compatible: const access from many threads is safe.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "attune/base/check.h"

namespace attune {

// What the caller can do about it, not where it came from.
enum class ErrorCode : std::uint8_t {
  kInvalidArgument,  // fix the call; retrying is pointless
  kNotFound,         // a normal answer for lookups
  kExhausted,        // a configured limit is reached; back off or raise the limit
  kUnavailable,      // transient; retry later
  kCorruption,       // stored bytes fail their checks; the data is lost
  kCancelled,        // the caller or shutdown asked to stop
  kConflict,         // somebody else holds it, or it changed meanwhile; look again
  kDenied,           // permissions or a missing token; ask for access
  kDeadline,         // the time allowed ran out before the work was done
};

std::string_view ToString(ErrorCode code) noexcept;

// Immutable description of a failure. Never empty-handed: `message` names the
// offending value, so that a log line is enough to act on.
class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }

  // "EXHAUSTED: pool 'frames' is at its limit of 64 objects"
  std::string ToString() const;

 private:
  ErrorCode code_;
  std::string message_;
};

template <typename T>
class [[nodiscard]] Result {
  static_assert(!std::is_reference_v<T> && !std::is_same_v<std::remove_cv_t<T>, Error>);

 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  // REQUIRES: ok(). Checked in every build type.
  T& value() & {
    ATTUNE_CHECK(ok(), "value() on an error");
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    ATTUNE_CHECK(ok(), "value() on an error");
    return *std::get_if<0>(&state_);
  }
  // By value, so that `for (auto& x : *Load())` and `const auto& v = *Load()` keep what
  // they refer to alive; a reference into the temporary would dangle.
  T value() && {
    ATTUNE_CHECK(ok(), "value() on an error");
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !ok().
  const Error& error() const& {
    ATTUNE_CHECK(!ok(), "error() on a value");
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    ATTUNE_CHECK(!ok(), "error() on a value");
    return std::move(*std::get_if<1>(&state_));
  }

  template <typename U>
  T value_or(U&& fallback) const& {
    return ok() ? value() : static_cast<T>(std::forward<U>(fallback));
  }

 private:
  std::variant<T, Error> state_;
};

// A Result without a value. OkStatus() is free: no allocation.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }
  // NOLINTBEGIN(bugprone-unchecked-optional-access): ATTUNE_CHECK is the check.
  const Error& error() const& {
    ATTUNE_CHECK(!ok(), "error() on a value");
    return *error_;
  }
  Error&& error() && {
    ATTUNE_CHECK(!ok(), "error() on a value");
    return std::move(*error_);
  }
  // NOLINTEND(bugprone-unchecked-optional-access)

 private:
  std::optional<Error> error_;
};
using Status = Result<void>;
inline Status OkStatus() { return {}; }

}  // namespace attune

// Returns the error of a Status or Result from the enclosing function.
#define ATTUNE_RETURN_IF_ERROR(expr)                             \
  do {                                                           \
    if (auto attune_status_ = (expr); !attune_status_.ok()) {    \
      return ::attune::Error(std::move(attune_status_).error()); \
    }                                                            \
  } while (false)

// ATTUNE_ASSIGN_OR_RETURN(const Bytes limit, ParseBytes(text));
#define ATTUNE_ASSIGN_OR_RETURN(decl, expr) \
  ATTUNE_ASSIGN_OR_RETURN_(ATTUNE_CONCAT_(attune_result_, __LINE__), decl, expr)
#define ATTUNE_ASSIGN_OR_RETURN_(tmp, decl, expr)                \
  auto tmp = (expr);                                             \
  if (!tmp.ok()) return ::attune::Error(std::move(tmp).error()); \
  decl = *std::move(tmp)
#define ATTUNE_CONCAT_(a, b) ATTUNE_CONCAT2_(a, b)
#define ATTUNE_CONCAT2_(a, b) a##b
