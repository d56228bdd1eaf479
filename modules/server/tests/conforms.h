#pragma once
// Conforms: whether a value is what a schema says, for the part of JSON Schema that schema.h
// writes; and, stricter than that standard, whether it has no member that the schema does not name.

#include <algorithm>
#include <string>

#include "attune/state/json.h"
#include "attune/state/value.h"

namespace attune::server {

inline bool HasType(const state::Value& value, std::string_view type) {
  using state::Kind;
  switch (value.kind()) {
    case Kind::kNull:
      return type == "null";
    case Kind::kBool:
      return type == "boolean";
    case Kind::kInt:
    case Kind::kUint:
      return type == "integer" || type == "number";
    case Kind::kDouble:
      return type == "number";
    case Kind::kString:
      return type == "string";
    case Kind::kArray:
      return type == "array";
    case Kind::kObject:
      return type == "object";
  }
  return false;
}

// Empty when it conforms, else what does not and where.
inline std::string WhatDiffers(const state::Value& value, const state::Value& schema, const state::Value& document,
                               const std::string& where = "$") {
  if (const state::Value* reference = schema.Find("$ref")) {
    constexpr std::string_view kPrefix = "#/components/schemas/";
    const std::string_view name = reference->AsString().value_or("");
    const state::Value* schemas = document.Find("components")->Find("schemas");
    const state::Value* target = name.starts_with(kPrefix) ? schemas->Find(name.substr(kPrefix.size())) : nullptr;
    if (target == nullptr) return where + ": no schema " + std::string(name);
    return WhatDiffers(value, *target, document, where);
  }
  const state::Value* type = schema.Find("type");
  if (type == nullptr) return where + ": the schema has no type";
  bool fits = false;
  if (const state::Array* types = type->AsArray()) {
    fits = std::ranges::any_of(*types, [&](const auto& one) { return HasType(value, *one.AsString()); });
  } else {
    fits = HasType(value, type->AsString().value_or(""));
  }
  if (!fits) return where + ": " + state::PrintJson(value) + " is not of " + state::PrintJson(*type);
  if (const state::Array* items = value.AsArray()) {
    for (std::size_t i = 0; i < items->size(); ++i) {
      const std::string wrong =
          WhatDiffers((*items)[i], *schema.Find("items"), document, where + "[" + std::to_string(i) + "]");
      if (!wrong.empty()) return wrong;
    }
  }
  const state::Value* properties = schema.Find("properties");
  if (value.AsObject() == nullptr || properties == nullptr) return {};
  for (const state::Value& name : *schema.Find("required")->AsArray()) {
    if (value.Find(*name.AsString()) == nullptr) return where + ": '" + std::string(*name.AsString()) + "' is missing";
  }
  for (const state::Member& member : *value.AsObject()) {
    const state::Value* property = properties->Find(member.key);
    if (property == nullptr) return where + ": '" + member.key + "' is not in the schema";
    const std::string wrong = WhatDiffers(member.value, *property, document, where + "." + member.key);
    if (!wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace attune::server
