#include "attune/base/bytes.h"

#include <charconv>
#include <limits>

namespace attune {
namespace {

struct Unit {
  std::string_view suffix;
  unsigned shift;
};
// Printed with the first unit that divides; the one-letter ones are only read,
// because that is what people type: --memory 2G.
constexpr Unit kUnits[] = {{"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"B", 0}, {"", 0}, {"G", 30}, {"M", 20}, {"K", 10}};

Error BadAmount(std::string_view text) {
  return {ErrorCode::kInvalidArgument,
          "'" + std::string(text) + "' is not an amount of bytes; write a whole number and a unit: 512M, 2G, 64KiB"};
}

}  // namespace

Result<Bytes> ParseBytes(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{}) return BadAmount(text);

  const std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : kUnits) {
    if (suffix != unit.suffix) continue;
    if (number > (std::numeric_limits<std::uint64_t>::max() >> unit.shift)) return BadAmount(text);
    return Bytes(number << unit.shift);
  }
  return BadAmount(text);
}

std::string ToString(Bytes amount) {
  if (amount.count() != 0) {
    for (const Unit& unit : kUnits) {
      if (unit.shift == 0) break;
      const std::uint64_t mask = (std::uint64_t{1} << unit.shift) - 1;
      if ((amount.count() & mask) == 0) return std::to_string(amount.count() >> unit.shift) + std::string(unit.suffix);
    }
  }
  return std::to_string(amount.count());
}

}  // namespace attune
