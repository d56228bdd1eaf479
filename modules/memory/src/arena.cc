#include "attune/memory/arena.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "attune/memory/page_size.h"

#if ATTUNE_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace attune::memory {

Status Validate(const ArenaConfig& config) {
  if (config.block_size == Bytes(0)) {
    return Error(ErrorCode::kInvalidArgument, "arena: block_size must be positive");
  }
  if (config.bytes_max == Bytes(0)) {
    return Error(ErrorCode::kInvalidArgument, "arena: bytes_max must be positive");
  }
  return OkStatus();
}

Arena::Arena(ArenaConfig config) : config_(config) {
  ATTUNE_CHECK(Validate(config_).ok(), "an arena configuration that makes no sense");
}

void* Arena::AllocateInNextBlock(std::size_t size) {
  const std::size_t unused = used_ == 0 ? current_ : current_ + 1;  // the first of those that wait
  const auto waiting = blocks_.begin() + static_cast<std::ptrdiff_t>(unused);
  auto next = std::find_if(waiting, blocks_.end(), [&](const Block& block) { return block.size >= size; });
  if (next == blocks_.end()) {
    if (!AddBlock(std::max(size, std::size_t{1}), unused)) {
      return nullptr;
    }
    next = blocks_.end() - 1;
  }
  std::swap(blocks_[unused], *next);  // those too small for this piece go on waiting
  before_current_ += RoundUp(used_, alignof(std::max_align_t));
  current_ = unused;
  used_ = size;
  return Unpoisoned(blocks_[current_].bytes.get(), size);
}

// At the end of them. False when there is no room, even without all that wait.
bool Arena::AddBlock(std::size_t size, std::size_t unused) {
  if (!MakeRoom(size, unused)) {
    return false;
  }
  const std::size_t room = config_.bytes_max.count() - held_;
  const std::size_t block_size = std::max<std::size_t>(size, std::min<std::size_t>(config_.block_size.count(), room));
  blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(block_size), block_size});
  held_ += block_size;
  Poison(blocks_.back());
  return true;
}

bool Arena::MakeRoom(std::size_t size, std::size_t unused) {
  const std::size_t bytes_max = config_.bytes_max.count();
  std::size_t waiting = 0;
  for (std::size_t i = unused; i < blocks_.size(); ++i) {
    waiting += blocks_[i].size;
  }
  if (size > bytes_max - (held_ - waiting)) {
    return false;
  }
  while (size > bytes_max - held_) {
    DropBlock();
  }
  return true;
}

void Arena::DropBlock() {
  held_ -= blocks_.back().size;
  Unpoisoned(blocks_.back().bytes.get(), blocks_.back().size);
  blocks_.pop_back();
}

#if ATTUNE_ASAN
void Arena::Poison(const Block& block) noexcept { ASAN_POISON_MEMORY_REGION(block.bytes.get(), block.size); }
void* Arena::Unpoisoned(void* place, std::size_t size) noexcept {
  ASAN_UNPOISON_MEMORY_REGION(place, size);
  return place;
}
#endif

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
  const std::size_t bound =
      std::min<std::size_t>(config_.bytes_max.count(), std::max(config_.kept_max.count(), kSmallest));
  return Bytes(std::min(std::bit_ceil(std::max(peak, kSmallest)), std::bit_floor(bound)));
}

void Arena::Reset() {
  used_max_ = used_max().count();
  if (resets_ % kWindow == 0) {
    peak_previous_ = std::exchange(peak_, 0);
  }
  ++resets_;
  peak_ = std::max<std::size_t>(peak_, used().count());
  while (!blocks_.empty() && held_ > config_.kept_max.count()) {
    DropBlock();
  }
  std::ranges::for_each(blocks_, Poison);
  current_ = 0;
  used_ = 0;
  before_current_ = 0;
}

}  // namespace attune::memory
