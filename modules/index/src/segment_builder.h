#pragma once
// SegmentBuilder: inverts passages into a segment image.
//
// Adding a passage looks every token up once (TermTable) and appends one number to a log. Build sorts the log by term
// (a counting sort, since terms are small numbers) and encodes each term's run: no per-term lists, no allocation per
// token.
//
// Threads    none.
// Cost       Add about 6 ns per byte, Build about 2 ns per byte. Memory: bytes(); Build takes about as much again.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attune/index/text_index.h"
#include "segment_writer.h"
#include "stemmer.h"
#include "term_table.h"

namespace attune::index {

class SegmentBuilder {
 public:
  // REQUIRES: the passage is within the limits of text_index.h. An id that is buffered already is replaced.
  void Add(const Passage& passage);
  // Takes back a buffered passage; false if there is none.
  bool Remove(std::uint64_t id);

  std::size_t passages() const noexcept { return live_.size(); }  // without those taken back
  std::size_t bytes() const noexcept;  // in use; what is kept for the next segment does not count against a limit
  std::size_t bytes_held() const noexcept;
  bool full() const noexcept;  // of passages or positions; Build before the next Add

  // The ids of the passages, in no order.
  std::vector<std::uint64_t> Ids() const;

  // The image of all passages; the builder is empty afterwards. REQUIRES: passages() != 0.
  std::string Build(std::uint64_t generation);

 private:
  // Terms of one field as (passage, term) entries: log_[ends_[d - 1] .. ends_[d]) belongs to passage d.
  struct FieldLog {
    TermTable terms;
    std::vector<std::uint32_t> log;
    std::vector<std::uint32_t> ends;

    std::size_t bytes() const noexcept { return terms.bytes() + (log.size() + ends.size()) * 4; }
    std::size_t bytes_held() const noexcept { return terms.bytes_held() + (log.capacity() + ends.capacity()) * 4; }
    void Clear();
  };

  void AddBody(std::string_view body);
  void AddStems();
  void AddPath(std::string_view path);
  void WriteBody(SegmentWriter& writer) const;
  void WriteField(Field field, const FieldLog& log, SegmentWriter& writer) const;
  void DropDead();
  void Clear();

  FieldLog body_;  // entries: term id, with kSamePosition when the token does not advance
  FieldLog stem_;
  FieldLog symbol_;
  FieldLog path_;
  std::vector<std::uint32_t> position_begin_;  // of each passage's body in the positions of all
  std::uint32_t positions_ = 0;
  std::vector<std::uint32_t> stem_of_;  // body term id -> stem term id, kNoStem, or kUnknownStem
  Stemmer stemmer_;
  std::string path_text_;  // the last path, and its terms: passages of a file follow each other
  std::vector<std::uint32_t> path_ids_;

  PassageTable table_;
  std::unordered_map<std::uint64_t, std::uint32_t> live_;  // id -> passage
};

}  // namespace attune::index
