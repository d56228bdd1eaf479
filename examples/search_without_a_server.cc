// The text index by itself: passages in memory, no database, no server.
#include <cstdio>

#include "attune/index/query.h"
#include "attune/index/text_index.h"
#include "attune/sys/in_memory_file_system.h"

namespace {

attune::Status Run() {
  using namespace attune;
  sys::InMemoryFileSystem files(SystemClock());
  ATTUNE_ASSIGN_OR_RETURN(const auto index, index::TextIndex::Open(files, SystemClock(), "index", {}));
  ATTUNE_RETURN_IF_ERROR(index->Add(
      {.id = 1, .path = "net/http.cc", .symbol = "parseHeader", .body = "void parseHeader(std::string_view line);"}));
  ATTUNE_RETURN_IF_ERROR(
      index->Add({.id = 2, .path = "docs/http.md", .body = "A header that is too long is refused.", .prose = true}));
  ATTUNE_RETURN_IF_ERROR(index->Publish());

  // Words are found inside camelCase, and in prose by their stem.
  ATTUNE_ASSIGN_OR_RETURN(const index::TopK top, index->Search(index::ParseQuery("headers"), {}, {.limit = 10}));
  ATTUNE_ASSIGN_OR_RETURN(const index::TopK code, index->Search(index::ParseQuery("header path:net/**"), {}, {}));
  for (const index::Hit& hit : top.hits) std::printf("%-14s %.2f\n", hit.path.c_str(), static_cast<double>(hit.score));
  if (top.hits.empty() || code.hits.size() != 1) return Error(ErrorCode::kNotFound, "not what was expected");
  return OkStatus();
}

}  // namespace

int main() {
  const attune::Status done = Run();
  if (!done.ok()) std::fprintf(stderr, "%s\n", done.error().ToString().c_str());
  return done.ok() ? 0 : 1;
}
