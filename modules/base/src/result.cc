#include "attune/base/result.h"

#include <cstdio>
#include <cstdlib>

namespace attune {

std::string_view ToString(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case ErrorCode::kNotFound:
      return "NOT_FOUND";
    case ErrorCode::kExhausted:
      return "EXHAUSTED";
    case ErrorCode::kUnavailable:
      return "UNAVAILABLE";
    case ErrorCode::kCorruption:
      return "CORRUPTION";
    case ErrorCode::kCancelled:
      return "CANCELLED";
    case ErrorCode::kConflict:
      return "CONFLICT";
    case ErrorCode::kDenied:
      return "DENIED";
    case ErrorCode::kDeadline:
      return "DEADLINE";
  }
  return "UNKNOWN";
}

std::string Error::ToString() const {
  std::string out(attune::ToString(code_));
  out += ": ";
  out += message_;
  return out;
}

namespace internal {
void CheckFailed(const char* file, int line, const char* condition, const char* why) noexcept {
  std::fprintf(stderr, "%s:%d: CHECK(%s) failed: %s\n", file, line, condition, why);
  std::abort();
}
}  // namespace internal

}  // namespace attune
