#pragma once
// JsonElementReader: the elements of a huge JSON array, or of a file with one JSON value
// a line, one after the other through a small window. A 1 GB export never has to fit.
//
//   JsonElementReader reader([&](std::span<char> buffer) { return file.Read(buffer); });
//   while (true) {
//     Result<std::optional<JsonElement>> next = reader.Next();
//     if (!next.ok()) { report(next.error()); if (reader.done()) break; continue; }
//     if (!next->has_value()) break;
//     Result<Value> chat = ParseJson((*next)->text);
//   }
//
// The reader finds the borders of elements; whether the text of one is JSON is for
// ParseJson to say. Both together accept exactly the arrays that ParseJson accepts.
//
// Ownership  owns the window; the text of an element is valid until the next call of Next.
// Threads    none; one reader, one thread.
// Cost       one pass, some 500 MB/s; memory is one window: chunk_size, growing up to the
//            largest element, at most element_size_max + chunk_size.
// Errors     of the source, passed on: the reader is done.
//            kExhausted    this element is larger than element_size_max. It is skipped;
//                          the next call goes on behind it.
//            kInvalidArgument  the array is broken between elements, with the offset; done.
//            kCorruption   "truncated at byte N after K elements"; done. What came before
//                          was delivered.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "attune/base/bytes.h"
#include "attune/base/result.h"

namespace attune::state {

// Fills the front of the buffer and answers how many bytes; 0 is the end.
using ChunkSource = std::function<Result<std::size_t>(std::span<char> buffer)>;

enum class Framing : std::uint8_t {
  kAuto,    // kArray when the text begins with '['; kLines when its first line is whole, else kValues
  kArray,   // one array; its elements
  kLines,   // a value a line; empty lines are skipped, a broken line spoils no other
  kValues,  // values in a row, each over any number of lines
};

struct JsonElementReaderConfig {
  Framing framing = Framing::kAuto;
  Bytes element_size_max = 64_MiB;  // of text; one element must fit into memory, with its value
  Bytes chunk_size = 256_KiB;       // asked of the source at once; more saves calls and costs memory
  std::size_t depth_max = 256;      // inside one element; deeper is kInvalidArgument here already
};

struct JsonElement {
  std::string_view text;     // without the white space around it
  std::uint64_t offset = 0;  // of its first byte in the input
  std::uint64_t index = 0;   // 0, 1, 2 … of the elements in the input, skipped ones included
};

class JsonElementReader {
 public:
  explicit JsonElementReader(ChunkSource source, JsonElementReaderConfig config = {});

  // nullopt at the end. After `done()` it is nullopt for ever.
  Result<std::optional<JsonElement>> Next();

  bool done() const noexcept { return done_; }
  std::uint64_t offset() const noexcept { return base_ + position_; }  // bytes behind us, for a progress bar
  std::uint64_t elements() const noexcept { return elements_; }        // found so far, skipped ones included
  Bytes window_bytes() const noexcept { return Bytes(window_.capacity()); }

 private:
  enum class Place : std::uint8_t { kStart, kBeforeFirst, kBeforeElement, kAfterElement, kEnd };
  enum class Scan : std::uint8_t { kMore, kWhole, kBroken };

  using Found = Result<std::optional<JsonElement>>;
  Result<bool> Fill();         // false at the end of the input
  Result<bool> SkipSpace();    // false at the end of the input
  Status Begin();              // byte order mark, framing, opening bracket
  Result<bool> FindElement();  // moves to the first byte of one; false at the end
  Found ReadElement();
  Scan ScanElement();
  Scan ScanLine();
  Scan ScanByte(char c);
  Found FinishElement(std::size_t end);
  Found EndInsideElement();
  Error Fail(ErrorCode code, std::uint64_t at, const std::string& what);
  bool by_line() const noexcept { return framing_ == Framing::kLines; }

  ChunkSource source_;
  JsonElementReaderConfig config_;
  Framing framing_;
  std::string window_;  // bytes [base_, base_ + size_) of the input are its first size_ ones
  std::size_t size_ = 0;
  std::size_t position_ = 0;  // next byte to look at
  std::size_t start_ = 0;     // of the element that is being read
  std::uint64_t base_ = 0;
  std::uint64_t elements_ = 0;
  std::uint64_t element_offset_ = 0;
  std::uint64_t element_size_ = 0;
  std::string open_;  // brackets of the element that are open
  bool in_element_ = false;
  bool in_string_ = false;
  bool escaped_ = false;
  bool skipping_ = false;  // the element is too large and is dropped as it passes
  bool input_ended_ = false;
  bool done_ = false;
  Place place_ = Place::kStart;
};

}  // namespace attune::state
