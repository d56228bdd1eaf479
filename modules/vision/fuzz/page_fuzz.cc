// Any words at any places give text in which every word appears, cut without loss.
#include <cstddef>
#include <cstdint>
#include <string>

#include "attune/base/check.h"
#include "attune/vision/page.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using attune::vision::Word;
  attune::vision::Page page{256, 256, attune::vision::PageOrigin::kTextLayer, {}};
  std::size_t bytes = 0;
  for (std::size_t i = 0; i + 3 < size; i += 4) {
    const auto left = static_cast<float>(data[i]);
    const auto top = static_cast<float>(data[i + 1]);
    Word word;
    word.text = std::string(1 + data[i + 3] % 5, static_cast<char>('a' + data[i + 3] % 26));
    word.box = {left, top, left + static_cast<float>(data[i + 2]), top + static_cast<float>(data[i + 3])};
    bytes += word.text.size();
    page.words.push_back(word);
  }
  attune::vision::NumberLines(page.words);
  const auto text = ReadingText(page);
  const auto letters = [](const std::string& s) {
    std::size_t count = 0;
    for (const char c : s) count += c > ' ' ? 1 : 0;
    return count;
  };
  ATTUNE_CHECK(letters(text.text) == bytes, "every word is in the text");
  std::size_t passages = 0;
  for (const auto& passage : CutPassages(text, {.bytes_max = size > 0 ? data[0] : 0U}))
    passages += letters(passage.text);
  ATTUNE_CHECK(passages == bytes, "every word is in one passage");
  return 0;
}
