#pragma once
// SegmentMerge: several segments become one, a bounded step at a time. Passages that are deleted when the merge starts
// are left out; those deleted while it runs are marked in the result by CarryDeletes.
//
// Ownership  holds its inputs.
// Threads    none; the inputs may be searched and marked meanwhile.
// Cost       about 5 ns per input byte. Memory: the new image.

#include <cstdint>
#include <string>
#include <vector>

#include "search_plan.h"
#include "segment.h"
#include "segment_writer.h"

namespace attune::index {

class SegmentMerge {
 public:
  // `inputs` in ascending order of generation; the result has the highest.
  explicit SegmentMerge(Segments inputs);

  // Works through about `budget` bytes, at least one term while there is one. Returns how many. REQUIRES: !done().
  std::uint64_t Step(std::uint64_t budget);
  bool done() const noexcept { return done_; }

  // Empty if every passage is deleted. REQUIRES: done(), once.
  std::string TakeImage();

  // Marks in `output` (opened from the image) what was deleted in the inputs since the merge began.
  void CarryDeletes(Segment& output) const;

  const Segments& inputs() const noexcept { return inputs_; }
  std::uint64_t bytes() const noexcept;

 private:
  static constexpr std::uint32_t kGone = ~0U;

  void AddPassages();
  void BeginField();
  std::uint64_t MergeTerm();
  void AddPostings(std::size_t input, const TermInfo& info);

  Segments inputs_;
  std::vector<std::vector<std::uint32_t>> new_doc_;  // per input and passage; kGone if left out
  PassageTable table_;
  SegmentWriter writer_;
  std::size_t field_ = 0;
  std::vector<TermCursor> cursors_;  // one per input, of the field
  bool done_ = false;
};

}  // namespace attune::index
