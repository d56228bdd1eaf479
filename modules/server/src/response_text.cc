#include "response_text.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>

namespace attune::server {
namespace {

void AppendHeader(std::string& out, std::string_view name, std::string_view value) {
  if (value.find_first_of("\r\n") != std::string_view::npos || name.find_first_of("\r\n") != std::string_view::npos) {
    return;
  }
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool HasBody(int status) noexcept { return status >= 200 && status != 204 && status != 304; }

std::string RenderHead(const HttpResponse& response, const HeadOptions& options) {
  std::string out;
  out.reserve(256);
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ").append(ReasonPhrase(response.status));
  out.append("\r\n");
  if (!response.content_type.empty()) AppendHeader(out, "Content-Type", response.content_type);
  for (const Header& header : response.headers) AppendHeader(out, header.name, header.value);
  if (HasBody(response.status)) {
    switch (options.framing) {
      case BodyFraming::kLength:
        AppendHeader(out, "Content-Length", std::to_string(response.bytes().size()));
        break;
      case BodyFraming::kChunked:
        AppendHeader(out, "Transfer-Encoding", "chunked");
        break;
      case BodyFraming::kUntilClose:
        break;
    }
  }
  AppendHeader(out, "Date", HttpDate(options.now));
  AppendHeader(out, "Connection", options.keep_alive ? "keep-alive" : "close");
  out.append("\r\n");
  return out;
}

std::string Chunk(std::string_view bytes) {
  ATTUNE_CHECK(!bytes.empty(), "an empty chunk would end the body");
  std::array<char, 16> size{};
  const auto end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
  std::string out(size.data(), end);
  out.append("\r\n").append(bytes).append("\r\n");
  return out;
}

std::string HttpDate(WallTime time) {
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                                 kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                                 kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                                 static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                                 static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace attune::server
