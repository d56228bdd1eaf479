#pragma once
// CheckedArguments: reads the arguments that CheckArguments has let through, so that a
// missing one can only be an optional one and a wrong shape is a bug.
//
// Ownership  borrows the value; copies what it hands out.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/clock.h"
#include "attune/state/json.h"
#include "attune/state/value.h"

namespace attune::server {

class CheckedArguments {
 public:
  explicit CheckedArguments(const state::Value& object) : object_(object) {}

  bool Has(std::string_view name) const { return object_.Find(name) != nullptr; }

  std::string Text(std::string_view name) const {
    const state::Value* value = object_.Find(name);
    return value == nullptr ? std::string() : std::string(value->AsString().value_or(std::string_view()));
  }
  std::int64_t Integer(std::string_view name, std::int64_t fallback = 0) const {
    const state::Value* value = object_.Find(name);
    return value == nullptr ? fallback : value->AsInt().value_or(fallback);
  }
  std::size_t Count(std::string_view name) const { return static_cast<std::size_t>(Integer(name)); }
  std::vector<std::string> Texts(std::string_view name) const {
    std::vector<std::string> texts;
    const state::Value* value = object_.Find(name);
    if (value == nullptr || value->AsArray() == nullptr) return texts;
    for (const state::Value& item : *value->AsArray()) {
      texts.emplace_back(item.AsString().value_or(std::string_view()));
    }
    return texts;
  }
  std::optional<WallTime> Time(std::string_view name) const {
    if (!Has(name)) return std::nullopt;
    return WallTime(std::chrono::milliseconds(Integer(name)));
  }
  std::string ObjectText(std::string_view name) const {  // "{}" when absent
    const state::Value* value = object_.Find(name);
    return value == nullptr ? "{}" : state::PrintJson(*value);
  }

 private:
  const state::Value& object_;
};

}  // namespace attune::server
