#pragma once
// PathGlob: one wildcard pattern of an ignore file, compiled.
//
//   '?'  any byte but '/'           '[a-z]' '[!a-z]' '[[:alpha:]]'  one byte of a set, never '/'
//   '*'  any run without '/'        '\x'    the byte x
//   '**' between slashes or ends    any run at all; "**/" may also be nothing
//
// The rules are those of git's documentation and, where it is silent, what
// `git check-ignore` does: an unfinished class or a last lone backslash never
// matches anything.
//
// Threads    const members are thread-safe.
// Cost       Matches allocates nothing; at worst O(pattern x path) for each directory of the path.

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace attune::console {

class PathGlob {
 public:
  PathGlob() = default;
  explicit PathGlob(std::string_view pattern);

  bool Matches(std::string_view text) const;

 private:
  enum class Op : std::uint8_t { kByte, kAny, kSet, kStar, kGlobstar, kGlobstarSlash };
  struct Token {
    Op op;
    char byte;
    std::uint16_t set;  // index into sets_
  };

  void CompileStars(std::string_view pattern, std::size_t& at);
  bool CompileSet(std::string_view pattern, std::size_t& at);
  bool MatchesByte(const Token& token, char byte) const;

  std::vector<Token> tokens_;
  std::vector<std::bitset<256>> sets_;
  std::size_t length_min_ = 0;  // bytes that the text must have at least
  bool never_ = false;
};

}  // namespace attune::console
