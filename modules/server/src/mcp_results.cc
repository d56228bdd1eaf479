#include "mcp_results.h"

#include "attune/server/schema.h"
#include "attune/server/to_json.h"
#include "attune/state/json.h"
#include "attune/state/json_writer.h"
#include "utf8.h"

namespace attune::server {
namespace {

using state::JsonWriter;

constexpr std::string_view kInstructions =
    "attune remembers the user's files, documents, notes and chats and finds them by words. Call recall to collect "
    "context for a question, search to look for something particular, remember for what later conversations should "
    "know, chat_append to record this conversation, status to see what is indexed.";
constexpr std::size_t kNameBytesMax = 80;

void WriteTool(JsonWriter& json, const Operation& tool, bool structured) {
  json.BeginObject().Key("name").String(tool.tool).Key("description").String(tool.tool_help);
  WriteArgumentsSchema(json.Key("inputSchema"), tool, nullptr);
  if (structured) {
    json.Key("title").String(tool.summary);
    WriteSchema(json.Key("outputSchema"), tool.answer, SchemaStyle::kExpanded);
    const bool changes = tool.success == 201;  // what makes something answers "created"
    json.Key("annotations").BeginObject().Key("readOnlyHint").Bool(!changes);
    if (changes) json.Key("destructiveHint").Bool(false);
    json.Key("openWorldHint").Bool(false).EndObject();
  }
  json.EndObject();
}

std::string PassageText(const engine::Passage& passage) {
  const engine::SearchHit& where = passage.where;
  std::string text = where.path.empty() ? passage.title : where.path;
  if (where.line_begin != 0) {
    text += ":" + std::to_string(where.line_begin) + "-" + std::to_string(where.line_end);
  }
  if (where.page != 0) text += " page " + std::to_string(where.page);
  if (!where.role.empty()) text += " " + where.role;
  return text + "\n\n" + passage.text;
}

std::string_view MimeType(const engine::Passage& passage) {
  return passage.where.language == "markdown" ? "text/markdown" : "text/plain";
}

std::string FirstLine(std::string_view text) {
  return std::string(Utf8Prefix(text.substr(0, text.find('\n')), kNameBytesMax));
}

}  // namespace

std::string InitializeResult(std::string_view revision, std::string_view server_version) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("protocolVersion").String(revision).Key("capabilities").BeginObject();
  json.Key("tools").BeginObject().Key("listChanged").Bool(false).EndObject();
  json.Key("resources").BeginObject().Key("subscribe").Bool(false).Key("listChanged").Bool(false).EndObject();
  json.EndObject().Key("serverInfo").BeginObject().Key("name").String("attune").Key("title").String("attune");
  json.Key("version").String(server_version).EndObject().Key("instructions").String(kInstructions).EndObject();
  return text;
}

std::string ToolListResult(bool structured) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("tools").BeginArray();
  for (const Operation& operation : Operations()) {
    if (!operation.tool.empty()) WriteTool(json, operation, structured);
  }
  json.EndArray().EndObject();
  return text;
}

std::string ResourceListResult(const std::vector<engine::Note>& notes) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("resources").BeginArray();
  for (const engine::Note& note : notes) {
    const std::string id = IdText('n', note.id);
    json.BeginObject().Key("uri").String(std::string(kPassageUriPrefix) + id);
    json.Key("name").String(note.title.empty() ? FirstLine(note.text) : note.title);
    json.Key("mimeType").String("text/plain").EndObject();
  }
  json.EndArray().EndObject();
  return text;
}

std::string ResourceTemplatesResult() {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("resourceTemplates").BeginArray().BeginObject();
  json.Key("uriTemplate").String(std::string(kPassageUriPrefix) + "{id}").Key("name").String("passage");
  json.Key("title").String("A passage, note or message");
  json.Key("description").String("The whole text of a search hit; {id} is the hit's id, such as p123, n7 or m42.");
  json.Key("mimeType").String("text/plain").EndObject().EndArray().EndObject();
  return text;
}

std::string ResourceReadResult(std::string_view uri, const engine::Passage& passage) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("contents").BeginArray().BeginObject();
  json.Key("uri").String(uri).Key("mimeType").String(MimeType(passage)).Key("text").String(PassageText(passage));
  json.EndObject().EndArray().EndObject();
  return text;
}

std::string ToolAnswerResult(const Operation& tool, const Answer& answer, bool structured) {
  std::string shown = answer.body;
  if (tool.name == "recall") {
    const Result<state::Value> context = state::ParseJson(answer.body);
    const state::Value* woven = context.ok() ? context->Find("text") : nullptr;
    if (woven != nullptr) shown = woven->AsString().value_or(shown);
  }
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("content").BeginArray().BeginObject();
  json.Key("type").String("text").Key("text").String(shown).EndObject().EndArray();
  if (structured) json.Key("structuredContent").Raw(answer.body);
  json.Key("isError").Bool(false).EndObject();
  return text;
}

std::string ToolErrorResult(std::string_view message) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("content").BeginArray().BeginObject();
  json.Key("type").String("text").Key("text").String(message).EndObject().EndArray();
  json.Key("isError").Bool(true).EndObject();
  return text;
}

}  // namespace attune::server
