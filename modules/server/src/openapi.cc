#include "attune/server/openapi.h"

#include <algorithm>
#include <vector>

#include "attune/server/operations.h"
#include "attune/server/schema.h"
#include "attune/state/json_writer.h"

namespace attune::server {
namespace {

using state::JsonWriter;

constexpr Place kBodyPlace = Place::kBody;

void WriteContent(JsonWriter& json, std::string_view type, std::string_view schema) {
  json.Key("content").BeginObject().Key(type).BeginObject();
  if (!schema.empty()) WriteSchema(json.Key("schema"), schema, SchemaStyle::kReferences);
  json.EndObject().EndObject();
}

void WriteParameters(JsonWriter& json, const Operation& operation) {
  json.Key("parameters").BeginArray();
  for (const Parameter& parameter : operation.parameters) {
    if (parameter.place == Place::kBody) continue;
    json.BeginObject().Key("name").String(parameter.name);
    json.Key("in").String(parameter.place == Place::kPath ? "path" : "query");
    json.Key("required").Bool(parameter.required);
    if (parameter.shape == Shape::kTextList) json.Key("style").String("form").Key("explode").Bool(true);
    WriteParameterSchema(json.Key("schema"), parameter);
    json.EndObject();
  }
  json.EndArray();
}

void WriteRequestBody(JsonWriter& json, const Operation& operation) {
  if (operation.body == BodyKind::kNone) return;
  json.Key("requestBody").BeginObject().Key("required").Bool(true).Key("content").BeginObject();
  if (operation.body == BodyKind::kUpload) {
    json.Key("application/octet-stream").BeginObject().EndObject();
  } else {
    json.Key("application/json").BeginObject().Key("schema");
    if (operation.parameters.empty()) {
      json.BeginObject().EndObject();  // a message of another protocol
    } else {
      WriteArgumentsSchema(json, operation, &kBodyPlace);
    }
    json.EndObject();
  }
  json.EndObject().EndObject();
}

void WriteResponses(JsonWriter& json, const Operation& operation) {
  json.Key("responses").BeginObject();
  json.Key(std::to_string(operation.success)).BeginObject();
  json.Key("description").String(operation.success == 204 ? "Done." : "The answer.");
  if (!operation.answer.empty()) WriteContent(json, "application/json", operation.answer);
  json.EndObject();
  json.Key("default").BeginObject().Key("description").String("Why not; 503 carries Retry-After.");
  WriteContent(json, "application/problem+json", "Problem");
  json.EndObject().EndObject();
}

void WriteOperation(JsonWriter& json, const Operation& operation) {
  std::string method(NameOf(operation.method));
  std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(c - 'A' + 'a'); });
  json.Key(method).BeginObject().Key("operationId").String(operation.name);
  json.Key("summary").String(operation.summary);
  WriteParameters(json, operation);
  WriteRequestBody(json, operation);
  WriteResponses(json, operation);
  if (operation.open) json.Key("security").BeginArray().EndArray();
  json.EndObject();
}

void WritePaths(JsonWriter& json) {
  std::vector<std::string_view> written;
  json.Key("paths").BeginObject();
  for (const Operation& first : Operations()) {
    if (first.path.empty() || std::ranges::find(written, first.path) != written.end()) continue;
    written.push_back(first.path);
    json.Key(first.path).BeginObject();
    for (const Operation& operation : Operations()) {
      if (operation.path == first.path) WriteOperation(json, operation);
    }
    json.EndObject();
  }
  json.EndObject();
}

}  // namespace

std::string OpenApiDocument(std::string_view version) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("openapi").String("3.1.0");
  json.Key("info").BeginObject().Key("title").String("attune").Key("version").String(version);
  json.Key("description").String("Reads folders, remembers them, and answers within the memory and latency promised.");
  json.EndObject();
  json.Key("security").BeginArray().BeginObject().Key("token").BeginArray().EndArray().EndObject();
  json.BeginObject().EndObject().EndArray();  // or nothing, when the server was started without a token
  WritePaths(json);
  json.Key("components").BeginObject().Key("securitySchemes").BeginObject().Key("token").BeginObject();
  json.Key("type").String("http").Key("scheme").String("bearer").EndObject().EndObject();
  json.Key("schemas").BeginObject();
  for (const Schema& schema : Schemas()) {
    WriteObjectSchema(json.Key(schema.name), schema, SchemaStyle::kReferences);
  }
  json.EndObject().EndObject().EndObject();
  return text;
}

}  // namespace attune::server
