#pragma once
// FindPrefix: the terms of a field that begin with a prefix, as one list per segment; a passage's tf is the sum over
// the terms that it contains.
//
// Which terms count is decided over all segments, so it does not depend on how passages are spread: the
// kPrefixExpansionsMax that most passages contain, equal ones in term order.
//
// Cost    one dictionary range per segment, at most kPrefixScanMax terms of it, then the postings of the chosen terms.
// Errors  kDeadline.

#include <string_view>
#include <vector>

#include "search_plan.h"

namespace attune::index {

struct PrefixLists {
  std::vector<MaterialList> lists;  // one per segment
  std::size_t terms_dropped = 0;
};

Result<PrefixLists> FindPrefix(const Segments& segments, Field field, std::string_view prefix,
                               const Deadline& deadline);

}  // namespace attune::index
