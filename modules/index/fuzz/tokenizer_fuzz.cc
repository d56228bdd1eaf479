// Tokens of any text lie inside it, in order, within the bounds that the tokenizer states.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../src/tokenizer.h"
#include "attune/base/check.h"

namespace {

class Checker final : public attune::index::TokenSink {
 public:
  explicit Checker(std::size_t size) : size_(size) {}
  void OnToken(const attune::index::Token& token) override {
    ATTUNE_CHECK(token.length > 0 && token.length <= attune::index::kTermBytesMax, "a term has a bounded length");
    ATTUNE_CHECK(token.begin < token.end && token.end <= size_, "a token lies inside the text");
    ATTUNE_CHECK(token.advances || any_, "the first token has a position");
    any_ = true;
  }

 private:
  std::size_t size_;
  bool any_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Checker checker(size);
  attune::index::Tokenize({reinterpret_cast<const char*>(data), size}, checker);
  return 0;
}
