#pragma once
// Segment: an immutable image, in memory or mapped, opened for reading; with the marks of the passages deleted since.
//
// Ownership  owns its image; views into it live as long as the segment.
// Threads    thread-safe; the delete marks are the only mutable state (atomic bits).
// Cost       opening a foreign image reads it once for its checksums. Find: one binary search over 1/16 of the terms.
// Errors     Open: kCorruption naming the section. Behind valid checksums every offset is still checked before use: a
//            nonsensical list is empty, never out of bounds.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/result.h"
#include "attune/sys/file_system.h"
#include "segment_format.h"

namespace attune::index {

class Segment {
 public:
  enum class Origin : std::uint8_t { kOwn, kForeign };  // kOwn: made by this process just now, checksums are right

  static Result<std::shared_ptr<Segment>> FromImage(std::string image, Origin origin);
  static Result<std::shared_ptr<Segment>> FromFile(std::unique_ptr<sys::MappedFile> file, std::string name,
                                                   Origin origin);

  std::uint32_t passages() const noexcept { return header_.passages; }
  std::uint64_t generation() const noexcept { return header_.generation; }
  std::uint64_t body_positions() const noexcept { return header_.body_positions; }
  std::uint64_t terms(Field field) const noexcept { return header_.terms[static_cast<std::size_t>(field)]; }
  std::string_view image() const noexcept { return image_; }
  std::string_view section(Section section) const noexcept { return sections_[static_cast<std::size_t>(section)]; }

  bool on_disk() const noexcept { return file_ != nullptr; }
  const sys::MappedFile* file() const noexcept { return file_.get(); }
  const std::string& name() const noexcept { return name_; }  // of the file; empty in memory

  // REQUIRES: doc < passages().
  PassageRow row(std::uint32_t doc) const noexcept {
    return LoadAt<PassageRow>(section(Section::kPassages).data() + std::size_t{doc} * sizeof(PassageRow));
  }
  std::uint64_t id(std::uint32_t doc) const noexcept {
    return LoadAt<std::uint64_t>(section(Section::kPassages).data() + std::size_t{doc} * sizeof(PassageRow));
  }
  const std::uint8_t* lengths() const noexcept {
    return reinterpret_cast<const std::uint8_t*>(section(Section::kLengths).data());
  }
  // The passage with the rank-th smallest id. REQUIRES: rank < passages().
  std::uint32_t by_id(std::uint32_t rank) const noexcept;
  std::optional<std::uint32_t> FindId(std::uint64_t id) const noexcept;

  // An entry of a string table; empty when there is none.
  std::string_view text(Section table, std::uint32_t index) const noexcept;
  std::uint32_t texts(Section table) const noexcept;

  std::optional<TermInfo> Find(Field field, std::string_view term) const noexcept;

  // Delete marks. Relaxed: a mark orders nothing but itself, searches may miss one that is being set.
  bool deleted(std::uint32_t doc) const noexcept {
    return (marks_[doc / 64].load(std::memory_order_relaxed) >> (doc % 64) & 1U) != 0;
  }
  bool Delete(std::uint32_t doc) noexcept;  // false: was deleted before
  std::uint32_t deleted_count() const noexcept { return deleted_count_.load(std::memory_order_relaxed); }
  std::vector<std::uint64_t> DeletedBits() const;  // a copy, one bit per passage

  std::uint64_t memory_bytes() const noexcept;  // anonymous: an owned image and the marks

 private:
  Segment() = default;
  Status Load(std::string_view image, Origin origin);
  Status CheckShape() const;

  std::string owned_;
  std::unique_ptr<sys::MappedFile> file_;
  std::string name_;
  std::string_view image_;
  SegmentHeader header_;
  std::array<std::string_view, kSections> sections_;
  std::vector<std::atomic<std::uint64_t>> marks_;
  std::atomic<std::uint32_t> deleted_count_{0};
};

// Walks the terms of a field in ascending order.
class TermCursor {
 public:
  TermCursor(const Segment& segment, Field field);
  // Stands on the first term that is >= `from`, or is done.
  void Seek(std::string_view from);
  void Next();

  bool done() const noexcept { return done_; }
  std::string_view term() const noexcept { return {term_.data(), length_}; }
  const TermInfo& info() const noexcept { return info_; }

 private:
  void EnterBlock(std::size_t block);
  void ReadEntry();
  std::string_view FirstTerm(const TermIndexEntry& entry) const;

  std::string_view terms_;
  std::string_view index_;
  bool body_;
  std::size_t block_ = 0;
  std::size_t in_block_ = 0;
  std::uint32_t at_ = 0;    // next entry in terms_
  std::uint64_t left_ = 0;  // entries not yet read
  std::uint64_t count_ = 0;
  bool done_ = true;
  std::array<char, 256> term_{};
  std::size_t length_ = 0;
  TermInfo info_;
};

}  // namespace attune::index
