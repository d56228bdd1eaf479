#pragma once
// What each part of the engine starts with, of the memory that was stated. The broker
// takes more back when it must; these are the sizes that work well without it.
//
// Threads    pure functions.

#include <string>

#include "attune/base/bytes.h"
#include "attune/index/text_index.h"
#include "attune/store/store.h"

namespace attune::engine {

// Code, stacks and the allocator's slack: measured 22 MiB for an idle engine with an empty folder.
inline constexpr Bytes kProcessOverhead{24ULL << 20U};

store::StoreConfig StoreShare(Bytes memory, std::string path, store::Durability durability);
index::TextIndexConfig IndexShare(Bytes memory);
Bytes PagedFileMax(Bytes memory);

// Where a cache starts, and what it may grow to where the broker finds that it saves most.
struct CacheShare {
  Bytes at_first, useful_max;
};
// At first together a sixteenth: what a search shows is small, and the rest is for the index. None may ever have more
// than a quarter.
struct CacheShares {
  CacheShare answers, passages, files, titles;
};
CacheShares SharesOfCaches(Bytes memory);

}  // namespace attune::engine
