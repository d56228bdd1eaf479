// Conversations: making, reading, extending, importing and exporting them.

#include <array>

#include "attune/server/to_json.h"
#include "attune/state/json_writer.h"
#include "checked_arguments.h"
#include "operation_groups.h"
#include "utf8.h"

namespace attune::server {
namespace {

using engine::Engine;
using state::Value;

constexpr std::array<std::string_view, 4> kFormats{"markdown", "jsonl", "json", "tree"};
constexpr std::int64_t kContentBytesMax = 4 << 20;
constexpr std::size_t kTitleBytesFromContent = 80;

constexpr Parameter kChatPathId{.name = "id",
                                .place = Place::kPath,
                                .shape = Shape::kId,
                                .help = "Id of a chat.",
                                .required = true,
                                .id_prefix = 'c'};
constexpr Parameter kContent{
    .name = "content", .help = "What was said.", .required = true, .min = 1, .max = kContentBytesMax};
constexpr Parameter kModel{.name = "model", .help = "Name of the language model.", .max = 128};
constexpr Parameter kParent{.name = "parent",
                            .shape = Shape::kId,
                            .help = "The message that this one answers; the newest of the chat when absent.",
                            .id_prefix = 'm'};
constexpr Parameter kMetadata{.name = "metadata", .shape = Shape::kObject, .help = "Kept as it is."};

constexpr std::array kCreateBody = std::to_array<Parameter>({
    {.name = "title", .help = "What it is about.", .required = true, .min = 1, .max = 512},
    kModel,
});
constexpr std::array kChatPaging = Paging("Only chats older than this one.", 'c');
constexpr std::array kReadParameters = std::to_array<Parameter>({
    kChatPathId,
    {.name = "limit",
     .place = Place::kQuery,
     .shape = Shape::kInteger,
     .help = "How many messages at most.",
     .min = 1,
     .max = 500,
     .default_json = "100"},
    {.name = "before",
     .place = Place::kQuery,
     .shape = Shape::kId,
     .help = "Only messages above this one.",
     .id_prefix = 'm'},
    {.name = "leaf",
     .place = Place::kQuery,
     .shape = Shape::kId,
     .help = "The branch that ends in this message; the newest when absent.",
     .id_prefix = 'm'},
});
constexpr std::array kAppendParameters = std::to_array<Parameter>({
    kChatPathId,
    {.name = "role",
     .help = "Who said it: user, assistant, system or tool.",
     .min = 1,
     .max = 64,
     .default_json = "\"user\""},
    kContent,
    kParent,
    kModel,
    kMetadata,
});
constexpr std::array kAppendBody = std::to_array<Parameter>({
    {.name = "chat",
     .shape = Shape::kId,
     .help = "The chat to extend, as an earlier call answered it; a new one when absent.",
     .id_prefix = 'c'},
    {.name = "title", .help = "Title of a new chat; the beginning of the content when absent.", .max = 512},
    {.name = "role",
     .help = "Who said it: user, assistant, system or tool.",
     .min = 1,
     .max = 64,
     .default_json = "\"user\""},
    kContent,
    kModel,
    kMetadata,
});
constexpr std::array kChatPath = std::to_array<Parameter>({kChatPathId});
constexpr std::array kExportParameters = std::to_array<Parameter>({
    kChatPathId,
    {.name = "format",
     .place = Place::kQuery,
     .help = "How to write it; json is lossless, tree has the ids of messages and of what they answer.",
     .max = 16,
     .default_json = "\"markdown\"",
     .choices = kFormats},
});
constexpr std::array kImportParameters = std::to_array<Parameter>({
    {.name = kUploadPathField, .help = "Path of the export file.", .required = true, .min = 1, .max = 4096},
    {.name = "name",
     .place = Place::kQuery,
     .help = "What the file is called; chats that carry no id are known again by it.",
     .max = 255,
     .default_json = "\"upload\""},
});

engine::MessageDraft DraftOf(const CheckedArguments& arguments) {
  engine::MessageDraft draft;
  draft.parent = arguments.Integer("parent");
  draft.role = arguments.Text("role");
  draft.content = arguments.Text("content");
  draft.model = arguments.Text("model");
  draft.metadata_json = arguments.ObjectText("metadata");
  return draft;
}

void CreateChat(Engine& engine, const Value& object, Done done) {
  const CheckedArguments arguments(object);
  auto reply = [done = std::move(done)](Result<engine::ChatSummary> chat) {
    Reply(std::move(chat), done, [](const auto& created) { return ToJson(created); }, 201);
  };
  engine.CreateChat(arguments.Text("title"), arguments.Text("model"), std::move(reply));
}

void ListChats(Engine& engine, const Value& object, Done done) {
  const CheckedArguments arguments(object);
  RunRead(engine, std::move(done),
          [&engine, limit = arguments.Count("limit"), before = arguments.Integer("before")](const Done& reply) {
            Reply(engine.Chats(limit, before), reply, [](const auto& chats) { return ToJsonList("chats", chats); });
          });
}

void ReadChat(Engine& engine, const Value& object, Done done) {
  RunRead(engine, std::move(done), [&engine, object](const Done& reply) {
    const CheckedArguments arguments(object);
    Reply(engine.ReadChat(arguments.Integer("id"), arguments.Integer("leaf"), arguments.Count("limit"),
                          arguments.Integer("before")),
          reply, [](const auto& page) { return ToJson(page); });
  });
}

void AppendMessage(Engine& engine, const Value& object, Done done) {
  const CheckedArguments arguments(object);
  auto reply = [done = std::move(done)](Result<engine::Message> message) {
    Reply(std::move(message), done, [](const auto& stored) { return ToJson(stored); }, 201);
  };
  engine.AppendMessage(arguments.Integer("id"), DraftOf(arguments), std::move(reply));
}

void AppendTo(Engine& engine, std::int64_t chat, engine::MessageDraft draft, Done done) {
  auto reply = [chat, done = std::move(done)](Result<engine::Message> message) {
    Reply(
        std::move(message), done,
        [chat](const engine::Message& stored) {
          std::string text;
          state::JsonWriter json(text);
          json.BeginObject().Key("chat").String(IdText('c', chat));
          WriteJson(json.Key("message"), stored);
          json.EndObject();
          return text;
        },
        201);
  };
  engine.AppendMessage(chat, std::move(draft), std::move(reply));
}

std::string TitleFrom(std::string_view content) {
  return std::string(Utf8Prefix(content.substr(0, content.find('\n')), kTitleBytesFromContent));
}

// Appends to a chat, or makes one and appends to that.
void ChatAppend(Engine& engine, const Value& object, Done done) {
  const CheckedArguments arguments(object);
  engine::MessageDraft draft = DraftOf(arguments);
  if (arguments.Has("chat")) {
    AppendTo(engine, arguments.Integer("chat"), std::move(draft), std::move(done));
    return;
  }
  std::string title = arguments.Text("title");
  if (title.empty()) title = TitleFrom(draft.content);
  std::string model = draft.model;
  auto append = [&engine, draft = std::move(draft), done = std::move(done)](Result<engine::ChatSummary> chat) mutable {
    if (!chat.ok()) {
      done(std::move(chat).error());
      return;
    }
    AppendTo(engine, chat->id, std::move(draft), std::move(done));
  };
  engine.CreateChat(std::move(title), std::move(model), std::move(append));
}

void DeleteChat(Engine& engine, const Value& object, Done done) {
  engine.DeleteChat(CheckedArguments(object).Integer("id"),
                    [done = std::move(done)](const Status& result) { ReplyNothing(result, done); });
}

void ExportChat(Engine& engine, const Value& object, Done done) {
  const CheckedArguments arguments(object);
  RunRead(engine, std::move(done),
          [&engine, id = arguments.Integer("id"), format = arguments.Text("format")](const Done& reply) {
            Result<std::string> text = engine.ExportChat(id, format);
            if (!text.ok()) {
              reply(std::move(text).error());
              return;
            }
            Answer answer{.status = 200, .body = *std::move(text)};
            answer.file_name = IdText('c', id) + (format == "markdown" ? ".md"
                                                  : format == "tree"   ? ".tree.json"
                                                                       : "." + format);
            if (format == "markdown") answer.content_type = "text/markdown; charset=utf-8";
            if (format == "jsonl") answer.content_type = "application/jsonl";
            reply(std::move(answer));
          });
}

void ImportChats(Engine& engine, const Value& object, Done done) {
  RunChange(engine, std::move(done),
            [&engine, path = CheckedArguments(object).Text(kUploadPathField),
             name = CheckedArguments(object).Text("name")](const Done& reply) {
              Reply(engine.ImportChats(path, name, {}), reply, [](const auto& report) { return ToJson(report); });
            });
}

constexpr std::array kChatOperations = std::to_array<Operation>({
    {.name = "create_chat",
     .method = Method::kPost,
     .path = "/v1/chats",
     .summary = "Begin a chat.",
     .parameters = kCreateBody,
     .body = BodyKind::kJson,
     .success = 201,
     .answer = "ChatSummary",
     .run = CreateChat},
    {.name = "list_chats",
     .method = Method::kGet,
     .path = "/v1/chats",
     .summary = "Chats, newest first.",
     .parameters = kChatPaging,
     .answer = "ChatList",
     .run = ListChats},
    {.name = "import_chats",
     .method = Method::kPost,
     .path = "/v1/chats/import",
     .summary = "Import an export of ChatGPT or Claude, or JSON lines. What is known already is not added twice.",
     .parameters = kImportParameters,
     .body = BodyKind::kUpload,
     .answer = "ImportReport",
     .run = ImportChats},
    {.name = "read_chat",
     .method = Method::kGet,
     .path = "/v1/chats/{id}",
     .summary = "A chat with messages along one branch, oldest first.",
     .parameters = kReadParameters,
     .answer = "ChatPage",
     .run = ReadChat},
    {.name = "delete_chat",
     .method = Method::kDelete,
     .path = "/v1/chats/{id}",
     .summary = "Delete a chat and its messages.",
     .parameters = kChatPath,
     .success = 204,
     .run = DeleteChat},
    {.name = "append_message",
     .method = Method::kPost,
     .path = "/v1/chats/{id}/messages",
     .summary = "Add a message. The answer means that it is stored and searchable.",
     .parameters = kAppendParameters,
     .body = BodyKind::kJson,
     .success = 201,
     .answer = "Message",
     .run = AppendMessage},
    {.name = "export_chat",
     .method = Method::kGet,
     .path = "/v1/chats/{id}/export",
     .summary = "A whole chat as a file.",
     .parameters = kExportParameters,
     .run = ExportChat},
    {.name = "chat_append",
     .method = Method::kPost,
     .path = {},
     .summary = "Add a message to a chat, or begin one with it.",
     .parameters = kAppendBody,
     .body = BodyKind::kJson,
     .success = 201,
     .answer = "AppendedMessage",
     .tool = "chat_append",
     .tool_help = "Record a message of this conversation durably, so that later conversations can find it. The first "
                  "call begins a chat; pass the chat id of its answer with the next ones.",
     .run = ChatAppend},
});

}  // namespace

std::span<const Operation> ChatOperations() { return kChatOperations; }

}  // namespace attune::server
