#pragma once
// Hash128 as the 16 bytes of a column, most significant first on every machine.

#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/hash.h"

namespace attune::store {

constexpr std::size_t kHashBytes = 16;

inline std::string HashToBytes(const Hash128& hash) {
  std::string bytes(kHashBytes, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>((hash.high >> (56U - (8U * i))) & 0xffU);
    bytes[8 + i] = static_cast<char>((hash.low >> (56U - (8U * i))) & 0xffU);
  }
  return bytes;
}

// Any other length reads as the hash of nothing: the file is then simply read again.
inline Hash128 HashFromBytes(std::string_view bytes) {
  if (bytes.size() != kHashBytes) return {};
  Hash128 hash;
  for (std::size_t i = 0; i < 8; ++i) {
    hash.high = (hash.high << 8U) | static_cast<unsigned char>(bytes[i]);
    hash.low = (hash.low << 8U) | static_cast<unsigned char>(bytes[8 + i]);
  }
  return hash;
}

}  // namespace attune::store
