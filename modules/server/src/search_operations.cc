// Searching, opening what was found, and weaving it into a context.

#include <array>
#include <memory>

#include "attune/server/to_json.h"
#include "attune/state/json_writer.h"
#include "checked_arguments.h"
#include "operation_groups.h"
#include "weave.h"

namespace attune::server {
namespace {

using engine::Engine;
using state::Value;

constexpr std::array<std::string_view, 5> kKinds{"code", "prose", "page", "note", "message"};

constexpr std::string_view kQueryHelp =
    "Words, \"phrases\", pre* prefixes; -word excludes. Syntax: docs/guide/search.md";
constexpr std::string_view kSourcesHelp = "Only in these sources, by name.";
constexpr std::string_view kLanguagesHelp = "Only in these languages, such as cpp, python, markdown.";
constexpr std::string_view kPathsHelp = "Only in files whose path matches one of these globs, such as src/**/*.h.";
constexpr std::string_view kRolesHelp = "Only messages of these roles, such as user or assistant.";
constexpr std::string_view kKindsHelp = "Only these kinds.";
constexpr std::string_view kAfterHelp = "Only what changed or was said at this time or later.";
constexpr std::string_view kBeforeHelp = "Only what changed or was said before this time.";
constexpr std::int64_t kFilterItemsMax = 32;
constexpr std::int64_t kQueryBytesMax = 4096;

constexpr std::array kSearchBody = std::to_array<Parameter>({
    {.name = "query", .help = kQueryHelp, .required = true, .min = 1, .max = kQueryBytesMax},
    {.name = "limit",
     .shape = Shape::kInteger,
     .help = "How many hits at most.",
     .min = 1,
     .max = 100,
     .default_json = "10"},
    {.name = "sources", .shape = Shape::kTextList, .help = kSourcesHelp, .max = kFilterItemsMax},
    {.name = "languages", .shape = Shape::kTextList, .help = kLanguagesHelp, .max = kFilterItemsMax},
    {.name = "paths", .shape = Shape::kTextList, .help = kPathsHelp, .max = kFilterItemsMax},
    {.name = "roles", .shape = Shape::kTextList, .help = kRolesHelp, .max = kFilterItemsMax},
    {.name = "kinds", .shape = Shape::kTextList, .help = kKindsHelp, .max = kFilterItemsMax, .choices = kKinds},
    {.name = "after", .shape = Shape::kTime, .help = kAfterHelp},
    {.name = "before", .shape = Shape::kTime, .help = kBeforeHelp},
});

constexpr Parameter InQuery(Parameter parameter, std::string_view name) {
  parameter.place = Place::kQuery;
  parameter.field = parameter.name;
  parameter.name = name;
  return parameter;
}
constexpr std::array kSearchQuery = std::to_array<Parameter>({
    InQuery(kSearchBody[0], "q"),
    InQuery(kSearchBody[1], "limit"),
    InQuery(kSearchBody[2], "source"),
    InQuery(kSearchBody[3], "lang"),
    InQuery(kSearchBody[4], "path"),
    InQuery(kSearchBody[5], "role"),
    InQuery(kSearchBody[6], "kind"),
    InQuery(kSearchBody[7], "after"),
    InQuery(kSearchBody[8], "before"),
});

constexpr std::array kRecallBody = std::to_array<Parameter>({
    {.name = "query", .help = kQueryHelp, .required = true, .min = 1, .max = kQueryBytesMax},
    {.name = "budget_tokens",
     .shape = Shape::kInteger,
     .help = "The text has at most so many tokens, estimated at 3 bytes each.",
     .min = 100,
     .max = 32000,
     .default_json = "2000"},
    {.name = "passages",
     .shape = Shape::kInteger,
     .help = "How many of the best passages are considered.",
     .min = 1,
     .max = 50,
     .default_json = "12"},
    {.name = "sources", .shape = Shape::kTextList, .help = kSourcesHelp, .max = kFilterItemsMax},
    {.name = "languages", .shape = Shape::kTextList, .help = kLanguagesHelp, .max = kFilterItemsMax},
    {.name = "paths", .shape = Shape::kTextList, .help = kPathsHelp, .max = kFilterItemsMax},
    {.name = "kinds", .shape = Shape::kTextList, .help = kKindsHelp, .max = kFilterItemsMax, .choices = kKinds},
});

constexpr std::array kPassagePath = std::to_array<Parameter>({
    {.name = "id",
     .place = Place::kPath,
     .help = "Id of a hit: p123, n7 or m42.",
     .required = true,
     .min = 1,
     .max = 32},
});

engine::SearchRequest RequestOf(const CheckedArguments& arguments) {
  engine::SearchRequest request;
  request.query = arguments.Text("query");
  request.sources = arguments.Texts("sources");
  request.languages = arguments.Texts("languages");
  request.paths = arguments.Texts("paths");
  request.roles = arguments.Texts("roles");
  request.kinds = arguments.Texts("kinds");
  request.after = arguments.Time("after");
  request.before = arguments.Time("before");
  return request;
}

void Search(Engine& engine, const Value& object, Done done) {
  const CheckedArguments arguments(object);
  engine::SearchRequest request = RequestOf(arguments);
  request.limit = arguments.Count("limit");
  engine.SearchAsync(std::move(request), [done = std::move(done)](Result<engine::SearchResponse> response) {
    Reply(std::move(response), done, [](const auto& found) { return ToJson(found); });
  });
}

void ReadPassage(Engine& engine, const Value& object, Done done) {
  RunRead(engine, std::move(done), [&engine, id = CheckedArguments(object).Text("id")](const Done& reply) {
    Reply(engine.ReadPassage(id), reply, [](const auto& passage) { return ToJson(passage); });
  });
}

std::string ContextJson(const Context& context, const engine::SearchResponse& found) {
  std::string text;
  state::JsonWriter json(text);
  json.BeginObject().Key("text").String(context.text).Key("sources").BeginArray();
  for (const Woven& woven : context.sources) {
    json.BeginObject().Key("id").String(woven.where.id).Key("kind").String(woven.where.kind);
    json.Key("source").String(woven.where.source).Key("path").String(woven.where.path);
    json.Key("line_begin").Uint(woven.where.line_begin).Key("line_end").Uint(woven.where.line_end);
    json.Key("cut").Bool(woven.cut).EndObject();
  }
  json.EndArray().Key("tokens_estimated").Uint(context.tokens_estimated).Key("left_out").Uint(context.left_out);
  json.Key("notes").BeginArray();
  for (const std::string& note : found.notes) json.String(note);
  json.EndArray().Key("reading").Bool(found.reading).EndObject();
  return text;
}

// What disappeared between the search and the reading is left out; other failures are the answer.
Result<Context> ReadAndWeave(Engine& engine, const engine::SearchResponse& found, std::size_t tokens_max) {
  std::vector<engine::Passage> passages;
  for (const engine::SearchHit& hit : found.hits) {
    Result<engine::Passage> passage = engine.ReadPassage(hit.id);
    if (passage.ok()) {
      passages.push_back(*std::move(passage));
    } else if (passage.error().code() != ErrorCode::kNotFound) {
      return std::move(passage).error();
    }
  }
  return Weave(passages, {.tokens_max = tokens_max});
}

void Recall(Engine& engine, const Value& object, Done done) {
  const CheckedArguments arguments(object);
  engine::SearchRequest request = RequestOf(arguments);
  request.limit = arguments.Count("passages");
  request.snippets = false;
  const std::size_t tokens_max = arguments.Count("budget_tokens");
  auto weave = [&engine, tokens_max, done = std::move(done)](Result<engine::SearchResponse> response) {
    if (!response.ok()) {
      done(std::move(response).error());
      return;
    }
    RunRead(engine, done, [&engine, tokens_max, found = *std::move(response)](const Done& reply) {
      Reply(ReadAndWeave(engine, found, tokens_max), reply,
            [&](const Context& context) { return ContextJson(context, found); });
    });
  };
  engine.SearchAsync(std::move(request), std::move(weave));
}

constexpr std::array kSearchOperations = std::to_array<Operation>({
    {.name = "search",
     .method = Method::kPost,
     .path = "/v1/search",
     .summary = "Search everything that is remembered.",
     .parameters = kSearchBody,
     .body = BodyKind::kJson,
     .answer = "SearchResponse",
     .tool = "search",
     .tool_help = "Search the user's files, documents, notes and chats by words. Answers ranked hits with path, line "
                  "range and snippet; the resource attune://passage/{id} has the whole text of a hit.",
     .run = Search},
    {.name = "search_by_url",
     .method = Method::kGet,
     .path = "/v1/search",
     .summary = "Search everything that is remembered; filters may be repeated.",
     .parameters = kSearchQuery,
     .answer = "SearchResponse",
     .run = Search},
    {.name = "recall",
     .method = Method::kPost,
     .path = "/v1/recall",
     .summary = "The texts of the best passages as one context under a token budget.",
     .parameters = kRecallBody,
     .body = BodyKind::kJson,
     .answer = "Context",
     .tool = "recall",
     .tool_help = "Collect what the user's files, notes and chats say about a question: the texts of the best passages "
                  "with their sources, under a token budget. Use it to ground an answer.",
     .run = Recall},
    {.name = "read_passage",
     .method = Method::kGet,
     .path = "/v1/passages/{id}",
     .summary = "One passage, note or message with its text and surroundings.",
     .parameters = kPassagePath,
     .answer = "Passage",
     .run = ReadPassage},
});

}  // namespace

std::span<const Operation> SearchOperations() { return kSearchOperations; }

}  // namespace attune::server
