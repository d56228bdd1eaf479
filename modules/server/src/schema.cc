#include "attune/server/schema.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace attune::server {
namespace {

using state::JsonWriter;

constexpr std::array kSchemas = std::to_array<Schema>({
    {"ScoreParts", "What each field added to a score.", "body:number stem:number symbol:number path:number"},
    {"SnippetPart", "A piece of a snippet.", "text:string match:boolean"},
    {"SearchHit", "Something that matches a query.",
     "id:string kind:string source:string path:string language:string symbol:string role:string line_begin:integer "
     "line_end:integer page:integer time:time? snippet:string snippet_line:integer highlights:integer[][] "
     "snippet_parts:SnippetPart[] score:number score_parts:ScoreParts"},
    {"SearchResponse", "The best matches, best first.",
     "hits:SearchHit[] matched:integer matched_is_exact:boolean notes:string[] took_ms:number reading:boolean"},
    {"Word", "A recognised word with its box (left, top, right, bottom) in pixels.",
     "text:string confidence:number box:integer[]"},
    {"Passage", "A passage, note or message with its text and what stands around it.",
     "id:string kind:string source:string path:string language:string symbol:string role:string line_begin:integer "
     "line_end:integer page:integer time:time? title:string text:string absolute_path:string before:string "
     "after:string words:Word[]"},
    {"Recalled", "Where a piece of a woven context comes from.",
     "id:string kind:string source:string path:string line_begin:integer line_end:integer cut:boolean"},
    {"Context", "The best passages as one text under a budget.",
     "text:string sources:Recalled[] tokens_estimated:integer left_out:integer notes:string[] reading:boolean"},
    {"Note", "Something remembered.", "id:string title:string text:string tags:string[] created:time?"},
    {"NoteList", "Notes, newest first.", "notes:Note[]"},
    {"ChatSummary", "A conversation without its messages.",
     "id:string title:string origin:string model:string created:time? updated:time? messages:integer "
     "branches:integer"},
    {"ChatList", "Conversations, newest first.", "chats:ChatSummary[]"},
    {"Message", "One message of a conversation.",
     "id:string parent:string? role:string content:string model:string created:time? metadata:object"},
    {"ChatPage", "A conversation with messages along one branch, oldest first.",
     "chat:ChatSummary messages:Message[] next_before:string?"},
    {"AppendedMessage", "Where a message went.", "chat:string message:Message"},
    {"ImportReport", "What an import did.",
     "format:string chats_added:integer chats_updated:integer chats_unchanged:integer messages_added:integer "
     "problems:string[] problems_count:integer"},
    {"SkipCount", "Files that are not read, by reason.", "reason:string files:integer remedy:string examples:string[]"},
    {"Source", "A folder that is read and watched.",
     "id:integer name:string root:string state:string files_found:integer files_read:integer files_unchanged:integer "
     "files_pending:integer files_removed:integer bytes_read:integer documents:integer passages:integer "
     "skipped:SkipCount[] watch:string"},
    {"SourceList", "All sources.", "sources:Source[]"},
    {"Knob", "Something that can be turned.",
     "name:string value:string default:string unit:string domain:string applies:string help:string pinned:boolean "
     "changed_by:string"},
    {"KnobList", "All knobs.", "knobs:Knob[]"},
    {"Decision", "A knob was turned, or a cache changed its policy or stood aside.",
     "id:string time:time? what:string from:string to:string by:string inputs:object reason:string"},
    {"Journal", "Decisions, newest first.", "decisions:Decision[]"},
    {"Reading", "How far reading is.",
     "active:boolean files_done:integer files_total:integer bytes_done:integer bytes_total:integer "
     "bytes_per_second:number remaining_ms:number? current:string share:number"},
    {"Latency", "Searches of the last minute against the promise.",
     "count:integer p50_ms:number p95_ms:number p99_ms:number max_ms:number rejected:integer promised_ms:number"},
    {"MemoryConsumer", "A part of the program that holds memory.",
     "name:string bytes:integer minimum_bytes:integer benefit:number shrunk_total_bytes:integer "
     "target_bytes:integer?"},
    {"Memory", "Memory against the promise.",
     "limit_bytes:integer limit_now_bytes:integer rss_bytes:integer rss_peak_bytes:integer reserved_bytes:integer "
     "consumers:MemoryConsumer[]"},
    {"Cache", "A cache and what it did since the start.",
     "name:string policy:string entries:integer entries_max:integer bytes:integer bytes_max:integer "
     "target_bytes:integer? hits:integer misses:integer insertions:integer evictions:integer expirations:integer "
     "refused:integer loads:integer loads_failed:integer loads_joined:integer load_mean_ms:number? "
     "policy_changes:integer bypassed:integer bypassing:boolean"},
    {"Pool", "A pool of objects that are used again.",
     "name:string in_use:integer idle:integer capacity:integer bytes:integer acquired:integer reused:integer"},
    {"Index", "The text index.",
     "passages:integer terms:integer segments:integer on_disk_bytes:integer in_memory_bytes:integer"},
    {"Store", "The database.",
     "documents:integer passages:integer notes:integer chats:integer messages:integer on_disk_bytes:integer "
     "durability:string commits:integer operations:integer"},
    {"Import", "An import of chats that is under way.",
     "name:string bytes_done:integer bytes_total:integer running_ms:number"},
    {"Status", "The whole state at one moment.",
     "version:string data_dir:string name:string pid:integer address:string uptime_ms:number ready:boolean "
     "reading:Reading sources:Source[] imports:Import[] search:Latency memory:Memory caches:Cache[] "
     "pools:Pool[] index:Index store:Store warnings:string[]"},
    {"Problem", "Why a request was not answered (RFC 9457).",
     "type:string title:string status:integer detail:string remedy?:string field?:string retry_after_ms?:integer"},
});

// "name?:type[]?" in parts.
struct Field {
  std::string_view name;
  std::string_view type;
  bool optional = false;
};

Field ParseField(std::string_view text) {
  const std::size_t colon = text.find(':');
  ATTUNE_CHECK(colon != std::string_view::npos, "a field of a schema is name:type");
  Field field{text.substr(0, colon), text.substr(colon + 1)};
  if (field.name.ends_with('?')) {
    field.optional = true;
    field.name.remove_suffix(1);
  }
  return field;
}

template <typename Visit>
void ForEachField(std::string_view fields, Visit visit) {
  while (!fields.empty()) {
    const std::size_t space = fields.find(' ');
    visit(ParseField(fields.substr(0, space)));
    if (space == std::string_view::npos) return;
    fields.remove_prefix(space + 1);
  }
}

void WriteType(JsonWriter& json, std::string_view name, bool nullable) {
  json.Key("type");
  if (!nullable) {
    json.String(name);
    return;
  }
  json.BeginArray().String(name).String("null").EndArray();
}

void WriteNamed(JsonWriter& json, std::string_view type, bool nullable, SchemaStyle style) {
  const Schema* schema = FindSchema(type);
  if (schema != nullptr && style == SchemaStyle::kExpanded) {
    WriteObjectSchema(json, *schema, style);
    return;
  }
  json.BeginObject();
  if (schema != nullptr) {
    json.Key("$ref").String("#/components/schemas/" + std::string(type));
  } else if (type == "time") {
    WriteType(json, "string", nullable);
    json.Key("format").String("date-time");
  } else {
    WriteType(json, type, nullable);
  }
  json.EndObject();
}

void WriteBounds(JsonWriter& json, const Parameter& parameter, std::string_view low, std::string_view high) {
  if (parameter.min != 0) json.Key(low).Int(parameter.min);
  json.Key(high).Int(parameter.max);
}

void WriteChoices(JsonWriter& json, const Parameter& parameter) {
  if (parameter.choices.empty()) return;
  json.Key("enum").BeginArray();
  for (const std::string_view choice : parameter.choices) json.String(choice);
  json.EndArray();
}

void WriteShape(JsonWriter& json, const Parameter& parameter) {
  switch (parameter.shape) {
    case Shape::kText:
      WriteType(json, "string", false);
      WriteBounds(json, parameter, "minLength", "maxLength");
      WriteChoices(json, parameter);
      return;
    case Shape::kInteger:
      WriteType(json, "integer", false);
      json.Key("minimum").Int(parameter.min).Key("maximum").Int(parameter.max);
      return;
    case Shape::kBoolean:
      WriteType(json, "boolean", false);
      return;
    case Shape::kTextList:
      WriteType(json, "array", false);
      WriteBounds(json, parameter, "minItems", "maxItems");
      json.Key("items").BeginObject().Key("type").String("string");
      WriteChoices(json, parameter);
      json.EndObject();
      return;
    case Shape::kTime:
      WriteType(json, "string", false);
      json.Key("examples").BeginArray().String("2026-11-21").String("2026-11-21T02:30:00Z").EndArray();
      return;
    case Shape::kId:
      json.Key("type").BeginArray().String("string").String("integer").EndArray();
      json.Key("examples").BeginArray().String(std::string(1, parameter.id_prefix) + "7").EndArray();
      return;
    case Shape::kScalar:
      json.Key("type").BeginArray().String("string").String("number").String("boolean").EndArray();
      return;
    case Shape::kObject:
      WriteType(json, "object", false);
      return;
  }
}

}  // namespace

