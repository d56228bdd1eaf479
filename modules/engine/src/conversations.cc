#include "conversations.h"

#include <algorithm>
#include <set>
#include <utility>

#include "attune/state/json.h"
#include "attune/state/json_writer.h"
#include "kinds.h"

namespace attune::engine {
namespace {

using store::ChatId;
using store::MessageId;
using store::NoteId;
using store::PassageId;

constexpr std::size_t kRoleBytesMax = 64;          // "user", "assistant", "tool:search"
constexpr std::size_t kTitleBytesMax = 1024;       // a line
constexpr std::size_t kMetadataBytesMax = 65'536;  // beside the content, not instead of it

Error Invalid(const std::string& message) { return {ErrorCode::kInvalidArgument, message}; }

Status CheckDraft(const MessageDraft& draft) {
  if (draft.content.empty()) return Invalid("content is empty; a message says something");
  if (draft.role.empty() || draft.role.size() > kRoleBytesMax) {
    return Invalid("role must have 1 to " + std::to_string(kRoleBytesMax) + " bytes, such as user or assistant");
  }
  if (draft.metadata_json.size() > kMetadataBytesMax) {
    return Invalid("metadata has " + std::to_string(draft.metadata_json.size()) + " bytes; at most " +
                   std::to_string(kMetadataBytesMax));
  }
  const auto metadata = state::ParseJson(draft.metadata_json);
  if (!metadata.ok()) return Invalid("metadata is not JSON: " + metadata.error().message());
  return OkStatus();
}

Message FromStore(const store::Message& stored) {
  return {.id = stored.id.value,
          .parent = stored.parent.value,
          .role = stored.role,
          .content = stored.content,
          .model = stored.model,
          .created = stored.created_at,
          .metadata_json = stored.metadata_json.empty() ? "{}" : stored.metadata_json};
}

Note FromStore(const store::Note& stored) {
  return {.id = stored.id.value,
          .title = stored.title,
          .text = stored.text,
          .tags = stored.tags,
          .created = stored.created_at};
}

IndexPassage ForIndex(PassageId id, HitKind kind, std::string title, std::string role, std::string text,
                      WallTime time) {
  return {.id = id,
          .source = std::string(NameOf(kind)) + "s",
          .path = std::move(title),
          .language = "",
          .role = std::move(role),
          .symbol = "",
          .body = std::move(text),
          .kind = static_cast<std::uint8_t>(kind),
          .time_ms = time.time_since_epoch().count(),
          .line_begin = 0,
          .line_end = 0,
          .prose = true};
}

std::string MessageEvent(ChatId chat, MessageId id, const std::string& role) {
  std::string json;
  state::JsonWriter out(json);
  out.BeginObject();
  out.Key("chat").String("c" + std::to_string(chat.value));
  out.Key("id").String("m" + std::to_string(id.value));
  out.Key("role").String(role);
  out.EndObject();
  return json;
}

std::string NoteEvent(NoteId id) { return R"({"id":"n)" + std::to_string(id.value) + "\"}"; }

}  // namespace

void Conversations::Remember(Note draft, std::function<void(Result<Note>)> done) {
  if (draft.text.empty()) return done(Invalid("text is empty; a note says something"));
  if (draft.title.size() > kTitleBytesMax) return done(Invalid("title is longer than a line (1024 bytes)"));
  for (const std::string& tag : draft.tags) {
    if (tag.empty() || tag.find('\n') != std::string::npos) return done(Invalid("a tag is one word or line"));
  }
  draft.created = clock_.WallNow();
  store::PutNote op{
      .id = {}, .text = draft.text, .title = draft.title, .tags = draft.tags, .created_at = draft.created};
  auto shared = std::make_shared<std::function<void(Result<Note>)>>(std::move(done));
  const auto submitted = store_.Submit(std::move(op), [this, draft = std::move(draft),
                                                       shared](Result<NoteId> id) mutable {
    if (!id.ok()) return (*shared)(id.error());
    draft.id = id->value;
    IndexUpdate update;
    update.urgent = true;
    update.added.push_back(ForIndex(PassageId::Of(*id), HitKind::kNote, draft.title, "", draft.text, draft.created));
    update.searchable = [this, note = *id, draft = std::move(draft), shared] {
      events_.Post("note", NoteEvent(note));
      (*shared)(draft);
    };
    feed_.Post(std::move(update));
  });
  if (!submitted.ok()) (*shared)(submitted.error());
}

