#pragma once
// Lenient reading of what exports hold: a field that is missing or of another kind
// is simply not there. Views point into the value.

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "attune/state/value.h"

namespace attune::console {

// Names that different exports have for one thing, the usual one first.
using FieldNames = std::span<const std::string_view>;

// The text of the first of `keys` that is a string; empty without one.
std::string_view TextField(const state::Value& object, FieldNames keys);
inline std::string_view TextField(const state::Value& object, std::initializer_list<std::string_view> keys) {
  return TextField(object, FieldNames(keys.begin(), keys.size()));
}

// The first of `keys` that is there and not null; null without one.
const state::Value* AnyField(const state::Value& object, FieldNames keys);
inline const state::Value* AnyField(const state::Value& object, std::initializer_list<std::string_view> keys) {
  return AnyField(object, FieldNames(keys.begin(), keys.size()));
}

bool FlagField(const state::Value& object, std::string_view key);  // false without one

// Copies those of `keys` that are there and not null. A member larger than a few KiB
// stays behind: metadata is for what can be asked for, not for blobs.
void CopyFields(const state::Value& from, std::initializer_list<std::string_view> keys, state::Object& to);

// Null when there are no members.
state::Value MetadataOf(state::Object&& members);

// "human" is "user", "ai" is "assistant"; other names in lower case, cut at 64 bytes.
// Empty for text without letters.
std::string NormalRole(std::string_view role);

}  // namespace attune::console
