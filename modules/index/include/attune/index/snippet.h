#pragma once
// Snippet: the few lines of a passage that show best why it matched, with the matching words marked.
//
// Threads    pure function.
// Cost       one tokenisation of the body, about 10 ns per byte.
// Errors     none; without a match the snippet is the beginning of the body.
//
//   const Snippet snippet = MakeSnippet(body, top.terms, {});
//   body.substr(snippet.begin, snippet.end - snippet.begin)  // what to show

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "attune/index/text_index.h"

namespace attune::index {

struct SnippetConfig {
  std::size_t lines_max = 6;
  std::size_t bytes_max = 400;      // cut at a character boundary
  std::size_t highlights_max = 64;  // of the window, in reading order
};

struct Highlight {  // byte offsets into the body
  std::size_t begin = 0;
  std::size_t end = 0;
  friend bool operator==(const Highlight&, const Highlight&) = default;
};

struct Snippet {
  std::size_t begin = 0;  // byte offsets into the body; whole lines unless a line is longer than bytes_max
  std::size_t end = 0;
  std::uint32_t line = 0;                  // of `begin`, counted from 0
  std::vector<Highlight> highlights = {};  // ascending, not overlapping, inside [begin, end)
};

// Chooses the window with the most distinct terms, then the most occurrences, then the earliest.
Snippet MakeSnippet(std::string_view body, std::span<const HighlightTerm> terms, const SnippetConfig& config);

}  // namespace attune::index