std::span<const Schema> Schemas() { return kSchemas; }

const Schema* FindSchema(std::string_view name) {
  const auto found = std::ranges::find(kSchemas, name, &Schema::name);
  return found == kSchemas.end() ? nullptr : &*found;
}

void WriteSchema(JsonWriter& json, std::string_view type, SchemaStyle style) {
  const bool nullable = type.ends_with('?');
  if (nullable) type.remove_suffix(1);
  if (!type.ends_with("[]")) {
    WriteNamed(json, type, nullable, style);
    return;
  }
  json.BeginObject();
  WriteType(json, "array", nullable);
  WriteSchema(json.Key("items"), type.substr(0, type.size() - 2), style);
  json.EndObject();
}

void WriteObjectSchema(JsonWriter& json, const Schema& schema, SchemaStyle style) {
  json.BeginObject().Key("type").String("object").Key("description").String(schema.help);
  json.Key("properties").BeginObject();
  ForEachField(schema.fields, [&](const Field& field) { WriteSchema(json.Key(field.name), field.type, style); });
  json.EndObject().Key("required").BeginArray();
  ForEachField(schema.fields, [&](const Field& field) {
    if (!field.optional) json.String(field.name);
  });
  json.EndArray().EndObject();
}

void WriteParameterSchema(JsonWriter& json, const Parameter& parameter) {
  json.BeginObject();
  WriteShape(json, parameter);
  if (!parameter.help.empty()) json.Key("description").String(parameter.help);
  if (!parameter.default_json.empty()) json.Key("default").Raw(parameter.default_json);
  json.EndObject();
}

void WriteArgumentsSchema(JsonWriter& json, const Operation& operation, const Place* place) {
  const auto each = [&](auto visit) {
    for (const Parameter& parameter : operation.parameters) {
      if (place == nullptr || parameter.place == *place) visit(parameter);
    }
  };
  json.BeginObject().Key("type").String("object").Key("properties").BeginObject();
  each([&](const Parameter& parameter) { WriteParameterSchema(json.Key(parameter.name), parameter); });
  json.EndObject().Key("required").BeginArray();
  each([&](const Parameter& parameter) {
    if (parameter.required) json.String(parameter.name);
  });
  json.EndArray().Key("additionalProperties").Bool(false).EndObject();
}

}  // namespace attune::server
