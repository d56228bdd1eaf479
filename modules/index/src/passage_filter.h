#pragma once
// PassageFilter: Filters for one segment. Strings are looked up once per segment; a glob is tried once per path, when a
// passage of that path comes up.
//
// Threads    none; one per search.

#include <cstdint>
#include <vector>

#include "attune/index/query.h"
#include "segment.h"

namespace attune::index {

class PassageFilter {
 public:
  // Both must allow a passage. They and the segment must outlive the filter.
  PassageFilter(const Segment& segment, const Filters& a, const Filters& b);

  bool allows_nothing() const noexcept { return allows_nothing_; }
  bool allows_everything() const noexcept { return allows_everything_; }
  bool Allows(std::uint32_t doc);

 private:
  void Add(const Filters& filters);
  void Restrict(Section table, const std::vector<std::string>& values, bool fold_case, std::vector<bool>& allowed);
  bool PathAllowed(std::uint32_t path);

  const Segment& segment_;
  bool allows_nothing_ = false;
  bool allows_everything_ = true;
  // By index of the string table; empty: every value.
  std::vector<bool> languages_;
  std::vector<bool> sources_;
  std::vector<bool> roles_;
  std::vector<bool> kinds_;
  std::vector<const std::vector<std::string>*> globs_;  // of each Filters that has some
  std::vector<std::uint8_t> paths_;                     // what the globs said: 0 not asked, 1 yes, 2 no
  std::int64_t after_ms_ = INT64_MIN;
  std::int64_t before_ms_ = INT64_MAX;
};

}  // namespace attune::index
