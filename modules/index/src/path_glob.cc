#include <cstddef>
#include <string_view>
#include <vector>

#include "attune/index/query.h"

namespace attune::index {
namespace {

// Follows all ways to match at once: which places of the path the glob, as far as it was read, can have come to.
class Places {
 public:
  // Begins at the path's first segment, or at any.
  Places(std::string_view path, bool first_only) : path_(path), at_(path.size() + 1, 0) {
    for (std::size_t i = 0; i <= path.size(); ++i) {
      at_[i] = i == 0 || (!first_only && path[i - 1] == '/') ? 1 : 0;
    }
  }

  void Byte(char wanted) {
    for (std::size_t i = path_.size(); i > 0; --i) {
      const char found = path_[i - 1];
      at_[i] = at_[i - 1] != 0 && (wanted == found || (wanted == '?' && found != '/')) ? 1 : 0;
    }
    at_[0] = 0;
  }

  void Star() {
    for (std::size_t i = 1; i < at_.size(); ++i) {
      at_[i] = at_[i] != 0 || (at_[i - 1] != 0 && path_[i - 1] != '/') ? 1 : 0;
    }
  }

  // `segments`: the glob says "**/", which stands for nothing or ends with a '/'.
  void DoubleStar(bool segments) {
    bool before = false;
    for (std::size_t i = 0; i < at_.size(); ++i) {
      const bool here = at_[i] != 0;
      at_[i] = here || (before && (!segments || path_[i - 1] == '/')) ? 1 : 0;
      before = before || here;
    }
  }

  bool AnyAtSegmentEnd() const {
    for (std::size_t i = 0; i < at_.size(); ++i) {
      if (at_[i] != 0 && (i == path_.size() || path_[i] == '/')) {
        return true;
      }
    }
    return false;
  }

 private:
  std::string_view path_;
  std::vector<char> at_;  // by place: between path_[i - 1] and path_[i]
};

}  // namespace

bool PathMatches(std::string_view glob, std::string_view path) noexcept {
  const bool anchored = glob.starts_with('/');
  const bool below = glob.ends_with('/');
  if (anchored) {
    glob.remove_prefix(1);
  }
  if (path.starts_with('/')) {
    path.remove_prefix(1);
  }
  if (glob.empty() || glob.size() > kGlobBytesMax) {
    return anchored && glob.empty();
  }
  Places places(path, anchored);
  for (std::size_t i = 0; i < glob.size(); ++i) {
    if (glob.substr(i, 2) == "**") {
      const bool segments = glob.substr(i, 3) == "**/";
      places.DoubleStar(segments);
      i += segments ? 2 : 1;
    } else if (glob[i] == '*') {
      places.Star();
    } else {
      places.Byte(glob[i]);
    }
  }
  if (below) {
    places.DoubleStar(false);
  }
  return places.AnyAtSegmentEnd();
}

}  // namespace attune::index
