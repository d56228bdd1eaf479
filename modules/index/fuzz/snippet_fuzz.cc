// A snippet of any text lies inside it and keeps its limits.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "attune/base/check.h"
#include "attune/index/snippet.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using attune::index::HighlightTerm;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const std::array<HighlightTerm, 3> terms = {HighlightTerm{"1", HighlightTerm::Match::kPrefix},
                                              HighlightTerm{"gib", HighlightTerm::Match::kExact},
                                              HighlightTerm{"m", HighlightTerm::Match::kStem}};
  const attune::index::SnippetConfig config{.lines_max = 2, .bytes_max = 10};
  const attune::index::Snippet snippet = attune::index::MakeSnippet(body, terms, config);
  ATTUNE_CHECK(snippet.begin <= snippet.end && snippet.end <= body.size(), "inside the body");
  ATTUNE_CHECK(snippet.end - snippet.begin <= config.bytes_max, "within the limit");
  for (const attune::index::Highlight& highlight : snippet.highlights) {
    ATTUNE_CHECK(highlight.begin >= snippet.begin && highlight.end <= snippet.end, "inside the snippet");
  }
  return 0;
}
