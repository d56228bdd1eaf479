#pragma once
// The one place that says how engine types look as JSON. HTTP, MCP and `--json` all print
// what these functions write; schema.h describes it, and a test compares the two.
//
//   std::string body = ToJson(response);
//
// Names      those of engine/types.h. Durations are numbers of milliseconds ("took_ms"), times
//            RFC 3339 in UTC with milliseconds, amounts of memory integers ("rss_bytes"). A time
//            that is not known is null. Ids of notes, chats, messages and decisions are "n7", "c3", "m42", "d9".
// Threads    pure functions.
// Cost       one pass, appending to a string.

#include <cstdint>
#include <string>
#include <vector>

#include "attune/base/clock.h"
#include "attune/engine/types.h"
#include "attune/state/json_writer.h"

namespace attune::server {

void WriteJson(state::JsonWriter& json, const engine::SearchHit& hit);
void WriteJson(state::JsonWriter& json, const engine::SearchResponse& response);
void WriteJson(state::JsonWriter& json, const engine::Passage& passage);
void WriteJson(state::JsonWriter& json, const engine::Note& note);
void WriteJson(state::JsonWriter& json, const engine::ChatSummary& chat);
void WriteJson(state::JsonWriter& json, const engine::Message& message);
void WriteJson(state::JsonWriter& json, const engine::ChatPage& page);
void WriteJson(state::JsonWriter& json, const engine::ImportReport& report);
void WriteJson(state::JsonWriter& json, const engine::SourceStatus& source);
void WriteJson(state::JsonWriter& json, const engine::KnobStatus& knob);
void WriteJson(state::JsonWriter& json, const engine::Decision& decision);
void WriteJson(state::JsonWriter& json, const engine::EngineStatus& status);

void WriteTime(state::JsonWriter& json, WallTime time);          // null for the epoch, which means "unknown"
void WriteMilliseconds(state::JsonWriter& json, Duration time);  // 1.25
std::string IdText(char kind, std::int64_t id);                  // IdText('n', 7) is "n7"

template <typename T>
std::string ToJson(const T& value) {
  std::string text;
  state::JsonWriter json(text);
  WriteJson(json, value);
  return text;
}

// {"<name>":[...]}
template <typename T>
std::string ToJsonList(std::string_view name, const std::vector<T>& values) {
  std::string text;
  state::JsonWriter json(text);
  json.BeginObject().Key(name).BeginArray();
  for (const T& value : values) WriteJson(json, value);
  json.EndArray().EndObject();
  return text;
}

}  // namespace attune::server
