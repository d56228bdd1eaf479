#include "attune/sys/random.h"

#include <sys/random.h>

#include <bit>
#include <cerrno>
#include <cmath>

#include "attune/base/check.h"
#include "attune/sys/errno.h"

namespace attune::sys {
namespace {

// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
std::uint64_t SplitMix64(std::uint64_t& state) noexcept {
  state += 0x9e3779b97f4a7c15U;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

// Below 256 bytes getrandom gives everything or fails.
Status FillSecurely(void* out, std::size_t size) {
  ssize_t got = ::getrandom(out, size, 0);
  while (got == -1 && errno == EINTR) got = ::getrandom(out, size, 0);
  if (got < 0) return FromErrno(errno, "getrandom");
  if (static_cast<std::size_t>(got) != size) return Error(ErrorCode::kUnavailable, "getrandom: fewer bytes than asked");
  return OkStatus();
}

}  // namespace

Random::Random(std::uint64_t seed) noexcept {
  for (std::uint64_t& word : state_) word = SplitMix64(seed);
}

std::uint64_t Random::Next() noexcept {
  auto& [a, b, c, d] = state_;
  const std::uint64_t result = std::rotl(b * 5, 7) * 9;
  const std::uint64_t shifted = b << 17U;
  c ^= a;
  d ^= b;
  b ^= c;
  a ^= d;
  c ^= shifted;
  d = std::rotl(d, 45);
  return result;
}

// Lemire, "Fast random integer generation in an interval", 2019.
std::uint64_t Random::Below(std::uint64_t bound) noexcept {
  ATTUNE_CHECK(bound > 0, "no number is below zero");
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(Next()) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t uneven = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < uneven) product = static_cast<Wide>(Next()) * bound;
  }
  return static_cast<std::uint64_t>(product >> 64U);
}

std::int64_t Random::Between(std::int64_t low, std::int64_t high) noexcept {
  ATTUNE_CHECK(low <= high, "an empty interval");
  const std::uint64_t width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  const std::uint64_t offset = width == max() ? Next() : Below(width + 1);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

double Random::Unit() noexcept { return static_cast<double>(Next() >> 11U) * 0x1.0p-53; }

bool Random::Chance(double probability) noexcept { return Unit() < probability; }

double Random::Exponential(double mean) noexcept { return -std::log1p(-Unit()) * mean; }

Random Random::Fork() noexcept { return Random(Next()); }

Result<std::string> SecureToken(std::size_t bytes) {
  ATTUNE_CHECK(bytes >= 16 && bytes <= kSecureTokenBytesMax, "a token has 16 to 256 bytes");
  std::array<unsigned char, kSecureTokenBytesMax> raw{};
  ATTUNE_RETURN_IF_ERROR(FillSecurely(raw.data(), bytes));
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string token;
  token.reserve(2 * bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    token += kDigits[raw[i] >> 4U];
    token += kDigits[raw[i] & 15U];
  }
  return token;
}

Result<std::uint64_t> RandomSeed() {
  std::uint64_t seed = 0;
  ATTUNE_RETURN_IF_ERROR(FillSecurely(&seed, sizeof(seed)));
  return seed;
}

}  // namespace attune::sys
