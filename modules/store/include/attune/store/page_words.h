#pragma once
// PageWords: where the words of a recognised page stand in its image, and how
// sure the recogniser was. One per page of a document whose kind is kPage.
//
// The packed form is what the table page_words holds: a version byte, the page
// size, then per word variable-length integers (about 9 bytes a word).
//
// Threads    pure functions.
// Errors     UnpackPageWords: kCorruption for any bytes that PackPageWords did not
//            make; it never reads outside, never allocates more than the bytes justify.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/result.h"

namespace attune::store {

struct PageWord {
  std::uint32_t byte_begin = 0;  // into the text of the document
  std::uint32_t byte_end = 0;    // one past the last byte
  std::uint32_t left = 0;        // the box in pixels of the page image
  std::uint32_t top = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint8_t confidence = 0;  // 0 to 100
  friend bool operator==(const PageWord&, const PageWord&) = default;
};

struct PageWords {
  std::uint32_t page = 1;  // counts from 1
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::vector<PageWord> words{};  // ascending byte_begin
  friend bool operator==(const PageWords&, const PageWords&) = default;
};

// `page` is the key of the row and not part of the bytes. kInvalidArgument names a word that is out of order, has an
// end before its begin, or a confidence above 100.
Result<std::string> PackPageWords(const PageWords& page);
Result<PageWords> UnpackPageWords(std::uint32_t page, std::string_view bytes);

}  // namespace attune::store
