#pragma once
// HttpUriKey: one text for each resource, however its URI is written; and the resource that a reference names.
//
//   HttpUriKey("HTTPS://Api.example:443/a/./b%7e#top");         // "https://api.example/a/b~"
//   SameOriginKey("https://api.example/a/b", "../c?d");         // "https://api.example/c?d"
//   SameOriginKey("https://api.example/a/b", "//other.example/c");  // none
//
// Follows    RFC 3986 sections 5 (resolution) and 6.2.2 (case, percent signs, dots), RFC 9110 4.2.3 (ports that
//            are the scheme's own, empty paths). A URI without scheme and host is a path of a host that is not named.
// Threads    pure functions.
// Cost       O(text).
// Errors     none: what is no URI has a key of its own.

#include <optional>
#include <string>
#include <string_view>

namespace attune::cache {

std::string HttpUriKey(std::string_view uri);  // idempotent

// None: it is on another origin, which may not say anything about this one (RFC 9111 4.4).
std::optional<std::string> SameOriginKey(std::string_view base, std::string_view reference);

}  // namespace attune::cache
