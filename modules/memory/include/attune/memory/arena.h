#pragma once
// Arena: memory for one request, taken piece by piece and given back at once.
//
//   Arena arena;
//   for (const Request& request : requests) {
//     std::span<Hit> hits = arena.NewArray<Hit>(100);   // null span at bytes_max
//     …
//     arena.Reset();   // everything handed out since is gone; the blocks stay for the next
//   }
//
// Ownership  owns its blocks; what it hands out dies with Reset or with the arena. No
//            destructor of anything in it is ever run, so only trivially destructible types live here.
// Threads    none; one arena, one thread at a time.
// Cost       an addition and a comparison; a new block now and then.
// Errors     at bytes_max an allocation answers null. The last block is smaller than block_size where no more fits, and
//            what Reset kept makes room for a piece that needs it: whatever bytes_max allows, fits a fresh arena and
//            one that was reset.
// Checking   AddressSanitizer sees uses of what was handed out before Reset.

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/check.h"
#include "attune/base/result.h"
#include "attune/base/sanitizer.h"

namespace attune::memory {

struct ArenaConfig {
  Bytes block_size = 64_KiB;  // larger means fewer blocks and more memory for small requests
  Bytes bytes_max = 64_MiB;   // of all blocks; one request must not eat the process
  Bytes kept_max = 1_MiB;     // of blocks that Reset keeps; the rest goes back to the heap
};
// Names the field that makes no sense.
Status Validate(const ArenaConfig& config);

class Arena {
 public:
  explicit Arena(ArenaConfig config = {});  // REQUIRES: Validate(config).ok()
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Null at bytes_max. REQUIRES: align is a power of two of at most alignof(std::max_align_t).
  void* Allocate(std::size_t size, std::size_t align = alignof(std::max_align_t)) {
    ATTUNE_CHECK(align != 0 && (align & (align - 1)) == 0 && align <= alignof(std::max_align_t), "a power of two");
    const std::size_t begin = (used_ + align - 1) & ~(align - 1);
    if (current_ < blocks_.size() && begin <= blocks_[current_].size && size <= blocks_[current_].size - begin) {
      used_ = begin + size;
      return Unpoisoned(blocks_[current_].bytes.get() + begin, size);
    }
    return AllocateInNextBlock(size);
  }

  // Value-initialised elements; empty at bytes_max.
  template <typename T>
  std::span<T> NewArray(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>, "the arena runs no destructors");
    static_assert(alignof(T) <= alignof(std::max_align_t));
    if (count > config_.bytes_max.count() / sizeof(T)) {
      return {};
    }
    void* place = Allocate(count * sizeof(T), alignof(T));
    if (place == nullptr) {
      return {};
    }
    T* first = static_cast<T*>(place);
    std::uninitialized_value_construct_n(first, count);
    return {first, count};
  }

  // A copy that lives here; a view without data at bytes_max.
  std::string_view Copy(std::string_view text);

  void Reset();

  Bytes used() const noexcept { return Bytes(before_current_ + used_); }  // since the last Reset, padding included
  Bytes used_max() const noexcept { return Bytes(used_max_ > used().count() ? used_max_ : used().count()); }  // ever
  Bytes held() const noexcept { return Bytes(held_); }  // blocks, used or kept

  // The high-water signal: a block_size in which each of the last kWindow to 2 * kWindow requests would have fit as a
  // whole, as a power of two, but at most the largest one that Reset may keep: a larger block would be made anew for
  // every request. Raise kept_max first where that is too small. The configured block_size before the first Reset. Old
  // peaks are forgotten.
  static constexpr std::size_t kWindow = 64;  // requests: long enough for a mix, short enough to follow its change
  Bytes block_size_suggested() const noexcept;

 private:
  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size = 0;
  };
  void* AllocateInNextBlock(std::size_t size);
  bool AddBlock(std::size_t size, std::size_t unused);
  bool MakeRoom(std::size_t size, std::size_t unused);
  void DropBlock();
#if ATTUNE_ASAN
  static void Poison(const Block& block) noexcept;
  static void* Unpoisoned(void* place, std::size_t size) noexcept;
#else
  static void Poison(const Block&) noexcept {}
  static void* Unpoisoned(void* place, std::size_t) noexcept { return place; }
#endif

  ArenaConfig config_;
  std::vector<Block> blocks_;       // those in use, then those that wait
  std::size_t current_ = 0;         // the block that is being filled; blocks_.size() before the first
  std::size_t used_ = 0;            // of the current block
  std::size_t before_current_ = 0;  // used in the blocks before it, each up to where any piece may begin
  std::size_t held_ = 0;
  std::size_t used_max_ = 0;
  std::size_t resets_ = 0;
  std::size_t peak_ = 0;           // of the requests of this window
  std::size_t peak_previous_ = 0;  // of the window before
};

}  // namespace attune::memory
