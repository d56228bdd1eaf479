#include "http_invalidations.h"

#include <algorithm>

namespace attune::cache {

void HttpInvalidations::Note(std::string_view uri, TimePoint at) {
  std::erase_if(changes_, [uri](const Change& change) { return change.uri == uri; });
  if (changes_.size() == kNotedMax) {
    all_at_ = std::max(all_at_, changes_.front().at);
    changes_.pop_front();
  }
  changes_.push_back({std::string(uri), at});
}

void HttpInvalidations::NoteAll(TimePoint at) {
  changes_.clear();
  all_at_ = at;
}

bool HttpInvalidations::IsOld(std::string_view uri, TimePoint asked_at) const {
  return asked_at < all_at_ ||
         std::ranges::any_of(changes_, [&](const Change& change) { return asked_at < change.at && change.uri == uri; });
}

}  // namespace attune::cache
