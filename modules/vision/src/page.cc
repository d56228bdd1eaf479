#include "attune/vision/page.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace attune::vision {
namespace {

float Height(const Box& box) { return std::max(box.bottom - box.top, 0.0F); }

// Two boxes stand in one line when they share half the height of the lower one.
bool Beside(const Box& a, const Box& b) {
  const float shared = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  return shared > 0.5F * std::min(Height(a), Height(b));
}

// How much further down the next line may start and still belong to the block, in
// heights of a line: set text steps by 1.2, a double-spaced letter by 2.4.
constexpr float kLineStepMax = 1.8F;

bool StartsBlock(const Box& line, const Box& next) {
  const float step = next.top - line.top;
  const float height = std::max(Height(line), Height(next));
  const bool moves_up = step < -0.5F * height;  // the next column, or a footnote read early
  const bool apart = next.left > line.right || next.right < line.left;
  return moves_up || step > kLineStepMax * height || apart;
}

}  // namespace

Box Union(const Box& a, const Box& b) noexcept {
  return {std::min(a.left, b.left), std::min(a.top, b.top), std::max(a.right, b.right), std::max(a.bottom, b.bottom)};
}

void NumberLines(std::vector<Word>& words) {
  if (words.empty()) return;
  std::uint32_t line = 0;
  std::uint32_t block = 0;
  Box line_box = words.front().box;
  Box last_word = line_box;
  for (Word& word : words) {
    const bool continues = Beside(last_word, word.box) && word.box.right >= last_word.left;
    if (!continues) {
      ++line;
      if (StartsBlock(line_box, word.box)) ++block;
      line_box = word.box;
    }
    line_box = Union(line_box, word.box);
    last_word = word.box;
    word.line = line;
    word.block = block;
  }
}

PageText ReadingText(const Page& page) {
  PageText result;
  std::size_t words_in_line = 0;
  const auto end_line = [&] {
    if (words_in_line == 0) return;
    PageLine& line = result.lines.back();
    line.length = result.text.size() - line.offset;
    line.confidence /= static_cast<float>(words_in_line);
    result.text += '\n';
    words_in_line = 0;
  };
  const Word* last = nullptr;
  for (const Word& word : page.words) {
    const bool new_block = last != nullptr && word.block != last->block;
    if (last == nullptr || new_block || word.line != last->line) {
      end_line();
      if (new_block) result.text += '\n';
      result.lines.push_back({result.text.size(), 0, word.box, 0, word.block});
    } else {
      result.text += ' ';
    }
    result.text += word.text;
    result.lines.back().box = Union(result.lines.back().box, word.box);
    result.lines.back().confidence += word.confidence;
    ++words_in_line;
    last = &word;
  }
  end_line();
  return result;
}

namespace {

PagePassage MakePassage(const PageText& text, std::size_t first, std::size_t end) {
  const PageLine& last = text.lines[end - 1];
  const std::size_t offset = text.lines[first].offset;
  PagePassage passage;
  passage.text = text.text.substr(offset, last.offset + last.length - offset);
  passage.line_first = static_cast<std::uint32_t>(first + 1);
  passage.line_last = static_cast<std::uint32_t>(end);
  passage.box = text.lines[first].box;
  float confidence = 0;
  for (std::size_t i = first; i < end; ++i) {
    passage.box = Union(passage.box, text.lines[i].box);
    confidence += text.lines[i].confidence;
  }
  passage.confidence = confidence / static_cast<float>(end - first);
  return passage;
}

}  // namespace

std::vector<PagePassage> CutPassages(const PageText& text, const PassageLimits& limits) {
  std::vector<PagePassage> passages;
  const auto& lines = text.lines;
  std::size_t first = 0;
  while (first < lines.size()) {
    const auto fits = [&](std::size_t last) {
      return lines[last].offset + lines[last].length - lines[first].offset <= limits.bytes_max;
    };
    std::size_t end = first + 1;  // the first line goes in however long it is
    while (end < lines.size() && fits(end)) ++end;
    if (end < lines.size()) {  // prefer to end where a block ends
      std::size_t cut = end;
      while (cut > first && lines[cut].block == lines[cut - 1].block) --cut;
      if (cut > first) end = cut;
    }
    passages.push_back(MakePassage(text, first, end));
    first = end;
  }
  return passages;
}

}  // namespace attune::vision
