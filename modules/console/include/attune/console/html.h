#pragma once
// HTML to text that keeps its lines: line N of the result holds what line N of the
// source shows, so that a hit can be opened where it stands.
//
//   HtmlText page = ReadHtml(bytes);
//   page.title, page.text, page.headings
//
// Markup, scripts, styles and comments become nothing or white space, character
// references become characters, alternative texts of images stay. It is a tokenizer, not
// a tree builder: nesting is never followed, so depth costs nothing and cannot
// overflow anything.
//
// Ownership  the result owns its strings.
// Threads    pure function.
// Cost       linear, one pass; the result is never longer than the source plus one byte per tag.
// Errors     none: every byte sequence is some HTML.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attune::console {

struct HtmlHeading {
  std::uint32_t level = 1;       // 1 to 6
  std::uint32_t byte_begin = 0;  // in the text
  std::uint32_t byte_end = 0;
};

struct HtmlText {
  std::string title;  // of the page, or its first heading
  std::string text;   // UTF-8 if the source is
  std::vector<HtmlHeading> headings;
};

// REQUIRES: html.size() < 4 GiB.
HtmlText ReadHtml(std::string_view html);

}  // namespace attune::console
