// Streamed in pieces of any size, an array has the elements that parsing the whole
// gives, and a text that is no JSON array fails somewhere on the way.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "attune/state/json.h"
#include "attune/state/json_elements.h"

namespace {

using namespace attune::state;

constexpr std::size_t kDepthMax = 16;

// nullopt when the reader or the parser of an element fails.
std::optional<Array> ReadStreamed(std::string_view text, std::size_t piece, Framing framing) {
  JsonElementReader reader(
      [&](std::span<char> buffer) -> attune::Result<std::size_t> {
        const std::size_t count = std::min({piece, buffer.size(), text.size()});
        std::copy_n(text.data(), count, buffer.data());
        text.remove_prefix(count);
        return count;
      },
      {.framing = framing, .chunk_size = attune::Bytes(16), .depth_max = kDepthMax});
  Array items;
  while (true) {
    const auto next = reader.Next();
    if (!next.ok()) {
      return std::nullopt;
    }
    if (!next->has_value()) {
      return items;
    }
    // A byte order mark inside the text is no JSON, though it may begin a document.
    if ((*next)->text.starts_with("\xEF\xBB\xBF")) {
      return std::nullopt;
    }
    auto value = ParseJson((*next)->text, {.depth_max = kDepthMax});
    if (!value.ok()) {
      return std::nullopt;
    }
    items.push_back(*std::move(value));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t piece = size == 0 ? 1 : 1 + data[size - 1] % 17U;
  const auto whole = ParseJson(text, {.depth_max = kDepthMax + 1});
  const auto streamed = ReadStreamed(text, piece, Framing::kArray);
  if (whole.ok() && whole->AsArray() != nullptr) {
    ATTUNE_CHECK(streamed && *streamed == *whole->AsArray(), "the elements of the whole");
  } else {
    ATTUNE_CHECK(!streamed, "what is no array does not read as one");
  }
  for (const Framing framing : {Framing::kAuto, Framing::kLines, Framing::kValues}) {
    ATTUNE_CHECK(ReadStreamed(text, 1, framing) == ReadStreamed(text, piece, framing), "pieces do not matter");
  }
  return 0;
}
