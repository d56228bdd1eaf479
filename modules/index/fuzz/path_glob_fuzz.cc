// Globs end, whatever they and the paths contain; a path without wildcards matches itself.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/check.h"
#include "attune/index/query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view glob = text.substr(0, size / 2);
  const std::string_view path = text.substr(size / 2);
  static_cast<void>(attune::index::PathMatches(glob, path));
  std::string starred;  // the worst case: a star between all bytes
  for (const char c : glob) {
    starred += "**/*";
    starred += c;
  }
  static_cast<void>(attune::index::PathMatches(starred, std::string(path) + "/" + std::string(path)));
  const bool plain = path.find_first_of("*?/") == std::string_view::npos;
  ATTUNE_CHECK(!plain || path.empty() || attune::index::PathMatches(path, path), "a plain name matches itself");
  return 0;
}
