// The document against what is really served.

#include "attune/server/openapi.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "attune/server/operations.h"
#include "attune/server/schema.h"
#include "conforms.h"
#include "router.h"
#include "server_fixture.h"

namespace attune::server {
namespace {

using ::testing::HasSubstr;

class OpenApi : public ServerTest {
 protected:
  void SetUp() override {
    StartServer();
    document_ = Json(Get("/v1/openapi.json"));
  }
  state::Value document_;
};

// A request for each operation that the fake engine answers with success.
struct Example {
  std::string path;
  std::string body;
};
const std::map<std::string, Example>& Examples() {
  static const std::map<std::string, Example> kExamples{
      {"search", {"/v1/search", R"({"query":"x"})"}},
      {"search_by_url", {"/v1/search?q=x", ""}},
      {"recall", {"/v1/recall", R"({"query":"x"})"}},
      {"read_passage", {"/v1/passages/p1", ""}},
      {"remember", {"/v1/notes", R"({"text":"x","tags":["a"]})"}},
      {"list_notes", {"/v1/notes", ""}},
      {"forget_note", {"/v1/notes/n1", ""}},
      {"create_chat", {"/v1/chats", R"({"title":"x"})"}},
      {"list_chats", {"/v1/chats", ""}},
      {"import_chats", {"/v1/chats/import", "{}"}},
      {"read_chat", {"/v1/chats/c1", ""}},
      {"delete_chat", {"/v1/chats/c1", ""}},
      {"append_message", {"/v1/chats/c1/messages", R"({"content":"x"})"}},
      {"export_chat", {"/v1/chats/c1/export", ""}},
      {"list_sources", {"/v1/sources", ""}},
      {"add_source", {"/v1/sources", R"({"root":"/x"})"}},
      {"remove_source", {"/v1/sources/project", ""}},
      {"list_knobs", {"/v1/knobs", ""}},
      {"pin_knob", {"/v1/knobs/ingest.threads", R"({"value":"4"})"}},
      {"unpin_knob", {"/v1/knobs/ingest.threads", ""}},
      {"read_journal", {"/v1/journal", ""}},
      {"status", {"/v1/status", ""}},
      {"openapi", {"/v1/openapi.json", ""}},
      {"metrics", {"/metrics", ""}},
      {"health", {"/healthz", ""}},
      {"readiness", {"/readyz", ""}},
      {"mcp", {"/mcp", R"({"jsonrpc":"2.0","id":1,"method":"ping"})"}},
  };
  return kExamples;
}
// The examples name the first note and chat; an earlier example may have removed those.
std::string WithIds(std::string path, const std::string& note, const std::string& chat) {
  for (const auto& [example, id] : {std::pair<std::string, std::string>{"/n1", "/" + note}, {"/c1", "/" + chat}}) {
    if (const std::size_t at = path.find(example); at != std::string::npos) path.replace(at, example.size(), id);
  }
  return path;
}

const std::set<std::string> kConversations{"events", "mcp_end"};  // have tests of their own

TEST_F(OpenApi, EveryRouteOfTheDocumentAnswersAsItSays) {
  Post("/v1/sources", R"({"root":"/x"})");
  for (const state::Member& path : *document_.Find("paths")->AsObject()) {
    for (const state::Member& method : *path.value.AsObject()) {
      const std::string name = TextOf(method.value, "operationId");
      if (kConversations.contains(name)) continue;
      const auto found = Examples().find(name);
      ASSERT_NE(found, Examples().end()) << name << " has no example";
      // What an operation needs is made first, whatever the order of the document.
      const std::string note = TextOf(Json(Post("/v1/notes", R"({"text":"x"})")), "id");
      const std::string chat = TextOf(Json(Post("/v1/chats", R"({"title":"x"})")), "id");
      Post("/v1/chats/" + chat + "/messages", R"({"content":"x"})");
      Post("/v1/sources", R"({"root":"/x"})");
      std::string verb = method.key;
      for (char& c : verb) c = static_cast<char>(c - 'a' + 'A');
      const std::string url = WithIds(found->second.path, note, chat);
      const auto response = Ask({.method = verb, .url = url, .body = found->second.body});
      const state::Value* promised = method.value.Find("responses")->Find(std::to_string(response.status));
      ASSERT_NE(promised, nullptr) << verb << " " << url << " " << response.status << response.body;
      const state::Value* content = promised->Find("content");
      if (content == nullptr) continue;
      const state::Value& schema = *content->Find("application/json")->Find("schema");
      EXPECT_EQ(WhatDiffers(Json(response), schema, document_), "") << name;
    }
  }
}

TEST_F(OpenApi, EveryServedOperationIsInTheDocument) {
  std::size_t documented = 0;
  for (const state::Member& path : *document_.Find("paths")->AsObject()) documented += path.value.AsObject()->size();
  std::size_t served = 0;
  for (const Operation& operation : Operations()) {
    if (operation.path.empty()) continue;
    ++served;
    std::string verb(NameOf(operation.method));
    for (char& c : verb) c = static_cast<char>(c - 'A' + 'a');
    const state::Value* path = document_.Find("paths")->Find(operation.path);
    ASSERT_NE(path, nullptr) << operation.path;
    EXPECT_NE(path->Find(verb), nullptr) << operation.path << " " << verb;
  }
  EXPECT_EQ(documented, served);
}

TEST_F(OpenApi, EveryPathParameterIsDescribedAndEveryReferenceLeadsSomewhere) {
  for (const Operation& operation : Operations()) {
    std::size_t braces = 0;
    for (const char c : operation.path) braces += c == '{' ? 1U : 0U;
    std::size_t described = 0;
    for (const Parameter& parameter : operation.parameters) {
      if (parameter.place != Place::kPath) continue;
      ++described;
      EXPECT_THAT(operation.path, HasSubstr("{" + std::string(parameter.name) + "}"));
      EXPECT_TRUE(parameter.required);
    }
    EXPECT_EQ(braces, described) << operation.name;
    if (!operation.answer.empty()) {
      EXPECT_NE(FindSchema(operation.answer), nullptr) << operation.answer;
    }
  }
  const std::string text = state::PrintJson(document_);
  constexpr std::string_view kReference = "#/components/schemas/";
  for (std::size_t at = text.find(kReference); at != std::string::npos; at = text.find(kReference, at + 1)) {
    const std::size_t begin = at + kReference.size();
    EXPECT_NE(FindSchema(text.substr(begin, text.find('"', begin) - begin)), nullptr);
  }
}

TEST_F(OpenApi, ProblemsAreWhatTheDocumentSays) {
  const state::Value& schema = *document_.Find("components")->Find("schemas")->Find("Problem");
  engine_.FailSearchesWith(Error(ErrorCode::kExhausted, "busy"));
  for (const char* path : {"/v1/nothing", "/v1/search", "/v1/search?q=x", "/v1/passages/p99", "/mcp"}) {
    EXPECT_EQ(WhatDiffers(Json(Get(path)), schema, document_), "") << path;
  }
}

TEST(Operations, NamesAreUniqueAndToolsAreComplete) {
  std::set<std::string_view> names;
  std::set<std::string_view> tools;
  for (const Operation& operation : Operations()) {
    EXPECT_TRUE(names.insert(operation.name).second) << operation.name;
    EXPECT_FALSE(operation.summary.empty());
    if (operation.tool.empty()) continue;
    EXPECT_TRUE(tools.insert(operation.tool).second);
    EXPECT_FALSE(operation.tool_help.empty());
    EXPECT_FALSE(operation.answer.empty());
    EXPECT_NE(operation.run, nullptr);
  }
  EXPECT_THAT(tools, ::testing::UnorderedElementsAre("search", "recall", "remember", "chat_append", "status"));
}

TEST(Operations, CanBeInvokedWithoutHttp) {
  FakeEngine engine;
  std::string body;
  Invoke(engine, *FindOperation("remember"), state::Object{{"text", "x"}}, [&](const Result<Answer>& answer) {
    ASSERT_TRUE(answer.ok());
    body = answer->body;
  });
  EXPECT_THAT(body, HasSubstr("\"id\":\"n1\""));
  Invoke(engine, *FindOperation("remember"), state::Object{{"txt", "x"}}, [&](const Result<Answer>& answer) {
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(answer.error().message(), HasSubstr("did you mean 'text'?"));
  });
  EXPECT_EQ(FindOperation("nothing"), nullptr);
}

TEST(Operations, AnEngineThatEndsRefusesAndStillAnswers) {
  FakeEngine engine;
  engine.executor().Shutdown(exec::Executor::Pending::kDrop);
  int answers = 0;
  for (const char* name : {"list_notes", "list_chats", "search"}) {
    const state::Value arguments =
        std::string_view(name) == "search" ? state::Value(state::Object{{"query", "x"}}) : state::Value();
    Invoke(engine, *FindOperation(name), arguments, [&](const Result<Answer>& answer) {
      ++answers;
      EXPECT_EQ(answer.error().code(), ErrorCode::kCancelled);
    });
  }
  EXPECT_EQ(answers, 3);
}

TEST(Operations, BoundsAreWalked) {
  const Operation& search = *FindOperation("search");
  const auto fits = [&](state::Value value) {
    return std::holds_alternative<state::Value>(CheckArguments(search, value));
  };
  const auto with_limit = [](std::int64_t limit) { return state::Object{{"query", "x"}, {"limit", limit}}; };
  EXPECT_FALSE(fits(with_limit(0)));
  EXPECT_TRUE(fits(with_limit(1)));
  EXPECT_TRUE(fits(with_limit(100)));
  EXPECT_FALSE(fits(with_limit(101)));
  EXPECT_TRUE(fits(state::Object{{"query", std::string(4096, 'x')}}));
  EXPECT_FALSE(fits(state::Object{{"query", std::string(4097, 'x')}}));
  EXPECT_TRUE(fits(state::Object{{"query", "x"}, {"paths", state::Array(32, "a")}}));
  EXPECT_FALSE(fits(state::Object{{"query", "x"}, {"paths", state::Array(33, "a")}}));
  EXPECT_FALSE(fits(state::Object{{"query", "x"}, {"paths", state::Array(1, "")}}));
  EXPECT_TRUE(fits(state::Object{{"query", "x"}, {"limit", nullptr}}));
  EXPECT_FALSE(fits(7));
  EXPECT_FALSE(fits(nullptr));
}

TEST(RouterOfOperations, PrefersTheTextOverTheVariable) {
  const Router router(Operations());
  EXPECT_EQ(router.Find(Method::kPost, {"v1", "chats", "import"}).operation->name, "import_chats");
  const Match chat = router.Find(Method::kHead, {"v1", "chats", "c1"});
  EXPECT_EQ(chat.operation->name, "read_chat");
  EXPECT_EQ(chat.path_values, std::vector<std::string>{"c1"});
  EXPECT_EQ(router.Find(Method::kPut, {"v1", "chats"}).operation, nullptr);
  EXPECT_EQ(router.Find(Method::kPut, {"v1", "chats"}).allow, "POST, GET, HEAD");
  EXPECT_EQ(router.Find(Method::kGet, {"v1", "chats", ""}).allow, "");
  EXPECT_EQ(router.Find(Method::kGet, {}).allow, "");
}

}  // namespace
}  // namespace attune::server