void Conversations::Forget(std::string_view id, std::function<void(Status)> done) {
  if (id.size() > 1 && id.front() == 'c') {
    const auto number = store::ParsePassageId("m" + std::string(id.substr(1)));
    if (number.ok()) return DeleteChat(number->row(), std::move(done));
  }
  const auto parsed = store::ParsePassageId(id);
  if (!parsed.ok() || parsed->kind() != store::PassageKind::kNote) {
    return done(Invalid("'" + std::string(id) +
                        "' cannot be forgotten by itself; name a note (n7) or a chat (c3). A file is forgotten when "
                        "it is deleted or ignored"));
  }
  ForgetNote(NoteId{parsed->row()}, std::move(done));
}

void Conversations::ForgetNote(NoteId note, std::function<void(Status)> done) {
  auto shared = std::make_shared<std::function<void(Status)>>(std::move(done));
  const auto submitted = store_.Submit(store::RemoveNote{.id = note}, [this, note, shared](Result<bool> removed) {
    if (!removed.ok()) return (*shared)(removed.error());
    if (!*removed) {
      return (*shared)(Error(ErrorCode::kNotFound, "there is no note n" + std::to_string(note.value)));
    }
    IndexUpdate update;
    update.urgent = true;
    update.removed.push_back(PassageId::Of(note));
    update.searchable = [this, note, shared] {
      events_.Post("note", NoteEvent(note));
      (*shared)(OkStatus());
    };
    feed_.Post(std::move(update));
  });
  if (!submitted.ok()) (*shared)(submitted.error());
}

Result<std::vector<Note>> Conversations::Notes(std::size_t limit, std::int64_t before) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto stored, store_.ListNotes({.before = NoteId{before},
                                                               .limit = std::clamp<std::size_t>(limit, 1, kPageMax),
                                                               .deleted = false}));
  std::vector<Note> notes;
  for (const store::Note& note : stored) notes.push_back(FromStore(note));
  return notes;
}

void Conversations::CreateChat(std::string title, std::string model, std::function<void(Result<ChatSummary>)> done) {
  if (title.size() > kTitleBytesMax) return done(Invalid("title is longer than a line (1024 bytes)"));
  if (title.empty()) title = "untitled";
  const WallTime now = clock_.WallNow();
  store::CreateChat op{
      .external_id = "", .title = title, .origin = "attune", .model = model, .created_at = now, .metadata_json = "{}"};
  auto shared = std::make_shared<std::function<void(Result<ChatSummary>)>>(std::move(done));
  const auto submitted = store_.Submit(std::move(op), [title, model, now, shared](Result<ChatId> id) {
    if (!id.ok()) return (*shared)(id.error());
    (*shared)(ChatSummary{.id = id->value,
                          .title = title,
                          .origin = "attune",
                          .model = model,
                          .created = now,
                          .updated = now,
                          .messages = 0,
                          .branches = 0});
  });
  if (!submitted.ok()) (*shared)(submitted.error());
}

void Conversations::AppendMessage(std::int64_t chat, MessageDraft draft, std::function<void(Result<Message>)> done) {
  if (const auto checked = CheckDraft(draft); !checked.ok()) return done(checked.error());
  auto title = titles_.Of(ChatId{chat});
  if (!title.ok()) return done(title.error());
  auto pooled = waiting_.Acquire();
  if (!pooled.ok()) return done(pooled.error());
  WaitingMessage& waiting = **pooled;
  waiting.chat.id = chat;
  waiting.chat.title = *std::move(title);
  waiting.done = std::move(done);
  waiting.message = {.id = 0,
                     .parent = draft.parent,
                     .role = std::move(draft.role),
                     .content = std::move(draft.content),
                     .model = std::move(draft.model),
                     .created = clock_.WallNow(),
                     .metadata_json = std::move(draft.metadata_json)};
  store::AppendMessage op{.chat = ChatId{chat},
                          .parent = MessageId{waiting.message.parent},
                          .external_id = "",
                          .role = waiting.message.role,
                          .content = waiting.message.content,
                          .model = waiting.message.model,
                          .created_at = waiting.message.created,
                          .metadata_json = waiting.message.metadata_json,
                          .tokens = std::nullopt};
  const memory::PoolHandle handle = pooled->Detach();
  const auto submitted =
      store_.Submit(std::move(op), [this, handle](Result<MessageId> id) { OnStored(handle, std::move(id)); });
  if (!submitted.ok()) Answer(handle, submitted.error());
}

void Conversations::OnStored(memory::PoolHandle waiting, Result<MessageId> id) {
  if (!id.ok()) return Answer(waiting, id.error());
  WaitingMessage& stored = waiting_.Get(waiting);
  stored.message.id = id->value;
  IndexUpdate update;
  update.urgent = true;
  update.added.push_back(ForIndex(PassageId::Of(*id), HitKind::kMessage, std::move(stored.chat.title),
                                  stored.message.role, stored.message.content, stored.message.created));
  update.searchable = [this, waiting] { OnSearchable(waiting); };
  feed_.Post(std::move(update));
}

