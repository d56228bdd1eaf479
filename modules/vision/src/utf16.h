#pragma once
// UTF-16 as PDF text comes, into UTF-8. Half a surrogate pair becomes U+FFFD; byte
// order marks and NUL are dropped.

#include <string>
#include <string_view>

namespace attune::vision {

std::string Utf8FromUtf16(std::basic_string_view<unsigned short> text);

}  // namespace attune::vision
