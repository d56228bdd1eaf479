#include "term_table.h"

#include <algorithm>
#include <array>

#include "attune/base/check.h"
#include "segment_format.h"

namespace attune::index {
void TermTable::Clear() {
  if (terms_.size() * 8 < slots_.size()) {
    slots_ = std::vector<Slot>(std::size_t{1} << kSlotsMinLog2);
    shift_ = 32 - kSlotsMinLog2;
  } else {
    std::fill(slots_.begin(), slots_.end(), Slot{});
  }
  terms_.clear();
  arena_.clear();
}

std::uint32_t TermTable::Intern(std::string_view term) {
  alignas(8) std::array<char, kTermBytesMax + 8> padded{};
  ATTUNE_CHECK(!term.empty() && term.size() <= kTermBytesMax, "terms come from the tokenizer");
  std::memcpy(padded.data(), term.data(), term.size());
  return Intern(KeyOf(padded.data(), static_cast<std::uint32_t>(term.size())), padded.data());
}

std::uint32_t TermTable::Insert(std::size_t at, const char* text, const Key& key) {
  const auto id = static_cast<std::uint32_t>(terms_.size());
  terms_.push_back({static_cast<std::uint32_t>(arena_.size()), key.length});
  arena_.insert(arena_.end(), text, text + (key.length + 7) / 8 * 8);
  slots_[at] = {key.head, key.tag, id};
  if (terms_.size() * 2 > slots_.size()) {
    Grow();
  }
  return id;
}

void TermTable::Grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  shift_ -= 1;
  for (const Slot& slot : old) {
    if (slot.tag == 0) {
      continue;
    }
    std::size_t i = slot.tag >> shift_;
    while (slots_[i].tag != 0) {
      i = (i + 1) & (slots_.size() - 1);
    }
    slots_[i] = slot;
  }
}

std::vector<std::uint32_t> TermTable::Sorted() const {
  struct SortKey {
    std::uint64_t head;
    std::uint32_t id;
  };
  std::vector<SortKey> keys(terms_.size());
  for (std::uint32_t id = 0; id < keys.size(); ++id) {
    keys[id] = {TermHead(term(id)), id};
  }
  std::sort(keys.begin(), keys.end(), [this](const SortKey& a, const SortKey& b) {
    return a.head != b.head ? a.head < b.head : term(a.id) < term(b.id);
  });
  std::vector<std::uint32_t> ids(keys.size());
  std::transform(keys.begin(), keys.end(), ids.begin(), [](const SortKey& key) { return key.id; });
  return ids;
}

}  // namespace attune::index