void Conversations::OnSearchable(memory::PoolHandle waiting) {
  WaitingMessage& found = waiting_.Get(waiting);
  if (found.message.parent == 0) found.message.parent = ParentOf(MessageId{found.message.id});
  events_.Post("message", MessageEvent(ChatId{found.chat.id}, MessageId{found.message.id}, found.message.role));
  Answer(waiting, std::move(found.message));
}

// The place is free before the answer is given: whoever is answered may append again.
void Conversations::Answer(memory::PoolHandle waiting, Result<Message> answer) {
  const auto done = std::exchange(waiting_.Get(waiting).done, nullptr);
  waiting_.Release(waiting);
  done(std::move(answer));
}

void Conversations::Trim(TimePoint now) {
  pool_knobs_.ApplyTo(waiting_);
  waiting_.Trim(now);
}

PoolStatus Conversations::pool_status() const {
  const memory::PoolStats stats = waiting_.stats();
  return {.name = "messages",
          .in_use = stats.leased,
          .idle = stats.open - stats.leased,
          .capacity = pool_knobs_.capacity_max(),
          .bytes = stats.bytes,
          .acquired = stats.acquired,
          .reused = stats.acquired - std::min(stats.acquired, stats.built)};
}

// Only the store knows behind which message an append without a parent came.
std::int64_t Conversations::ParentOf(MessageId message) const {
  const auto stored = store_.ReadMessage(message);
  return stored.ok() && *stored ? (*stored)->parent.value : 0;
}

Result<ChatSummary> Conversations::Summarize(const store::Chat& chat) const {
  return ChatSummary{.id = chat.id.value,
                     .title = chat.title,
                     .origin = chat.origin,
                     .model = chat.model,
                     .created = chat.created_at,
                     .updated = chat.updated_at,
                     .messages = chat.message_count,
                     .branches = chat.branch_count};
}

Result<std::vector<ChatSummary>> Conversations::Chats(std::size_t limit, std::int64_t before) const {
  store::ChatListQuery query{.before_time = std::nullopt,
                             .before = {},
                             .limit = std::clamp<std::size_t>(limit, 1, kPageMax),
                             .archived = false};
  if (before != 0) {
    ATTUNE_ASSIGN_OR_RETURN(const auto last, store_.ReadChat(ChatId{before}));
    if (!last) return Error(ErrorCode::kNotFound, "before: there is no chat c" + std::to_string(before));
    query.before = last->id;
    query.before_time = last->updated_at;
  }
  ATTUNE_ASSIGN_OR_RETURN(const auto stored, store_.ListChats(query));
  std::vector<ChatSummary> chats;
  for (const store::Chat& chat : stored) {
    ATTUNE_ASSIGN_OR_RETURN(ChatSummary summary, Summarize(chat));
    chats.push_back(std::move(summary));
  }
  return chats;
}

Result<ChatPage> Conversations::ReadChat(std::int64_t chat, std::int64_t leaf, std::size_t limit,
                                         std::int64_t before) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto stored, store_.ReadChat(ChatId{chat}));
  if (!stored) return Error(ErrorCode::kNotFound, "there is no chat c" + std::to_string(chat));
  ATTUNE_ASSIGN_OR_RETURN(const store::MessagePage page,
                          store_.ReadMessages(stored->id, {.from = MessageId{before != 0 ? before : leaf},
                                                           .limit = std::clamp<std::size_t>(limit, 1, kPageMax)}));
  ChatPage out;
  ATTUNE_ASSIGN_OR_RETURN(out.chat, Summarize(*stored));
  for (const store::Message& message : page.messages) out.messages.push_back(FromStore(message));
  out.next_before = page.earlier.value;
  return out;
}

void Conversations::DeleteChat(std::int64_t chat, std::function<void(Status)> done) {
  auto shared = std::make_shared<std::function<void(Status)>>(std::move(done));
  const auto on_removed = [this, chat, shared](Result<std::vector<MessageId>> removed) {
    if (!removed.ok()) return (*shared)(removed.error());
    titles_.Forget(ChatId{chat});
    IndexUpdate update;
    update.urgent = true;
    for (const MessageId message : *removed) update.removed.push_back(PassageId::Of(message));
    update.searchable = [shared] { (*shared)(OkStatus()); };
    feed_.Post(std::move(update));
  };
  const auto submitted = store_.Submit(store::DeleteChat{.chat = ChatId{chat}}, on_removed);
  if (!submitted.ok()) (*shared)(submitted.error());
}

}  // namespace attune::engine
