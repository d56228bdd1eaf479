#pragma once
// Weave: the texts of the best passages as one context under a budget.
//
//   Context context = Weave(passages, {.tokens_max = 2000});
//
// Passages come best first and are taken in that order. One that lies inside a taken one
// of the same file is not repeated. One that fits only in part is cut at a line and
// marked; those for which there is no room are counted.
// Budget     the whole text, source lines included, has at most tokens_max estimated tokens;
//            a token is estimated as 3 bytes, which is on the safe side for code and English.
// Threads    a pure function.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "attune/engine/types.h"

namespace attune::server {

inline constexpr std::size_t kBytesPerToken = 3;

struct WeaveLimits {
  std::size_t tokens_max = 2000;
};

struct Woven {
  engine::SearchHit where;
  bool cut = false;
};

struct Context {
  std::string text;
  std::vector<Woven> sources;
  std::size_t tokens_estimated = 0;
  std::size_t left_out = 0;  // passages for which there was no room
};

Context Weave(const std::vector<engine::Passage>& passages, const WeaveLimits& limits);

}  // namespace attune::server
