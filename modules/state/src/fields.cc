#include "attune/state/fields.h"

#include <algorithm>

#include "attune/state/json.h"

namespace attune::state {
namespace {

std::string FieldName(std::string_view key, std::string_view where) {
  std::string name = "field '";
  if (!where.empty()) {
    name.append(where).append(".");
  }
  return name.append(key).append("'");
}

Error Invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

Error WrongKind(std::string_view key, std::string_view where, std::string_view wanted, const Value& found) {
  return Invalid(FieldName(key, where) + " must be " + std::string(wanted) + ", found " + DescribeFound(found));
}

// The member, or null when it is absent. An error when `object` is none.
Result<const Value*> Lookup(const Value& object, std::string_view key, std::string_view where) {
  if (object.kind() != Kind::kObject) {
    const std::string place = where.empty() ? std::string("the value") : "'" + std::string(where) + "'";
    return Invalid(place + " must be an object with " + FieldName(key, {}) + ", found " + DescribeFound(object));
  }
  const Value* found = object.Find(key);
  return found != nullptr && found->is_null() ? nullptr : found;
}

// `get` answers an optional or a pointer; empty means that the kind is wrong.
template <typename T, typename Get>
Result<std::optional<T>> ReadOptional(const Value& object, std::string_view key, std::string_view where,
                                      std::string_view wanted, Get get) {
  ATTUNE_ASSIGN_OR_RETURN(const Value* found, Lookup(object, key, where));
  if (found == nullptr) {
    return std::optional<T>();
  }
  auto typed = get(*found);
  if (!typed) {
    return WrongKind(key, where, wanted, *found);
  }
  return std::optional<T>(typed);
}

template <typename T>
Result<T> Present(Result<std::optional<T>> read, std::string_view key, std::string_view where,
                  std::string_view wanted) {
  if (!read.ok()) {
    return std::move(read).error();
  }
  const std::optional<T>& present = *read;
  if (!present) {
    return Invalid(FieldName(key, where) + " is missing or null; it must be " + std::string(wanted));
  }
  return *present;
}

constexpr std::string_view kString = "a string";
constexpr std::string_view kBool = "a boolean";
constexpr std::string_view kInt = "an integer";
constexpr std::string_view kDouble = "a number";
constexpr std::string_view kArray = "an array";
constexpr std::string_view kObject = "an object";

auto GetArray(const Value& value) {
  const Array* array = value.AsArray();
  return array != nullptr ? std::optional(array) : std::nullopt;
}

auto GetObject(const Value& value) { return value.kind() == Kind::kObject ? std::optional(&value) : std::nullopt; }

// A null pointer stands for absent.
template <typename T>
Result<T> PointerOrNull(Result<std::optional<T>> read) {
  if (!read.ok()) {
    return std::move(read).error();
  }
  return read->value_or(nullptr);
}

}  // namespace

std::string DescribeFound(const Value& value) {
  constexpr std::size_t kShownMax = 40;  // enough to recognise it, short enough for one line
  std::string text(Describe(value.kind()));
  switch (value.kind()) {
    case Kind::kNull:
      return text;
    case Kind::kArray:
      return text + " of " + std::to_string(value.AsArray()->size());
    case Kind::kObject:
      return text + " of " + std::to_string(value.AsObject()->size());
    case Kind::kString: {
      const std::string_view content = value.AsString().value_or(std::string_view());
      const bool cut = content.size() > kShownMax;
      return text + " (" + PrintJson(Value(content.substr(0, kShownMax))) + (cut ? "…)" : ")");
    }
    default:
      return text + " (" + PrintJson(value) + ")";
  }
}

Result<std::optional<std::string_view>> OptionalString(const Value& object, std::string_view key,
                                                       std::string_view where) {
  return ReadOptional<std::string_view>(object, key, where, kString, [](const Value& v) { return v.AsString(); });
}

Result<std::optional<bool>> OptionalBool(const Value& object, std::string_view key, std::string_view where) {
  return ReadOptional<bool>(object, key, where, kBool, [](const Value& v) { return v.AsBool(); });
}

Result<std::optional<double>> OptionalDouble(const Value& object, std::string_view key, std::string_view where) {
  return ReadOptional<double>(object, key, where, kDouble, [](const Value& v) { return v.AsDouble(); });
}

Result<std::optional<std::int64_t>> OptionalInt(const Value& object, std::string_view key, IntRange range,
                                                std::string_view where) {
  const auto out_of_range = [&](auto number) {
    return Invalid(FieldName(key, where) + " must be between " + std::to_string(range.min) + " and " +
                   std::to_string(range.max) + ", found " + std::to_string(number));
  };
  if (const Value* found = object.Find(key); found != nullptr && found->kind() == Kind::kUint) {
    return out_of_range(found->AsUint().value_or(0));
  }
  auto read = ReadOptional<std::int64_t>(object, key, where, kInt, [](const Value& v) { return v.AsInt(); });
  const std::int64_t number = read.ok() ? read->value_or(range.min) : range.min;
  if (number < range.min || number > range.max) {
    return out_of_range(number);
  }
  return read;
}

Result<const Array*> OptionalArray(const Value& object, std::string_view key, std::string_view where) {
  return PointerOrNull(ReadOptional<const Array*>(object, key, where, kArray, GetArray));
}

Result<const Value*> OptionalObject(const Value& object, std::string_view key, std::string_view where) {
  return PointerOrNull(ReadOptional<const Value*>(object, key, where, kObject, GetObject));
}

Result<std::string_view> RequireString(const Value& object, std::string_view key, std::string_view where) {
  return Present(OptionalString(object, key, where), key, where, kString);
}

Result<bool> RequireBool(const Value& object, std::string_view key, std::string_view where) {
  return Present(OptionalBool(object, key, where), key, where, kBool);
}

Result<std::int64_t> RequireInt(const Value& object, std::string_view key, IntRange range, std::string_view where) {
  return Present(OptionalInt(object, key, range, where), key, where, kInt);
}

Result<double> RequireDouble(const Value& object, std::string_view key, std::string_view where) {
  return Present(OptionalDouble(object, key, where), key, where, kDouble);
}

Result<const Array*> RequireArray(const Value& object, std::string_view key, std::string_view where) {
  return Present(ReadOptional<const Array*>(object, key, where, kArray, GetArray), key, where, kArray);
}

Result<const Value*> RequireObject(const Value& object, std::string_view key, std::string_view where) {
  return Present(ReadOptional<const Value*>(object, key, where, kObject, GetObject), key, where, kObject);
}

Status RejectUnknownFields(const Value& object, std::initializer_list<std::string_view> known, std::string_view where) {
  const Object* members = object.AsObject();
  if (members == nullptr) {
    const std::string place = where.empty() ? std::string("the value") : "'" + std::string(where) + "'";
    return Invalid(place + " must be an object, found " + DescribeFound(object));
  }
  for (const Member& member : *members) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) {
      continue;
    }
    std::string list;
    for (const std::string_view name : known) {
      list.append(list.empty() ? "" : ", ").append(name);
    }
    return Invalid(FieldName(member.key, where) + " is not known here; known are: " + list);
  }
  return OkStatus();
}

}  // namespace attune::state
