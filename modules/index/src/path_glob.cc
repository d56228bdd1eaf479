#include <cstddef>
#include <string_view>

#include "attune/index/query.h"

namespace attune::index {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// Where to go on when the text after a star does not match: the star takes one character more.
struct Retry {
  std::size_t glob = kNone;
  std::size_t path = 0;
};

// True if `glob` matches path[0, n) for an n that ends a segment.
class SegmentsMatch {
 public:
  SegmentsMatch(std::string_view glob, std::string_view path) : glob_(glob), path_(path) {}

  bool Run() {
    for (;;) {
      if (glob_at_ == glob_.size() && (path_at_ == path_.size() || path_[path_at_] == '/')) {
        return true;
      }
      if (!Step() && !Back()) {
        return false;
      }
    }
  }

 private:
  bool Step() {
    if (glob_at_ == glob_.size()) {
      return false;
    }
    if (glob_[glob_at_] == '*') {
      return EnterStar();
    }
    if (path_at_ == path_.size()) {
      return false;
    }
    const char wanted = glob_[glob_at_];
    const char found = path_[path_at_];
    if (wanted != found && !(wanted == '?' && found != '/')) {
      return false;
    }
    ++glob_at_;
    ++path_at_;
    return true;
  }

  bool EnterStar() {
    if (glob_.substr(glob_at_, 2) == "**") {
      glob_at_ += 2;
      whole_segments_ =
          glob_at_ < glob_.size() && glob_[glob_at_] == '/' && (glob_at_ == 2 || glob_[glob_at_ - 3] == '/');
      glob_at_ += whole_segments_ ? 1U : 0U;  // "**/" stands for any number of whole segments, none included
      across_ = {glob_at_, path_at_};
      within_ = {};
    } else {
      ++glob_at_;
      within_ = {glob_at_, path_at_};
    }
    return true;
  }

  bool Back() {
    if (within_.glob != kNone && within_.path < path_.size() && path_[within_.path] != '/') {
      glob_at_ = within_.glob;
      path_at_ = ++within_.path;
      return true;
    }
    if (across_.glob == kNone) {
      return false;
    }
    if (whole_segments_) {
      const std::size_t slash = path_.find('/', across_.path);
      if (slash == kNone) {
        return false;
      }
      across_.path = slash;
    }
    if (across_.path >= path_.size()) {
      return false;
    }
    within_ = {};
    glob_at_ = across_.glob;
    path_at_ = ++across_.path;
    return true;
  }

  std::string_view glob_;
  std::string_view path_;
  std::size_t glob_at_ = 0;
  std::size_t path_at_ = 0;
  Retry within_;                 // of the last *
  Retry across_;                 // of the last **
  bool whole_segments_ = false;  // that ** is followed by '/'
};

}  // namespace

bool PathMatches(std::string_view glob, std::string_view path) noexcept {
  const bool anchored = glob.starts_with('/');
  if (anchored) {
    glob.remove_prefix(1);
  }
  if (path.starts_with('/')) {
    path.remove_prefix(1);
  }
  if (glob.empty()) {
    return anchored;
  }
  if (glob.ends_with('/')) {
    return PathMatches(std::string(anchored ? "/" : "") + std::string(glob) + "**", path);
  }
  for (std::size_t begin = 0;; ++begin) {
    if (SegmentsMatch(glob, path.substr(begin)).Run()) {
      return true;
    }
    begin = path.find('/', begin);
    if (anchored || begin == kNone) {
      return false;
    }
  }
}

}  // namespace attune::index
