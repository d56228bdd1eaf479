#include "posting_cursor.h"

namespace attune::index {

PostingCursor::PostingCursor(const Segment& segment, const TermInfo& info) : passages_(segment.passages()) {
  const std::string_view postings = segment.section(Section::kPostings);
  const std::uint32_t full_blocks = info.passages / kBlock;
  const std::uint64_t head = sizeof(Impact) + std::uint64_t{full_blocks} * sizeof(BlockEntry);
  const std::uint64_t size = std::uint64_t{info.data_bytes} + info.position_bytes;
  if (info.passages > passages_ || info.offset > postings.size() || size > postings.size() - info.offset ||
      head > info.data_bytes) {
    return;  // an empty list
  }
  const char* const at = postings.data() + info.offset;
  impact_ = LoadAt<Impact>(at);
  entries_ = at + sizeof(Impact);
  data_ = at + head;
  data_end_ = at + info.data_bytes;
  positions_ = data_end_;
  positions_end_ = data_end_ + info.position_bytes;
  full_blocks_ = full_blocks;
  tail_ = info.passages % kBlock;
  block_count_ = full_blocks_ + (tail_ != 0 ? 1U : 0U);
  EnterBlock(0);
  if (full_blocks_ == 0 && tail_ != 0) {
    LoadDocs();  // its real last passage lets windows behind it be skipped
  }
}

PostingCursor::PostingCursor(const MaterialList& list) : list_(&list), impact_(list.impact) {
  full_blocks_ = static_cast<std::uint32_t>(list.docs.size() / kBlock);
  tail_ = static_cast<std::uint32_t>(list.docs.size() % kBlock);
  block_count_ = full_blocks_ + (tail_ != 0 ? 1U : 0U);
  EnterBlock(0);
}

void PostingCursor::EnterBlock(std::uint32_t block) noexcept {
  block_ = block;
  count_ = 0;
  index_ = 0;
  frequencies_ = false;
  if (block >= block_count_) {
    block_ = block_count_;
  } else if (list_ != nullptr) {
    block_first_ = list_->docs[std::size_t{block} * kBlock];
    block_last_ = list_->docs[std::min(std::size_t{block + 1} * kBlock, list_->docs.size()) - 1];
  } else {
    block_first_ = block == 0 ? 0 : Entry(block - 1).doc_last + 1;
    block_last_ = block < full_blocks_ ? Entry(block).doc_last : passages_ - 1;
  }
}

Impact PostingCursor::ImpactBelow(std::uint32_t end) const noexcept {
  if (list_ != nullptr || block_ >= full_blocks_) {
    return impact_;
  }
  Impact most = {0, 255};
  for (std::uint32_t block = block_; block < block_count_; ++block) {
    if (block >= full_blocks_) {
      return impact_;  // the tail has no entry of its own
    }
    const BlockEntry entry = Entry(block);
    most.tf_max = std::max(most.tf_max, entry.impact.tf_max);
    most.ratio_min = std::min(most.ratio_min, entry.impact.ratio_min);
    if (entry.doc_last >= end - 1) {
      break;
    }
  }
  return most;
}

bool PostingCursor::DecodeDocs() noexcept {
  if (list_ != nullptr) {
    const std::size_t begin = std::size_t{block_} * kBlock;
    count_ = std::min(kBlock, list_->docs.size() - begin);
    std::copy_n(list_->docs.data() + begin, count_, docs_.data());
    std::copy_n(list_->tfs.data() + begin, count_, tfs_.data());
    frequencies_ = true;
    return true;
  }
  if (block_ >= full_blocks_) {
    return DecodeTail();
  }
  const BlockEntry entry = Entry(block_);
  const BlockEntry before = block_ == 0 ? BlockEntry{} : Entry(block_ - 1);
  const auto room = static_cast<std::uint64_t>(data_end_ - data_);
  if (entry.doc_width > kDocWidthMax || entry.tf_width > kPackedWidthMax || before.data_end > entry.data_end ||
      entry.data_end > room || before.doc_last >= kPassagesMax ||
      entry.data_end - before.data_end != PackedBytes(entry.doc_width) + PackedBytes(entry.tf_width)) {
    return End();
  }
  Unpack(data_ + before.data_end, entry.doc_width, docs_);
  std::uint32_t doc = before.doc_last;
  for (std::uint32_t& value : docs_) {
    doc += value;
    value = doc;
  }
  if (doc != entry.doc_last || doc >= passages_) {
    return End();
  }
  count_ = kBlock;
  return true;
}

bool PostingCursor::DecodeTail() noexcept {
  const BlockEntry before = block_ == 0 ? BlockEntry{} : Entry(block_ - 1);
  const auto room = static_cast<std::uint64_t>(data_end_ - data_);
  if (before.data_end > room) {
    return End();
  }
  VarintReader reader(data_ + before.data_end, data_end_);
  std::uint64_t doc = before.doc_last;
  for (std::uint32_t i = 0; i < tail_; ++i) {
    const std::uint32_t value = reader.Next();
    doc += value >> 1U;
    docs_[i] = static_cast<std::uint32_t>(doc);
    tfs_[i] = (value & 1U) != 0 ? 1 : reader.Next() + 2;
    if (doc >= passages_) {
      return End();
    }
  }
  count_ = tail_;
  block_last_ = docs_[count_ - 1];
  frequencies_ = true;
  return true;
}

void PostingCursor::DecodeFrequencies() noexcept {
  const BlockEntry entry = Entry(block_);
  Unpack(data_ + entry.data_end - PackedBytes(entry.tf_width), entry.tf_width, tfs_);
  for (std::uint32_t& value : tfs_) {
    ++value;
  }
  frequencies_ = true;
}

void PostingCursor::ReadPositions(std::vector<std::uint32_t>& positions) {
  positions.clear();
  LoadFrequencies();
  if (positions_block_ != block_ || positions_index_ > index_) {
    const std::uint64_t begin = block_ == 0 ? 0 : Entry(block_ - 1).positions_end;
    const auto size = static_cast<std::uint64_t>(positions_end_ - positions_);
    position_reader_ = VarintReader(positions_ + std::min(begin, size), positions_end_);
    positions_block_ = block_;
    positions_index_ = 0;
  }
  std::uint64_t skip = 0;
  for (; positions_index_ < index_; ++positions_index_) {
    skip += tfs_[positions_index_];
  }
  position_reader_.Skip(skip);
  std::uint32_t position = 0;
  for (std::uint32_t i = 0; i < tfs_[index_] && !position_reader_.at_end(); ++i) {
    position += position_reader_.Next();
    positions.push_back(position);
  }
  ++positions_index_;
}

}  // namespace attune::index
