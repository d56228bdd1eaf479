#pragma once
// CacheTraits: how a Cache hashes its keys and what its entries own on the heap.
//
// Specialise it, or hand another struct to Cache as third parameter, for a key without
// std::hash or a value whose size is known better:
//
//   struct PageTraits : CacheTraits<PageId, std::shared_ptr<const Page>> {
//     using CacheTraits::OwnedBytes;  // of a remembered absence
//     static Bytes OwnedBytes(const PageId&, const std::shared_ptr<const Page>& page) { return page->bytes(); }
//   };
//
// Keys that are strings are looked up by anything that converts to std::string_view; keys that are numbers by every
// integer that is no wider, so that no two of them mean one key. Its sign converts as that of a key to store does: in a
// cache of unsigned keys -1 is the largest, for Put as for Get. What is wider, or has a fraction, does not compile.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>

#include "attune/base/bytes.h"
#include "attune/base/hash.h"
#include "attune/cache/policy.h"
#include "attune/memory/deep_size.h"

namespace attune::cache {

// 64 bits from 64 bits, each of them touched by each: one multiplication to 128 bits whose
// halves are folded, with the constants of wyhash (Wang Yi, public domain).
constexpr KeyHash MixBits(std::uint64_t bits) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(bits ^ 0xa0761d6478bd642fULL) * 0xe7037ed1a0b428dbULL;
  return static_cast<KeyHash>(product) ^ static_cast<KeyHash>(product >> 64U);
}

template <typename K>
inline constexpr bool kHashedByValue = (std::is_integral_v<K> || std::is_enum_v<K>) && sizeof(K) <= 8;

template <typename K, typename V>
struct CacheTraits {
  // True: computing the hash again costs less than keeping it.
  static constexpr bool kHashIsCheap = kHashedByValue<K>;

  template <typename Q>
  static KeyHash Hash(const Q& key) noexcept {
    if constexpr (kHashedByValue<K>) {
      return MixBits(static_cast<std::uint64_t>(static_cast<K>(key)));
    } else if constexpr (std::is_same_v<K, std::string>) {
      return Hash64(std::string_view(key));
    } else {
      return MixBits(std::hash<K>{}(key));
    }
  }

  // Bytes on the heap beyond sizeof(K) and sizeof(V).
  static Bytes OwnedBytes(const K& key, const V& value) { return OwnedBy(key) + OwnedBy(value); }
  static Bytes OwnedBytes(const K& key) { return OwnedBy(key); }

 private:
  template <typename T>
  static Bytes OwnedBy(const T& value) {
    if constexpr (memory::internal::kOwnsNothing<T>) {
      return Bytes(0);
    } else {
      return memory::DeepSize(value) - Bytes(sizeof(T));
    }
  }
};

// Converts to the key without meeting what another number converts to. A class says itself what it converts to.
template <typename Q, typename K>
concept NumberOfKey = kHashedByValue<K> && !std::is_same_v<K, bool> && std::is_convertible_v<Q, K> &&
                      (std::is_class_v<Q> || ((std::is_integral_v<Q> || std::is_enum_v<Q>) && sizeof(Q) <= sizeof(K)));

// What may be asked for in a cache of keys K.
template <typename Q, typename K>
concept LookupKey =
    std::is_same_v<Q, K> || (std::is_same_v<K, std::string> && std::is_convertible_v<const Q&, std::string_view>) ||
    NumberOfKey<Q, K>;

}  // namespace attune::cache
