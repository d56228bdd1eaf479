// Checking the arguments of operations.

#include <algorithm>
#include <charconv>
#include <optional>

#include "attune/control/nearest_name.h"
#include "attune/server/operations.h"
#include "attune/state/fields.h"
#include "attune/state/json.h"
#include "time_text.h"
#include "utf8.h"

namespace attune::server {
namespace {

using state::Object;
using state::Value;

constexpr std::size_t kListItemBytesMax = 4096;  // a path or a glob; nothing longer is a filter

using Checked = std::variant<Value, std::string>;  // the value for the operation, or what is wrong

std::string Must(std::string_view what, const Value& found) {
  return "must be " + std::string(what) + ", found " + state::DescribeFound(found);
}

std::string Range(const Parameter& parameter, std::string_view unit) {
  return std::to_string(parameter.min) + " to " + std::to_string(parameter.max) + std::string(unit);
}

std::string Choices(const Parameter& parameter) {
  std::string all;
  for (const std::string_view choice : parameter.choices) all.append(all.empty() ? "" : ", ").append(choice);
  return all;
}

std::optional<std::int64_t> WholeNumber(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Checked CheckText(const Parameter& parameter, const Value& value) {
  const auto text = value.AsString();
  if (!text) return Must("a string", value);
  const auto size = static_cast<std::int64_t>(text->size());
  if (size < parameter.min && size == 0) return std::string("must not be empty");
  if (size < parameter.min || size > parameter.max) {
    return "must have " + Range(parameter, " bytes") + ", found " + std::to_string(size);
  }
  if (!parameter.choices.empty() && std::ranges::find(parameter.choices, *text) == parameter.choices.end()) {
    return Must("one of " + Choices(parameter), value);
  }
  return value;
}

Checked CheckInteger(const Parameter& parameter, const Value& value) {
  const auto number = value.AsInt();
  if (!number) return Must("a whole number", value);
  if (*number < parameter.min || *number > parameter.max) {
    return "must be " + Range(parameter, "") + ", found " + std::to_string(*number);
  }
  return value;
}

Checked CheckTextList(const Parameter& parameter, const Value& value) {
  const state::Array* items = value.AsArray();
  if (items == nullptr) return Must("an array of strings", value);
  const auto count = static_cast<std::int64_t>(items->size());
  if (count < parameter.min || count > parameter.max) {
    return "must have " + Range(parameter, " items") + ", found " + std::to_string(count);
  }
  for (const Value& item : *items) {
    const auto text = item.AsString();
    if (!text) return Must("an array of strings", item) + " in it";
    if (text->empty() || text->size() > kListItemBytesMax) {
      return "must have items of 1 to " + std::to_string(kListItemBytesMax) + " bytes";
    }
    if (!parameter.choices.empty() && std::ranges::find(parameter.choices, *text) == parameter.choices.end()) {
      return Must("made of " + Choices(parameter), item);
    }
  }
  return value;
}

Checked CheckTime(const Value& value) {
  const auto text = value.AsString();
  if (!text) return Must("a time as a string such as \"2026-11-21T02:30:00Z\"", value);
  const Result<WallTime> time = ParseTime(*text);
  if (!time.ok()) return "has a value that is no time: " + time.error().message();
  return Value(time->time_since_epoch().count());
}

Checked CheckId(const Parameter& parameter, const Value& value) {
  std::optional<std::int64_t> number = value.AsInt();
  if (const auto text = value.AsString()) {
    const bool prefixed = text->starts_with(parameter.id_prefix);
    number = WholeNumber(prefixed ? text->substr(1) : *text);
  }
  if (!number || *number < 1) {
    return Must(std::string("an id such as \"") + parameter.id_prefix + "7\"", value);
  }
  return Value(*number);
}

Checked CheckScalar(const Parameter& parameter, const Value& value) {
  if (value.AsString()) return CheckText(parameter, value);
  if (value.is_number() || value.AsBool()) return Value(state::PrintJson(value));
  return Must("a string, a number or a boolean", value);
}

Checked Check(const Parameter& parameter, const Value& value) {
  switch (parameter.shape) {
    case Shape::kText:
      return CheckText(parameter, value);
    case Shape::kInteger:
      return CheckInteger(parameter, value);
    case Shape::kBoolean:
      return value.AsBool() ? Checked(value) : Checked(Must("true or false", value));
    case Shape::kTextList:
      return CheckTextList(parameter, value);
    case Shape::kTime:
      return CheckTime(value);
    case Shape::kId:
      return CheckId(parameter, value);
    case Shape::kScalar:
      return CheckScalar(parameter, value);
    case Shape::kObject:
      return value.AsObject() != nullptr ? Checked(value) : Checked(Must("an object", value));
  }
  return std::string("has a shape that is not known");
}

const Parameter* FindParameter(const Operation& operation, std::string_view name, std::optional<Place> place) {
  for (const Parameter& parameter : operation.parameters) {
    if (parameter.name == name && (!place || parameter.place == *place)) return &parameter;
  }
  return nullptr;
}

ArgumentError Unknown(const Operation& operation, std::string_view name, std::optional<Place> place) {
  std::vector<std::string> known;
  for (const Parameter& parameter : operation.parameters) {
    if (!place || parameter.place == *place) known.emplace_back(parameter.name);
  }
  ArgumentError error{std::string(Utf8Prefix(name, 64)), {}};
  if (known.empty()) {
    error.detail = "'" + error.field + "' is not known: nothing is expected here";
    return error;
  }
  error.detail = "there is no parameter '" + error.field + "'";
  if (const auto nearest = control::NearestName(name, known)) {
    error.detail += "; did you mean '" + *nearest + "'?";
  } else {
    error.detail += "; there are ";
    for (std::size_t i = 0; i < known.size(); ++i) error.detail.append(i == 0 ? "" : ", ").append(known[i]);
  }
  return error;
}

// A value as a query or a path spells it, as the JSON value that it stands for. What does
// not fit stays text, and the check says so.
Value FromText(const Parameter& parameter, const std::string& text) {
  if (parameter.shape == Shape::kInteger) {
    if (const auto number = WholeNumber(text)) return *number;
  }
  if (parameter.shape == Shape::kBoolean) {
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
  }
  return text;
}

std::optional<ArgumentError> AddQueryField(const Operation& operation, const QueryField& field, Object& object) {
  const Parameter* parameter = FindParameter(operation, field.name, Place::kQuery);
  if (parameter == nullptr) return Unknown(operation, field.name, Place::kQuery);
  Value* present = object.Find(field.name);
  if (parameter->shape == Shape::kTextList) {
    if (present == nullptr) present = &object.Set(field.name, state::Array{});
    present->AsArray()->emplace_back(field.value);
    return std::nullopt;
  }
  if (present != nullptr) {
    return ArgumentError{field.name, "parameter '" + field.name + "' must be given only once"};
  }
  object.Set(field.name, FromText(*parameter, field.value));
  return std::nullopt;
}

}  // namespace

std::variant<Value, ArgumentError> CheckArguments(const Operation& operation, const Value& value) {
  static const Object nothing;
  const Object* object = value.is_null() ? &nothing : value.AsObject();
  if (object == nullptr) return ArgumentError{"", "the arguments " + Must("an object", value)};
  for (const state::Member& member : *object) {
    if (FindParameter(operation, member.key, std::nullopt) == nullptr) {
      return Unknown(operation, member.key, std::nullopt);
    }
  }
  Object arguments;
  for (const Parameter& parameter : operation.parameters) {
    const Value* given = object->Find(parameter.name);
    const std::string_view field = parameter.field.empty() ? parameter.name : parameter.field;
    if (given == nullptr || given->is_null()) {
      if (parameter.required) {
        return ArgumentError{std::string(parameter.name), "parameter '" + std::string(parameter.name) +
                                                              "' is missing: " + std::string(parameter.help)};
      }
      if (!parameter.default_json.empty()) {
        Result<Value> preset = state::ParseJson(parameter.default_json);
        ATTUNE_CHECK(preset.ok(), "the defaults of the table are JSON");
        arguments.Set(field, *std::move(preset));
      }
      continue;
    }
    Checked checked = Check(parameter, *given);
    if (const auto* wrong = std::get_if<std::string>(&checked)) {
      return ArgumentError{std::string(parameter.name), "parameter '" + std::string(parameter.name) + "' " + *wrong};
    }
    arguments.Set(field, std::get<Value>(std::move(checked)));
  }
  return Value(std::move(arguments));
}

std::variant<Value, ArgumentError> CheckHttpArguments(const Operation& operation,
                                                      const std::vector<std::string>& path_values,
                                                      const std::vector<QueryField>& query, const Value& body) {
  Object object;
  if (!body.is_null()) {
    const Object* members = body.AsObject();
    if (members == nullptr) return ArgumentError{"", "the body " + Must("a JSON object", body)};
    for (const state::Member& member : *members) {
      if (FindParameter(operation, member.key, Place::kBody) == nullptr) {
        return Unknown(operation, member.key, Place::kBody);
      }
    }
    object = *members;
  }
  std::size_t next = 0;
  for (const Parameter& parameter : operation.parameters) {
    if (parameter.place != Place::kPath) continue;
    ATTUNE_CHECK(next < path_values.size(), "the router gives a value for each path parameter");
    object.Set(parameter.name, FromText(parameter, path_values[next++]));
  }
  for (const QueryField& field : query) {
    if (auto wrong = AddQueryField(operation, field, object)) return *std::move(wrong);
  }
  return CheckArguments(operation, Value(std::move(object)));
}

void Invoke(engine::Engine& engine, const Operation& operation, const Value& object, Done done) {
  ATTUNE_CHECK(operation.run != nullptr, "only operations with an answer can be invoked");
  auto checked = CheckArguments(operation, object);
  if (const auto* wrong = std::get_if<ArgumentError>(&checked)) {
    done(Error(ErrorCode::kInvalidArgument, wrong->detail));
    return;
  }
  operation.run(engine, std::get<Value>(checked), std::move(done));
}

}  // namespace attune::server
