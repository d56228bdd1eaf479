// Any bytes are an ignore file, and a rule that is repeated as a negation takes itself back.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/check.h"
#include "attune/console/ignore.h"

namespace {

constexpr std::array<std::string_view, 31> kPieces = {
    "*",   "**", "?",    "/", "\\", "[",  "]",   "!",   "-",  "a",  "b",  "[a-c]", "[!a]",         "[[:alpha:]]",
    "\n",  " ",  "\r\n", "#", ".",  "\t", "**/", "/**", "ab", "[^", "[]", "\\ ",   "\xEF\xBB\xBF", "\xFF",
    "*.c", "a/", "\\*"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace attune::console;
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += kPieces.at(data[i] % kPieces.size());
  const std::string_view raw(reinterpret_cast<const char*>(data), size);
  for (const std::string_view rules_text : {std::string_view(text), raw}) {
    IgnoreRules rules;
    rules.Add(IgnoreLayer::kGit, "", rules_text);
    rules.Add(IgnoreLayer::kAttune, "a", rules_text);
    for (const std::string_view path : {"a", "a/b", "a/b/c.c", "ab", "#", "a/ab/.", "\\", "b/a/b/a"}) {
      const bool ignored = rules.IsIgnored(path, PathKind::kFile);
      const std::size_t slash = path.rfind('/');
      const std::string_view parent = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
      if (!parent.empty() && rules.IsIgnored(parent, PathKind::kDirectory)) {
        ATTUNE_CHECK(ignored, "below an ignored directory everything is ignored");
      } else {
        ATTUNE_CHECK(rules.ScopeOf(parent).IsIgnored(path, PathKind::kFile) == ignored, "scope and path agree");
      }
    }
    MatchesPathGlob(rules_text, "a/b/ab/c.c");
  }
  return 0;
}
