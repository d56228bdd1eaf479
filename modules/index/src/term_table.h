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

#include "tokenizer.h"

namespace attune::index {

class TermTable {
 public:
  TermTable() { Clear(); }

  // REQUIRES: text is zero up to the next multiple of 8 (as a Token's is), 1 <= length <= kTermBytesMax.
  std::uint32_t Intern(const char* text, std::uint32_t length) {
    std::uint64_t head = 0;
    std::memcpy(&head, text, sizeof head);
    const std::uint32_t tag = Tag(text, length, head);
    for (std::size_t i = tag >> shift_;; i = (i + 1) & (slots_.size() - 1)) {
      const Slot& slot = slots_[i];
      if (slot.tag == tag && slot.head == head && (length <= 8 || EqualsRest(slot.id, text, length))) {
        return slot.id;
      }
      if (slot.tag == 0) {
        return Insert(i, text, length, head, tag);
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
    return slots_.capacity() * sizeof(Slot) + terms_.capacity() * sizeof(Term) + arena_.capacity();
  }
  void Clear();

 private:
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
    return term.length == length && std::memcmp(arena_.data() + term.offset, text, length) == 0;
  }

  std::uint32_t Insert(std::size_t at, const char* text, std::uint32_t length, std::uint64_t head, std::uint32_t tag);
  void Grow();

  std::vector<Slot> slots_;
  unsigned shift_ = 0;  // slot = tag >> shift_
  std::vector<Term> terms_;
  std::vector<char> arena_;
};

}  // namespace attune::index
