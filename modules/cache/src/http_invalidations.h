#pragma once
// HttpInvalidations: when resources were last changed, so that an answer that was asked for before the change, and
// comes after it, is known to be old.
//
//   changes.Note("https://a/x", now);
//   changes.IsOld("https://a/x", asked_at);   // asked_at < now
//
// Threads    one at a time.
// Bounds     kNotedMax URIs; of more, the oldest change counts for all URIs, which costs answers that could have been
//            kept and never an old one.
// Cost       O(kNotedMax), comparing times before texts.

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "attune/base/clock.h"

namespace attune::cache {

class HttpInvalidations {
 public:
  static constexpr std::size_t kNotedMax = 256;  // more changes than a server answers while one request is on its way

  void Note(std::string_view uri, TimePoint at);
  void NoteAll(TimePoint at);
  bool IsOld(std::string_view uri, TimePoint asked_at) const;

 private:
  struct Change {
    std::string uri;
    TimePoint at;
  };
  std::deque<Change> changes_;  // each URI once, the oldest in front
  TimePoint all_at_ = TimePoint::min();
};

}  // namespace attune::cache
