#include "chat_transfer.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <unordered_map>
#include <utility>

#include "attune/console/chat.h"
#include "attune/console/chat_export.h"
#include "attune/console/chat_import.h"
#include "attune/state/json.h"
#include "attune/state/json_writer.h"
#include "kinds.h"

namespace attune::engine {
namespace {

constexpr std::size_t kProblemsKept = 100;

std::string MetadataText(const state::Value& metadata) {
  return metadata.is_null() ? "{}" : state::PrintJson(metadata);
}

store::ImportChat ToOperation(console::Chat chat) {
  store::ImportChat op;
  op.external_id = chat.origin + ":" + chat.external_id;
  op.title = chat.title.empty() ? "untitled" : chat.title;
  op.origin = chat.origin;
  op.model = chat.model;
  op.created_at = chat.created_at;
  op.updated_at = chat.updated_at;
  op.metadata_json = MetadataText(chat.metadata);
  if (chat.head) op.head_external_id = chat.messages[*chat.head].external_id;
  for (const console::ChatMessage& message : chat.messages) {
    op.messages.push_back({.external_id = message.external_id,
                           .parent_external_id = message.parent ? chat.messages[*message.parent].external_id : "",
                           .role = message.role,
                           .content = message.content,
                           .model = message.model,
                           .created_at = message.created_at,
                           .metadata_json = MetadataText(message.metadata),
                           .tokens = std::nullopt});
  }
  return op;
}

// One import under way: chats go to the store one by one, their messages to the index.
class Import {
 public:
  Import(store::Store& store, IndexFeed& feed) : store_(store), feed_(feed) {}

  Status Take(console::Chat&& chat) {
    auto stored = store_.Write(ToOperation(std::move(chat)));
    if (!stored.ok()) {
      if (stored.error().code() != ErrorCode::kInvalidArgument) return stored.error();
      NoteProblem(stored.error().message());
      return OkStatus();
    }
    if (stored->created) {
      ++report_.chats_added;
    } else if (stored->added.empty()) {
      ++report_.chats_unchanged;
    } else {
      ++report_.chats_updated;
    }
    report_.messages_added += stored->added.size();
    return Index(stored->chat, stored->added);
  }

  void NoteProblem(std::string words) {
    ++report_.problems_count;
    if (report_.problems.size() < kProblemsKept) report_.problems.push_back(std::move(words));
  }

  ImportReport Finish(const console::ChatImportReport& read, const std::string& name) {
    report_.format = read.format;
    if (read.broken_off) {
      std::string words = "'" + name + "': " + read.broken_off->message();
      if (read.broken_off->code() == ErrorCode::kCorruption) {
        words += "; what came before is imported, export it again and import that for the rest";
      }
      NoteProblem(std::move(words));
    }
    feed_.WaitUntilIdle();
    return std::move(report_);
  }

 private:
  Status Index(store::ChatId chat, const std::vector<store::MessageId>& added) {
    std::vector<store::PassageId> ids;
    for (const store::MessageId message : added) ids.push_back(store::PassageId::Of(message));
    IndexUpdate update;
    ATTUNE_RETURN_IF_ERROR(store_.ForEachIndexable(ids, [&](const store::Indexable& stored) {
      update.added.push_back(ToIndexPassage(stored));
      return true;
    }));
    if (update.added.empty()) return OkStatus();
    feed_.Post(std::move(update));
    // Whoever deleted the chat before this posted the removal before this as well: it is repeated.
    ATTUNE_ASSIGN_OR_RETURN(const auto still_there, store_.ReadChat(chat));
    if (!still_there) feed_.Post({.added = {}, .removed = std::move(ids), .urgent = false, .searchable = {}});
    return OkStatus();
  }

