#pragma once
// Schemas: what the JSON of to_json.h looks like, as data, printable as JSON Schema
// (2020-12, as OpenAPI 3.1 and MCP use it).
//
//   std::string text;
//   state::JsonWriter json(text);
//   WriteSchema(json, "SearchResponse", SchemaStyle::kExpanded);
//
// Threads    pure functions over constant tables.
// Cost       expanding copies what a type refers to; the types do not refer to themselves.

#include <cstdint>
#include <span>
#include <string_view>

#include "attune/server/operations.h"
#include "attune/state/json_writer.h"

namespace attune::server {

// `fields` is a list of "name:type" separated by spaces. A type is string, integer, number,
// boolean, time, object or the name of another schema; behind it "[]" makes a list of it
// and "?" says that it may be null. A name with "?" behind it may be absent.
struct Schema {
  std::string_view name;
  std::string_view help;
  std::string_view fields;
};

std::span<const Schema> Schemas();
const Schema* FindSchema(std::string_view name);  // null when there is none

enum class SchemaStyle : std::uint8_t {
  kReferences,  // other schemas as "#/components/schemas/Name"
  kExpanded,    // everything in place
};

// The schema of a type: "SearchHit", "integer?", "Note[]".
void WriteSchema(state::JsonWriter& json, std::string_view type, SchemaStyle style);

// The object of all fields of a schema, for the components of OpenAPI. REQUIRES: it exists.
void WriteObjectSchema(state::JsonWriter& json, const Schema& schema, SchemaStyle style);

// The schema of one parameter: its shape, bounds, choices and default.
void WriteParameterSchema(state::JsonWriter& json, const Parameter& parameter);

// The schema of the object that holds the parameters of `operation`; only those at `place`
// when that is not null.
void WriteArgumentsSchema(state::JsonWriter& json, const Operation& operation, const Place* place);

}  // namespace attune::server
