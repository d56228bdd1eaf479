#pragma once
// FromErrno: the one place where the system's error numbers become ErrorCodes.
//
//   if (fd < 0) return FromErrno(errno, "open", path);
//   // NOT_FOUND: open '/a/b': No such file or directory
//
// Threads    pure functions.

#include <string>
#include <string_view>

#include "attune/base/result.h"

namespace attune::sys {

// "open '/a/b'": the same beginning for errors that the system has no number for.
std::string DescribePath(std::string_view what, std::string_view path);

// What a caller can do about `error_number`; unknown numbers are kUnavailable.
ErrorCode CodeOfErrno(int error_number) noexcept;

// `what` is the operation ("open"), `path` the thing it was done to; an empty
// path is left out of the message. Control characters in the path are escaped,
// so that a file name cannot forge a line of a log.
Error FromErrno(int error_number, std::string_view what, std::string_view path = {});

}  // namespace attune::sys
