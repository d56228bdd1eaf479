#include "attune/store/page_words.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "attune/base/result.h"

namespace attune::store {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kWordBytesMin = 7;  // seven fields of at least a byte each
constexpr std::uint8_t kConfidenceMax = 100;

void PutVarint(std::string& out, std::uint32_t value) {
  while (value >= 0x80U) {
    out.push_back(static_cast<char>((value & 0x7fU) | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<char>(value));
}

// Takes numbers off the front; nullopt once anything was wrong.
class VarintReader {
 public:
  explicit VarintReader(std::string_view bytes) : bytes_(bytes) {}

  std::uint32_t Take() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 35 && !bytes_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if (byte < 0x80U) {
        if (value > UINT32_MAX) break;
        return static_cast<std::uint32_t>(value);
      }
    }
    good_ = false;
    return 0;
  }
  bool good() const { return good_; }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
  bool good_ = true;
};

Error Damaged(std::uint32_t page, std::string_view why) {
  return Error(ErrorCode::kCorruption, "the words of page " + std::to_string(page) +
                                           " are damaged: " + std::string(why) + "; read the file again");
}

}  // namespace

Result<std::string> PackPageWords(const PageWords& page) {
  std::string out(1, kVersion);
  PutVarint(out, page.width);
  PutVarint(out, page.height);
  PutVarint(out, static_cast<std::uint32_t>(page.words.size()));
  std::uint32_t before = 0;
  for (const PageWord& word : page.words) {
    if (word.byte_begin < before || word.byte_end < word.byte_begin || word.confidence > kConfidenceMax) {
      return Error(ErrorCode::kInvalidArgument,
                   "word at bytes " + std::to_string(word.byte_begin) + " to " + std::to_string(word.byte_end) +
                       " of page " + std::to_string(page.page) + ", confidence " + std::to_string(word.confidence) +
                       ": words must ascend, end behind their begin, and be 0 to 100 percent sure");
    }
    PutVarint(out, word.byte_begin - before);
    PutVarint(out, word.byte_end - word.byte_begin);
    PutVarint(out, word.left);
    PutVarint(out, word.top);
    PutVarint(out, word.width);
    PutVarint(out, word.height);
    out.push_back(static_cast<char>(word.confidence));
    before = word.byte_begin;
  }
  return out;
}

Result<PageWords> UnpackPageWords(std::uint32_t page, std::string_view bytes) {
  if (bytes.empty() || bytes[0] != kVersion) return Damaged(page, "unknown version");
  VarintReader reader(bytes.substr(1));
  PageWords result{.page = page, .width = reader.Take(), .height = reader.Take()};
  const std::uint32_t count = reader.Take();
  if (!reader.good() || count > reader.size() / kWordBytesMin) return Damaged(page, "impossible number of words");
  result.words.reserve(count);
  std::uint64_t before = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t begin = before + reader.Take();
    const std::uint64_t end = begin + reader.Take();
    PageWord word{.left = reader.Take(), .top = reader.Take(), .width = reader.Take(), .height = reader.Take()};
    const std::uint32_t confidence = reader.Take();
    if (!reader.good() || end > UINT32_MAX || confidence > kConfidenceMax) return Damaged(page, "impossible word");
    word.byte_begin = static_cast<std::uint32_t>(begin);
    word.byte_end = static_cast<std::uint32_t>(end);
    word.confidence = static_cast<std::uint8_t>(confidence);
    result.words.push_back(word);
    before = begin;
  }
  if (reader.size() != 0) return Damaged(page, "bytes are left over");
  return result;
}

}  // namespace attune::store
