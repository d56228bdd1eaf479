#pragma once
// The kinds of things that can be found, as the index numbers them and as people
// write them ("kind:code"). The numbers are stored in index segments.

#include <cstdint>
#include <optional>
#include <string_view>

#include "attune/index/query.h"
#include "attune/store/records.h"

namespace attune::engine {

enum class HitKind : std::uint8_t { kOther = 0, kCode = 1, kProse = 2, kPage = 3, kData = 4, kNote = 5, kMessage = 6 };

std::string_view NameOf(HitKind kind) noexcept;
std::optional<HitKind> ParseHitKind(std::string_view name) noexcept;
HitKind KindOf(store::DocumentKind kind) noexcept;

// All of them, for index::ParseQuery.
const index::KindNames& KindNamesForQueries();

}  // namespace attune::engine
