#pragma once
// Page: what was read from one page of a scan or a PDF file, word by word, with
// the place of every word; and the text of a page in lines, from which passages
// are cut that can say where on the page they stand.
//
//   const PageText text = ReadingText(page);
//   for (const PagePassage& passage : CutPassages(text, {})) Index(passage.text, passage.box);
//
// Threads    plain values and pure functions.
// Cost       linear in the words of the page.
// Errors     none: any list of words gives some text.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace attune::vision {

// In the unit of its page: pixels of an image, points (1/72 inch) of a PDF page.
// The origin is the upper left corner of the page.
struct Box {
  float left = 0;
  float top = 0;
  float right = 0;
  float bottom = 0;
  friend bool operator==(const Box&, const Box&) = default;
};

// The smallest box that holds both.
Box Union(const Box& a, const Box& b) noexcept;

struct Word {
  std::string text;  // UTF-8 without white space, never empty
  Box box;
  float confidence = 1;     // 0 to 1; words of a PDF text layer are certain
  std::uint32_t line = 0;   // counts up from 0 through the page, in reading order
  std::uint32_t block = 0;  // paragraphs and columns; counts up from 0 as well
};

enum class PageOrigin : std::uint8_t { kTextLayer, kRecognized };

struct Page {
  float width = 0;
  float height = 0;
  PageOrigin origin = PageOrigin::kRecognized;
  std::vector<Word> words;  // in reading order
};

// Numbers the lines and blocks of words that come in reading order with only
// their boxes known: a word starts a line when it does not stand beside the word
// before it, and a block when the step to it is larger than a usual line step.
void NumberLines(std::vector<Word>& words);

struct PageLine {
  std::size_t offset = 0;  // into PageText::text
  std::size_t length = 0;  // bytes, without the line break
  Box box;
  float confidence = 1;  // mean of its words
  std::uint32_t block = 0;
};

// `text` has one line per PageLine, each ended by '\n', and an empty line between
// blocks. Line numbers for people are positions in `lines` plus one.
struct PageText {
  std::string text;
  std::vector<PageLine> lines;
};

PageText ReadingText(const Page& page);

struct PassageLimits {
  // Long enough for a paragraph to stay whole, short enough for one hit to be
  // shown whole. A longer block is cut between lines; a longer line stays whole.
  std::size_t bytes_max = 2000;
};

struct PagePassage {
  std::string text;
  std::uint32_t line_first = 1;  // 1-based, inclusive
  std::uint32_t line_last = 1;
  Box box;
  float confidence = 1;  // mean over its lines
};

// Whole blocks are put together while they fit. Every line is in exactly one passage.
std::vector<PagePassage> CutPassages(const PageText& text, const PassageLimits& limits);

}  // namespace attune::vision
