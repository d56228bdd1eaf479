#pragma once
// gzip for bodies.
//
// Threads    pure functions.
// Cost       Gzip about 100 MB/s at its fastest level, Gunzip about 400 MB/s.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace attune::server {

// Nothing when zlib has no memory.
std::optional<std::string> Gzip(std::string_view bytes);
// Nothing when the bytes are no gzip stream or unpack to more than size_max.
std::optional<std::string> Gunzip(std::string_view bytes, std::size_t size_max);

// Whether an Accept-Encoding header takes gzip ("gzip;q=0" does not).
bool AcceptsGzip(std::string_view header) noexcept;

}  // namespace attune::server
