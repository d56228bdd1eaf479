#pragma once
// FindPhrase: the passages of one segment whose body has the terms at consecutive positions, with how often.
//
// Cost    walks the rarest term; positions are read only where every term occurs.
// Errors  kDeadline.

#include <vector>

#include "search_plan.h"

namespace attune::index {

// `terms`: in phrase order, at least two, of the body field.
Result<MaterialList> FindPhrase(const Segment& segment, const std::vector<TermInfo>& terms, const Deadline& deadline);

// Keeps `impact` true for a posting that is appended. `length_code` of the body; unused by fields without lengths.
void AppendMaterial(MaterialList& list, std::uint32_t doc, std::uint32_t tf, std::uint8_t length_code);

}  // namespace attune::index
