#pragma once
// DefinitionList: what a scanner has found so far, as a tree in the order of the text.
//
//   const auto cls = list.Open(SymbolKind::kClass, {.name = "Pool", .name_at = 6, .begin = 0});
//   const auto get = list.Open(SymbolKind::kMethod, {.name = "Get", .name_at = 20, .begin = 16, .parent = cls});
//   list.Close(get, 40);
//   list.Close(cls, 42);
//
// Parents are opened before their children. What is never closed ends with the text.
// Beyond the limit Open counts and returns kNoDefinition, which every member accepts.

#include <cstdint>
#include <string_view>
#include <vector>

#include "attune/console/scan.h"

namespace attune::console {

inline constexpr std::uint32_t kNoDefinition = 0xFFFFFFFFU;

struct FoundDefinition {
  std::string_view name;       // as in the text; "Pool<T>::Get" and the like are tidied when symbols are made
  std::string_view qualifier;  // the owner when it is named but not open here: a Go receiver, an extended type
  std::uint32_t name_at = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;  // 0: still open
  std::uint32_t parent = kNoDefinition;
  SymbolKind kind = SymbolKind::kNone;
};

class DefinitionList {
 public:
  explicit DefinitionList(std::uint32_t definitions_max) : max_(definitions_max) {}

  struct Place {
    std::string_view name;
    std::uint32_t name_at = 0;
    std::uint32_t begin = 0;
    std::uint32_t parent = kNoDefinition;
    std::string_view qualifier = {};  // may be left out of an initializer
  };
  std::uint32_t Open(SymbolKind kind, const Place& place) {
    if (all_.size() >= max_) {
      ++dropped_;
      return kNoDefinition;
    }
    all_.push_back({place.name, place.qualifier, place.name_at, place.begin, 0, place.parent, kind});
    return static_cast<std::uint32_t>(all_.size() - 1);
  }
  // `end` is behind the last byte. The first call decides.
  void Close(std::uint32_t index, std::uint32_t end) {
    if (index != kNoDefinition && all_[index].end == 0) all_[index].end = end;
  }
  void Rename(std::uint32_t index, std::string_view name, std::uint32_t name_at) {
    if (index == kNoDefinition) return;
    all_[index].name = name;
    all_[index].name_at = name_at;
  }
  // Forgets everything from `index` on.
  void Truncate(std::size_t size) { all_.resize(size); }

  std::size_t size() const noexcept { return all_.size(); }
  std::uint64_t dropped() const noexcept { return dropped_; }
  const std::vector<FoundDefinition>& all() const noexcept { return all_; }
  SymbolKind KindOf(std::uint32_t index) const { return index == kNoDefinition ? SymbolKind::kNone : all_[index].kind; }
  void SetKind(std::uint32_t index, SymbolKind kind) {
    if (index != kNoDefinition) all_[index].kind = kind;
  }

 private:
  std::uint32_t max_;
  std::uint64_t dropped_ = 0;
  std::vector<FoundDefinition> all_;
};

// What holds members: their passages are their own.
inline bool IsContainer(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::kClass:
    case SymbolKind::kStruct:
    case SymbolKind::kUnion:
    case SymbolKind::kEnum:
    case SymbolKind::kInterface:
    case SymbolKind::kTrait:
    case SymbolKind::kImpl:
    case SymbolKind::kNamespace:
    case SymbolKind::kModule:
    case SymbolKind::kHeading:
    case SymbolKind::kSection:
      return true;
    default:
      return false;
  }
}

}  // namespace attune::console
