#pragma once
// Reading the members of an object that came from outside, with errors that name
// the field and what was found there, for HTTP bodies, tool arguments and imports.
//
//   ATTUNE_ASSIGN_OR_RETURN(const std::string_view text, RequireString(body, "content"));
//   // INVALID_ARGUMENT: field 'content' must be a string, found an integer (42)
//
// `where` is the place of the object itself ("messages[3]"); errors then speak of
// 'messages[3].content'. Views point into the value that was given.
//
// An optional field is absent when it is missing or null; another kind is an error.
// Threads    pure functions.
// Errors     kInvalidArgument, also when the value is no object.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "attune/base/result.h"
#include "attune/state/value.h"

namespace attune::state {

// Both ends belong to the range.
struct IntRange {
  std::int64_t min = INT64_MIN;
  std::int64_t max = INT64_MAX;
};

Result<std::string_view> RequireString(const Value& object, std::string_view key, std::string_view where = {});
Result<bool> RequireBool(const Value& object, std::string_view key, std::string_view where = {});
Result<std::int64_t> RequireInt(const Value& object, std::string_view key, IntRange range = {},
                                std::string_view where = {});
Result<double> RequireDouble(const Value& object, std::string_view key, std::string_view where = {});
Result<const Array*> RequireArray(const Value& object, std::string_view key, std::string_view where = {});
// The member as a Value that is known to hold an object, to be passed on to these functions.
Result<const Value*> RequireObject(const Value& object, std::string_view key, std::string_view where = {});

Result<std::optional<std::string_view>> OptionalString(const Value& object, std::string_view key,
                                                       std::string_view where = {});
Result<std::optional<bool>> OptionalBool(const Value& object, std::string_view key, std::string_view where = {});
Result<std::optional<std::int64_t>> OptionalInt(const Value& object, std::string_view key, IntRange range = {},
                                                std::string_view where = {});
Result<std::optional<double>> OptionalDouble(const Value& object, std::string_view key, std::string_view where = {});
Result<const Array*> OptionalArray(const Value& object, std::string_view key, std::string_view where = {});   // or null
Result<const Value*> OptionalObject(const Value& object, std::string_view key, std::string_view where = {});  // or null

// Names the first member that is not among `known`, and lists what is.
Status RejectUnknownFields(const Value& object, std::initializer_list<std::string_view> known,
                           std::string_view where = {});

// "a string ("notes")", "an integer (42)", "an array of 3": a value as error messages show it, at most about 40
// characters of it.
std::string DescribeFound(const Value& value);

}  // namespace attune::state
