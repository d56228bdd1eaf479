// Any text is a query within the bounds that query.h states.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/check.h"
#include "attune/index/query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // The replay's inputs are short; prefixes bring them to the interesting places.
  for (const char* prefix : {"", "lang:", "after:", "path:", "+\"", "-symbol:", "kind:"}) {
    const attune::index::Query query = attune::index::ParseQuery(prefix + std::string(text));
    ATTUNE_CHECK(query.clauses.size() <= attune::index::kClausesMax, "clauses are bounded");
    ATTUNE_CHECK(query.filters.path_globs.size() <= attune::index::kFilterValuesMax, "filters are bounded");
    for (const attune::index::Clause& clause : query.clauses) {
      ATTUNE_CHECK(!clause.text.empty(), "a clause says something");
    }
  }
  return 0;
}
