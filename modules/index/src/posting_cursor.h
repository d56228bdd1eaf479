#pragma once
// PostingCursor: walks the postings of one term in one segment, forwards, block by block.
//
// A list that is computed by the query (a phrase, a prefix) has the same interface: MaterialList.
//
// Ownership  borrows the segment or the list.
// Threads    none.
// Cost       blocks that are skipped are not decoded; term frequencies only when asked for.
// Errors     none; a list that makes no sense ends early.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bit_packing.h"
#include "segment.h"
#include "segment_format.h"
#include "varint.h"

namespace attune::index {

struct MaterialList {
  std::vector<std::uint32_t> docs;  // ascending
  std::vector<std::uint32_t> tfs;
  Impact impact;
};

class PostingCursor {
 public:
  PostingCursor(const Segment& segment, const TermInfo& info);
  explicit PostingCursor(const MaterialList& list);

  bool done() const noexcept { return block_ == block_count_; }
  Impact impact() const noexcept { return impact_; }  // of the whole list

  // Moves to the block that may contain `doc`, without decoding it. Never backwards.
  void SkipTo(std::uint32_t doc) noexcept {
    while (block_ < block_count_ && block_last_ < doc) {
      EnterBlock(block_ + 1);
    }
  }

  // No posting from here on is below; kNoDoc at the end. Exact where the block is decoded.
  static constexpr std::uint32_t kNoDoc = ~0U;
  std::uint32_t first_possible() const noexcept {
    if (done()) {
      return kNoDoc;
    }
    return index_ < count_ ? docs_[index_] : block_first_;
  }

  // What the postings in [the current block's begin, end) can score at most. REQUIRES: SkipTo(begin) was called.
  Impact ImpactBelow(std::uint32_t end) const noexcept;

  // Calls f(docs, tfs, count) for runs of postings in [begin, end), in order, and moves behind them.
  template <typename F>
  void ForEachRun(std::uint32_t begin, std::uint32_t end, F&& f) {
    SkipTo(begin);
    while (block_ < block_count_ && block_first_ < end && LoadDocs()) {
      Advance(begin);
      const std::size_t from = index_;
      if (block_last_ < end) {
        index_ = count_;
      } else {
        Advance(end);
      }
      if (index_ > from) {
        LoadFrequencies();
        f(docs_.data() + from, tfs_.data() + from, index_ - from);
      }
      if (index_ < count_) {
        return;
      }
      EnterBlock(block_ + 1);
    }
  }

  // All position data of the list: for every posting in order, tf varints. For copying.
  std::string_view position_bytes() const noexcept {
    return {positions_, static_cast<std::size_t>(positions_end_ - positions_)};
  }

  // True if the list contains `doc`; the cursor then stands on it. Never backwards.
  bool Seek(std::uint32_t doc) noexcept {
    SkipTo(doc);
    if (block_ == block_count_ || !LoadDocs()) {
      return false;
    }
    Advance(doc);
    return index_ < count_ && docs_[index_] == doc;
  }
  // REQUIRES: Seek returned true.
  std::uint32_t tf() noexcept {
    LoadFrequencies();
    return tfs_[index_];
  }
  // As Seek, for a doc that is probably near: steps instead of bisecting.
  bool SeekNear(std::uint32_t doc) noexcept {
    SkipTo(doc);
    if (block_ == block_count_ || !LoadDocs()) {
      return false;
    }
    while (index_ < count_ && docs_[index_] < doc) {
      ++index_;
    }
    return index_ < count_ && docs_[index_] == doc;
  }
  // The positions in the passage where the cursor stands. REQUIRES: Seek returned true; docs ascend between calls.
  void ReadPositions(std::vector<std::uint32_t>& positions);

  // The next posting at or after `from`; kNoDoc at the end.
  std::uint32_t NextDoc(std::uint32_t from) noexcept {
    SkipTo(from);
    while (block_ < block_count_ && LoadDocs()) {
      Advance(from);
      if (index_ < count_) {
        return docs_[index_];
      }
      EnterBlock(block_ + 1);
    }
    return kNoDoc;
  }

 private:
  void EnterBlock(std::uint32_t block) noexcept;
  BlockEntry Entry(std::uint32_t block) const noexcept {
    return LoadAt<BlockEntry>(entries_ + std::size_t{block} * sizeof(BlockEntry));
  }
  bool LoadDocs() noexcept { return count_ != 0 || DecodeDocs(); }
  bool DecodeDocs() noexcept;
  bool DecodeTail() noexcept;
  void LoadFrequencies() noexcept {
    if (!frequencies_) {
      DecodeFrequencies();
    }
  }
  void DecodeFrequencies() noexcept;
  bool End() noexcept {
    block_ = block_count_;
    return false;
  }
  // index_ = the first posting of the block at or after `doc`.
  void Advance(std::uint32_t doc) noexcept {
    if (index_ < count_ && docs_[index_] < doc) {
      const auto* const at = docs_.data();
      index_ = static_cast<std::size_t>(std::lower_bound(at + index_ + 1, at + count_, doc) - at);
    }
  }

  const MaterialList* list_ = nullptr;
  const char* entries_ = nullptr;
  const char* data_ = nullptr;
  const char* data_end_ = nullptr;
  const char* positions_ = nullptr;
  const char* positions_end_ = nullptr;
  std::uint32_t passages_ = 0;  // of the segment: every doc is below
  std::uint32_t full_blocks_ = 0;
  std::uint32_t tail_ = 0;         // postings after the full blocks
  std::uint32_t block_count_ = 0;  // full blocks and the tail
  Impact impact_;

  std::uint32_t block_ = 0;
  std::uint32_t block_first_ = 0;  // no posting of the block is below
  std::uint32_t block_last_ = 0;   // no posting of the block is above
  std::size_t count_ = 0;          // decoded postings of the block
  std::size_t index_ = 0;
  bool frequencies_ = false;             // tfs_ is decoded
  std::uint32_t positions_block_ = ~0U;  // where the position reader stands
  std::size_t positions_index_ = 0;
  VarintReader position_reader_{nullptr, nullptr};
  Block docs_;
  Block tfs_;
};

}  // namespace attune::index
