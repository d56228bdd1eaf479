#include "chat_fields.h"

#include <algorithm>
#include <array>
#include <utility>

namespace attune::console {
namespace {

constexpr std::uint64_t kMetadataFieldBytesMax = 8192;

}  // namespace

std::string_view TextField(const state::Value& object, FieldNames keys) {
  for (const std::string_view key : keys) {
    const state::Value* field = object.Find(key);
    if (field == nullptr) continue;
    // The view of a short string points into the value itself, so it is taken from the field.
    if (const auto text = field->AsString()) return *text;
  }
  return {};
}

const state::Value* AnyField(const state::Value& object, FieldNames keys) {
  for (const std::string_view key : keys) {
    const state::Value* field = object.Find(key);
    if (field != nullptr && !field->is_null()) return field;
  }
  return nullptr;
}

bool FlagField(const state::Value& object, std::string_view key) {
  const state::Value* field = object.Find(key);
  return field != nullptr && field->AsBool().value_or(false);
}

void CopyFields(const state::Value& from, std::initializer_list<std::string_view> keys, state::Object& to) {
  for (const std::string_view key : keys) {
    const state::Value* field = from.Find(key);
    if (field == nullptr || field->is_null() || field->HeapBytes().count() > kMetadataFieldBytesMax) continue;
    to.Set(key, *field);
  }
}

state::Value MetadataOf(state::Object&& members) {
  if (members.empty()) return {};
  return std::move(members);
}

std::string NormalRole(std::string_view role) {
  constexpr std::size_t kRoleBytesMax = 64;
  std::string name;
  for (const char c : role.substr(0, kRoleBytesMax)) {
    name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (role.size() > kRoleBytesMax) {  // no half characters at the cut
    while (!name.empty() && static_cast<unsigned char>(name.back()) >= 0x80) name.pop_back();
  }
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; };
  if (std::none_of(name.begin(), name.end(), is_letter)) return {};
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNames = {{{"human", "user"},
                                                                                           {"ai", "assistant"},
                                                                                           {"bot", "assistant"},
                                                                                           {"model", "assistant"},
                                                                                           {"gpt", "assistant"},
                                                                                           {"developer", "system"},
                                                                                           {"function", "tool"}}};
  for (const auto& [from, to] : kNames) {
    if (name == from) return std::string(to);
  }
  return name;
}

}  // namespace attune::console
