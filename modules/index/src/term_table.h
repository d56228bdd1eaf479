#pragma once
// TermTable: the distinct terms of one field while a segment is built; a term gets the next id when it is first seen.
//
// Threads    none; belongs to one builder.
// Cost       one cache line for a term of up to eight bytes, one more comparison for a longer one. Grows by doubling.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "segment_format.h"
#include "tokenizer.h"

namespace attune::index {

class TermTable {
 public:
  TermTable() : slots_(std::size_t{1} << kSlotsMinLog2), shift_(32 - kSlotsMinLog2) {}

  // What a look-up needs to know of a term. Computing it, asking for its cache line and looking it up are three steps,
  // so that a caller with several terms can do the second one early.
  struct Key {
    std::uint64_t head = 0;  // first eight bytes, zero-padded
    std::uint32_t tag = 0;   // hash with the length mixed in; never 0
    std::uint32_t length = 0;
  };

  // REQUIRES: text is zero up to the next multiple of 8 (as a Token's is), 1 <= length <= kTermBytesMax.
  static Key KeyOf(const char* text, std::uint32_t length) noexcept {
    Key key;
    std::memcpy(&key.head, text, sizeof key.head);
    key.tag = Tag(text, length, key.head);
    key.length = length;
    return key;
  }
  void Prefetch(const Key& key) const noexcept { __builtin_prefetch(&slots_[key.tag >> shift_]); }
  // REQUIRES: `key` is KeyOf `text`.
  std::uint32_t Intern(const Key& key, const char* text) {
    for (std::size_t i = key.tag >> shift_;; i = (i + 1) & (slots_.size() - 1)) {
      const Slot& slot = slots_[i];
      if (slot.tag == key.tag && slot.head == key.head && (key.length <= 8 || EqualsRest(slot.id, text, key.length))) {
        return slot.id;
      }
      if (slot.tag == 0) {
        return Insert(i, text, key);
      }
    }
  }

  std::uint32_t Intern(std::string_view term);

  std::size_t size() const noexcept { return terms_.size(); }
  std::string_view term(std::uint32_t id) const noexcept {
    return {arena_.data() + terms_[id].offset, terms_[id].length};
  }
  // Ids by ascending bytes of their terms.
  std::vector<std::uint32_t> Sorted() const;

  std::size_t bytes() const noexcept {
    return slots_.size() * sizeof(Slot) + terms_.size() * sizeof(Term) + arena_.size();
  }
  std::size_t bytes_held() const noexcept {
    return slots_.capacity() * sizeof(Slot) + terms_.capacity() * sizeof(Term) + arena_.capacity();
  }
  // Forgets the terms. The slots stay as many as the last use needed.
  void Clear();

 private:
  static constexpr unsigned kSlotsMinLog2 = 8;

  struct Slot {
    std::uint64_t head = 0;  // first eight bytes, zero-padded
    std::uint32_t tag = 0;   // hash with the length mixed in; 0: empty
    std::uint32_t id = 0;
  };
  struct Term {
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
  };

  static std::uint32_t Tag(const char* text, std::uint32_t length, std::uint64_t head) noexcept {
    constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15U;  // 2^64 / golden ratio
    std::uint64_t hash = (head ^ (std::uint64_t{length} << 56U)) * kMultiplier;
    for (std::uint32_t i = 8; i < length; i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text + i, sizeof word);
      hash = ((hash ^ (hash >> 29U)) + word) * kMultiplier;
    }
    hash ^= hash >> 32U;
    hash *= 0xD6E8FEB86659FD93U;  // the second round spreads the high bits, which choose the slot
    return static_cast<std::uint32_t>(hash >> 32U) | 1U;
  }

  bool EqualsRest(std::uint32_t id, const char* text, std::uint32_t length) const noexcept {
    const Term& term = terms_[id];
    if (term.length != length) {
      return false;
    }
    const char* const known = arena_.data() + term.offset;
    std::uint64_t different = 0;
    for (std::uint32_t i = 8; i < length; i += 8) {
      different |= LoadAt<std::uint64_t>(known + i) ^ LoadAt<std::uint64_t>(text + i);
    }
    return different == 0;
  }

  std::uint32_t Insert(std::size_t at, const char* text, const Key& key);
  void Grow();

  std::vector<Slot> slots_;
  unsigned shift_;  // slot = tag >> shift_
  std::vector<Term> terms_;
  std::vector<char> arena_;  // each term zero-padded to a multiple of 8
};

}  // namespace attune::index
