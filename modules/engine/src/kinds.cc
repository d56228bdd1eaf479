#include "kinds.h"

#include <array>

namespace attune::engine {
namespace {

constexpr std::array<std::string_view, 7> kNames = {"other", "code", "prose", "page", "data", "note", "message"};

}  // namespace

std::string_view NameOf(HitKind kind) noexcept {
  const auto number = static_cast<std::size_t>(kind);
  return number < kNames.size() ? kNames[number] : kNames[0];
}

std::optional<HitKind> ParseHitKind(std::string_view name) noexcept {
  for (std::size_t number = 0; number < kNames.size(); ++number) {
    if (kNames[number] == name) return static_cast<HitKind>(number);
  }
  return std::nullopt;
}

HitKind KindOf(store::DocumentKind kind) noexcept {
  switch (kind) {
    case store::DocumentKind::kCode:
      return HitKind::kCode;
    case store::DocumentKind::kProse:
      return HitKind::kProse;
    case store::DocumentKind::kPage:
      return HitKind::kPage;
    case store::DocumentKind::kData:
      return HitKind::kData;
    case store::DocumentKind::kOther:
      break;
  }
  return HitKind::kOther;
}

const index::KindNames& KindNamesForQueries() {
  static const index::KindNames names = [] {
    index::KindNames all;
    for (std::size_t number = 0; number < kNames.size(); ++number) {
      all.emplace_back(std::string(kNames[number]), static_cast<std::uint8_t>(number));
    }
    return all;
  }();
  return names;
}

}  // namespace attune::engine
