#pragma once
// SegmentWriter: puts a segment image together, term by term.
//
//   for each field in order: BeginField, then for each term ascending:
//     for each passage ascending: (AddPositions | AddPositionBytes)? AddPosting
//     EndTerm
//   Finish
//
// Threads    none.
// Cost       about 3 ns per posting and 1 ns per position. Memory: the image, plus the terms of the fields.
// Errors     none; breaking the order is a bug and checked.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bit_packing.h"
#include "byte_buffer.h"
#include "segment_format.h"
#include "varint.h"

namespace attune::index {

// Distinct strings in order of appearance.
class StringTable {
 public:
  StringTable() = default;
  StringTable(StringTable&&) = default;
  StringTable& operator=(StringTable&&) = default;

  std::uint32_t Intern(std::string_view text);
  void Serialize(std::string& out) const;  // u32 count, u32 end offsets, bytes
  std::size_t size() const noexcept { return strings_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }
  void Clear();

 private:
  std::map<std::string, std::uint32_t, std::less<>> ids_;
  std::vector<const std::string*> strings_;  // keys of ids_
  std::size_t bytes_ = 0;
  std::uint32_t last_ = 0;  // runs of the same string are the rule
};

// The columns of the passages of one segment.
struct PassageTable {
  std::vector<PassageRow> rows;
  std::vector<std::uint8_t> lengths;  // LengthCode of the body
  StringTable paths;
  StringTable sources;
  StringTable languages;
  StringTable roles;

  std::size_t bytes() const noexcept;  // in use
  std::size_t bytes_held() const noexcept;
  void Clear();
};

class SegmentWriter {
 public:
  // `bytes_expected` is reserved, not limited.
  SegmentWriter(std::uint64_t generation, std::size_t bytes_expected);

  void BeginField(Field field);
  // The ascending positions of the next posting, counted from `origin`.
  void AddPositions(const std::uint32_t* positions, std::size_t count, std::uint32_t origin) {
    char* at = positions_.Room(count * kVarintBytesMax);
    for (std::size_t i = 0; i < count; ++i) {
      at = PutVarint(at, positions[i] - origin);
      origin = positions[i];
    }
    positions_.EndAt(at);
  }
  void AddPositionBytes(std::string_view bytes) { positions_.Append(bytes); }
  // Ends the posting whose positions were added. REQUIRES: doc above the last one of this term, tf >= 1.
  void AddPosting(std::uint32_t doc, std::uint32_t tf, std::uint8_t length_code) {
    docs_[pending_] = doc - previous_doc_;
    tfs_[pending_] = tf - 1;
    lengths_[pending_] = length_code;
    previous_doc_ = doc;
    if (++pending_ == kBlock) {
      EndBlock();
    }
  }
  // Without a posting the term is left out.
  void EndTerm(std::string_view term);

  std::string Finish(const PassageTable& passages);

  std::size_t bytes() const noexcept;

 private:
  struct FieldTerms {
    ByteBuffer terms;
    std::vector<TermIndexEntry> index;
    std::uint64_t count = 0;
    std::string previous;
  };

  void EndBlock();
  Impact PendingImpact() const noexcept;
  void EncodeTail();
  void AppendToDictionary(std::string_view term, const TermInfo& info);
  void AppendSection(Section section, std::string_view bytes);
  void CloseSection(Section section, std::uint64_t offset);

  SegmentHeader header_;
  std::string image_;
  std::uint64_t postings_begin_ = 0;
  std::array<FieldTerms, kFields> fields_;
  Field field_ = Field::kBody;

  // The term in progress.
  std::size_t pending_ = 0;
  std::uint32_t previous_doc_ = 0;
  std::uint32_t passages_ = 0;  // in full blocks
  Impact impact_;               // of everything so far
  std::vector<BlockEntry> blocks_;
  ByteBuffer data_;
  ByteBuffer positions_;
  Block docs_{};
  Block tfs_{};
  std::array<std::uint8_t, kBlock> lengths_{};
};

}  // namespace attune::index
