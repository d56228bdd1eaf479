// Any text is a date or none, and a date reads back from what it is written as; dates with a few characters replaced as
// well, since no others come near the inside of the reader.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/check.h"
#include "attune/cache/http_date.h"

namespace {

constexpr std::array<std::string_view, 4> kDates = {"Sun, 06 Nov 1994 08:49:37 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
                                                    "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"};

void Check(std::string_view text) {
  using namespace attune::cache;  // NOLINT(google-build-using-namespace)
  const attune::WallTime now{std::chrono::seconds(1'700'000'000)};
  const auto time = ParseHttpDate(text, now);
  if (!time.has_value()) return;
  const std::string written = FormatHttpDate(*time);
  ATTUNE_CHECK(ParseHttpDate(written, now) == time, "a date reads back");
  constexpr std::size_t kDay = 4;  // whose name is not compared
  const bool same_format = text.size() == written.size() && text[kDay - 1] == ',';
  const bool leap_second = text.find(":60 ") != std::string_view::npos;
  ATTUNE_CHECK(!same_format || leap_second || text.substr(kDay) == written.substr(kDay), "it means what it says");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Check({reinterpret_cast<const char*>(data), size});
  if (size < 2) return 0;
  std::string text(kDates[data[0] % kDates.size()]);
  const std::size_t replaced = std::min<std::size_t>(data[1] % 4, (size - 2) / 2);
  for (std::size_t i = 0; i < replaced; ++i) {
    text[data[2 + 2 * i] % text.size()] = static_cast<char>(data[3 + 2 * i]);
  }
  Check(text);
  return 0;
}
