#pragma once
// LineTable: where each line of a text begins.
//
//   LineTable lines("a\nb\n");  lines.count() == 2;  lines.LineOf(2) == 2;
//
// A line end at the end of the text begins no further line. The empty text has no
// lines. Cost: O(text) to build, 4 bytes a line; LineOf O(log lines).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace attune::console {

class LineTable {
 public:
  // REQUIRES: text.size() < 4 GiB. Keeps a view of the text.
  explicit LineTable(std::string_view text) : text_(text) {
    starts_.reserve(text.size() / 32 + 1);
    for (std::size_t at = 0; at < text.size();) {
      starts_.push_back(static_cast<std::uint32_t>(at));
      const std::size_t end = text.find('\n', at);
      at = end == std::string_view::npos ? text.size() : end + 1;
    }
  }

  std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(starts_.size()); }

  // 1-based. REQUIRES: at < text size.
  std::uint32_t LineOf(std::uint32_t at) const {
    return static_cast<std::uint32_t>(std::upper_bound(starts_.begin(), starts_.end(), at) - starts_.begin());
  }
  // 1-based; count() + 1 begins at the end of the text.
  std::uint32_t Begin(std::uint32_t line) const {
    return line > starts_.size() ? static_cast<std::uint32_t>(text_.size()) : starts_[line - 1];
  }
  std::string_view Line(std::uint32_t line) const { return text_.substr(Begin(line), Begin(line + 1) - Begin(line)); }
  std::string_view text() const noexcept { return text_; }

 private:
  std::string_view text_;
  std::vector<std::uint32_t> starts_;
};

}  // namespace attune::console
