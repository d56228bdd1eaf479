#pragma once
// Whether a word is one of a few. Threads: a pure function. Cost: one comparison for each of them.

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace attune::console {

inline bool IsOneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace attune::console
