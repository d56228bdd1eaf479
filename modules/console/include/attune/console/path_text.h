#pragma once
// Paths are bytes; people and JSON want text. ToPathText writes a path so that it
// can be shown in one line and read back.
//
//   ToPathText("a\nb/\xff.txt") == "a\\nb/\\xff.txt"
//
// Valid UTF-8 without control characters stays as it is. Control characters, the
// backslash and bytes that are not UTF-8 become \n, \t, \r, \\ or \xHH.
//
// Threads    pure functions.
// Cost       O(path).
// Errors     FromPathText: kInvalidArgument names the escape that makes no sense.

#include <string>
#include <string_view>

#include "attune/base/result.h"

namespace attune::console {

std::string ToPathText(std::string_view path);
Result<std::string> FromPathText(std::string_view text);

}  // namespace attune::console