  store::Store& store_;
  IndexFeed& feed_;
  ImportReport report_;
};

// An export may be larger than memory, so it is streamed; what it says is small.
Result<state::ChunkSource> OpenChunks(const std::string& path) {
  auto file = std::make_shared<std::ifstream>(path, std::ios::binary);
  if (!*file) return Error(ErrorCode::kDenied, "'" + path + "' cannot be opened for reading");
  return state::ChunkSource([file, path](std::span<char> buffer) -> Result<std::size_t> {
    file->read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    if (file->bad()) return Error(ErrorCode::kUnavailable, "'" + path + "' cannot be read any further");
    return static_cast<std::size_t>(file->gcount());
  });
}

Result<console::Chat> ReadWhole(const store::Store& store, store::ChatId id) {
  ATTUNE_ASSIGN_OR_RETURN(const auto stored, store.ReadChat(id));
  if (!stored) return Error(ErrorCode::kNotFound, "there is no chat c" + std::to_string(id.value));
  console::Chat chat;
  chat.external_id = stored->external_id.empty() ? "c" + std::to_string(id.value) : stored->external_id;
  // Without what ToOperation put before it, so that an import of this export knows the chat again.
  const std::string prefix = stored->origin + ":";
  if (chat.external_id.starts_with(prefix)) chat.external_id.erase(0, prefix.size());
  chat.title = stored->title;
  chat.origin = stored->origin;
  chat.model = stored->model;
  chat.created_at = stored->created_at;
  chat.updated_at = stored->updated_at;
  chat.metadata = state::ParseJson(stored->metadata_json).value_or(state::Value());
  std::unordered_map<std::int64_t, std::size_t> places;
  ATTUNE_RETURN_IF_ERROR(store.ForEachMessage(id, [&](const store::Message& message) {
    const auto parent = places.find(message.parent.value);
    places.emplace(message.id.value, chat.messages.size());
    if (message.id == stored->head) chat.head = chat.messages.size();
    chat.messages.push_back(
        {.external_id = message.external_id.empty() ? "m" + std::to_string(message.id.value) : message.external_id,
         .parent = parent == places.end() ? std::nullopt : std::optional(parent->second),
         .role = message.role,
         .content = message.content,
         .model = message.model,
         .created_at = message.created_at,
         .metadata = state::ParseJson(message.metadata_json).value_or(state::Value())});
    return true;
  }));
  return chat;
}

// Which message answers which, by the ids that the rest of the API uses: for whoever shows branches.
Result<std::string> WriteTree(const store::Store& store, store::ChatId id) {
  ATTUNE_ASSIGN_OR_RETURN(const auto stored, store.ReadChat(id));
  if (!stored) return Error(ErrorCode::kNotFound, "there is no chat c" + std::to_string(id.value));
  std::string text;
  state::JsonWriter json(text);
  json.BeginObject().Key("messages").BeginArray();
  ATTUNE_RETURN_IF_ERROR(store.ForEachMessage(id, [&](const store::Message& message) {
    json.BeginObject().Key("id").String("m" + std::to_string(message.id.value)).Key("parent");
    if (message.parent) {
      json.String("m" + std::to_string(message.parent.value));
    } else {
      json.Null();
    }
    json.Key("role").String(message.role).EndObject();
    return true;
  }));
  json.EndArray().EndObject();
  return text;
}

}  // namespace

Result<ImportReport> ImportChats(const ImportFile& file, store::Store& store, IndexFeed& feed,
                                 const ImportProgress& progress) {
  const std::string& path = file.path;
  ATTUNE_ASSIGN_OR_RETURN(const sys::FileInfo info, file.files.Stat(path));
  Import import(store, feed);
  console::ChatVisitor visitor;
  visitor.on_chat = [&](console::Chat&& chat) { return import.Take(std::move(chat)); };
  visitor.on_problem = [&](const console::ChatProblem& problem) {
    // A message that was hidden or empty in the first place is no trouble of the user's.
    if (problem.reason == console::ChatSkip::kHiddenMessage || problem.reason == console::ChatSkip::kEmptyMessage)
      return;
    import.NoteProblem(problem.error.message());
  };
  if (progress) visitor.on_progress = [&](std::uint64_t bytes) { progress(bytes, info.size); };
  const console::ChatImportOptions options{.source_name = file.name};
  if (info.kind == sys::FileKind::kDirectory) {
    ATTUNE_ASSIGN_OR_RETURN(const auto read, console::ImportChatFolder(file.files, path, options, visitor));
    return import.Finish(read, file.name);
  }
  if (info.kind != sys::FileKind::kRegular) {
    return Error(ErrorCode::kInvalidArgument, "'" + path + "' is neither a file nor a folder of chats");
  }
  ATTUNE_ASSIGN_OR_RETURN(state::ChunkSource chunks, OpenChunks(path));
  ATTUNE_ASSIGN_OR_RETURN(const auto read, console::ImportChats(std::move(chunks), options, visitor));
  return import.Finish(read, file.name);
}

Result<std::string> ExportChat(const store::Store& store, std::int64_t chat, std::string_view format) {
  if (format == "tree") return WriteTree(store, store::ChatId{chat});
  ATTUNE_ASSIGN_OR_RETURN(const auto kind, console::ParseChatFileFormat(format == "json" ? "attune" : format));
  ATTUNE_ASSIGN_OR_RETURN(const console::Chat whole, ReadWhole(store, store::ChatId{chat}));
  std::string out;
  console::WriteChat(kind, whole, out);
  return out;
}

}  // namespace attune::engine
