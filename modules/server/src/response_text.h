#pragma once
// The bytes around a body: status line and headers of an answer, and the
// framing of a body without a known length.

#include <string>
#include <string_view>

#include "attune/base/clock.h"
#include "attune/server/http_message.h"

namespace attune::server {

enum class BodyFraming : std::uint8_t { kLength, kChunked, kUntilClose };

struct HeadOptions {
  bool keep_alive = true;
  BodyFraming framing = BodyFraming::kLength;
  WallTime now{};
};

// Ends with the empty line. Header values with line ends in them are dropped: nothing
// that came from outside can add a header.
std::string RenderHead(const HttpResponse& response, const HeadOptions& options);

// RFC 9110: 1xx, 204 and 304 have neither body nor Content-Length.
bool HasBody(int status) noexcept;

std::string Chunk(std::string_view bytes);  // REQUIRES: not empty, which would end the body
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string HttpDate(WallTime time);

}  // namespace attune::server
