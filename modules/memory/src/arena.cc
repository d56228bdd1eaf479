#include "attune/memory/arena.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace attune::memory {

void* Arena::AllocateInNextBlock(std::size_t size) {
  // Kept blocks that are too small for this one piece are passed over until the next Reset.
  std::size_t next = blocks_.empty() ? 0 : current_ + 1;
  while (next < blocks_.size() && blocks_[next].size < size) {
    ++next;
  }
  if (next == blocks_.size()) {
    const std::size_t block_size = std::max<std::size_t>(size, config_.block_size.count());
    if (block_size > config_.bytes_max.count() || held_ > config_.bytes_max.count() - block_size) {
      return nullptr;
    }
    blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(block_size), block_size});
    held_ += block_size;
  }
  before_current_ += used_;
  current_ = next;
  used_ = size;
  return blocks_[current_].bytes.get();
}

std::string_view Arena::Copy(std::string_view text) {
  char* place = static_cast<char*>(Allocate(text.size(), 1));
  if (place == nullptr) {
    return {};
  }
  std::copy(text.begin(), text.end(), place);
  return {place, text.size()};
}

Bytes Arena::block_size_suggested() const noexcept {
  const std::size_t peak = std::max(peak_, peak_previous_);
  if (peak == 0 && resets_ == 0) {
    return config_.block_size;
  }
  constexpr std::size_t kSmallest = 1024;  // below, a block is hardly cheaper than the pieces in it
  return std::min(Bytes(std::bit_ceil(std::max(peak, kSmallest))), config_.bytes_max);
}

void Arena::Reset() {
  used_max_ = used_max().count();
  if (resets_ % kWindow == 0) {
    peak_previous_ = std::exchange(peak_, 0);
  }
  ++resets_;
  peak_ = std::max<std::size_t>(peak_, used().count());
  while (!blocks_.empty() && held_ > config_.kept_max.count()) {
    held_ -= blocks_.back().size;
    blocks_.pop_back();
  }
  current_ = 0;
  used_ = 0;
  before_current_ = 0;
}

}  // namespace attune::memory
