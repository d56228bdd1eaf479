#include "attune/sys/errno.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace attune::sys {
namespace {

// The GNU strerror_r returns its text; it need not use the buffer.
std::string SystemText(int error_number) {
  std::array<char, 128> buffer{};
  return strerror_r(error_number, buffer.data(), buffer.size());
}

std::string Escaped(std::string_view path) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

}  // namespace

ErrorCode CodeOfErrno(int error_number) noexcept {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return ErrorCode::kExhausted;
    case EEXIST:
    case EBUSY:
    case ENOTEMPTY:
    case ETXTBSY:
    case EDEADLK:
      return ErrorCode::kConflict;
    case EINVAL:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case ENXIO:
    case ENODEV:
    case EXDEV:
    case ESPIPE:
    case ENOTSUP:
      return ErrorCode::kInvalidArgument;
    case ECANCELED:
      return ErrorCode::kCancelled;
    case ETIMEDOUT:
      return ErrorCode::kDeadline;
    default:  // EIO, EAGAIN, ESTALE and whatever a driver thinks of
      return ErrorCode::kUnavailable;
  }
}

Error FromErrno(int error_number, std::string_view what, std::string_view path) {
  return {CodeOfErrno(error_number), DescribePath(what, path) + ": " + SystemText(error_number)};
}

std::string DescribePath(std::string_view what, std::string_view path) {
  std::string text(what);
  if (!path.empty()) text.append(" '").append(Escaped(path)).append("'");
  return text;
}

}  // namespace attune::sys
