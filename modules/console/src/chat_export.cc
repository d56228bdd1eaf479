#include "attune/console/chat_export.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "attune/base/check.h"
#include "attune/state/json_writer.h"
#include "chat_timestamp.h"

namespace attune::console {
namespace {

constexpr std::array<std::pair<std::string_view, ChatFileFormat>, 4> kFormats = {
    {{"attune", ChatFileFormat::kAttune},
     {"jsonl", ChatFileFormat::kJsonLines},
     {"markdown", ChatFileFormat::kMarkdown},
     {"chatgpt", ChatFileFormat::kChatGpt}}};

// Optional members stay out of the object when they hold nothing.
void Text(state::JsonWriter& json, std::string_view key, std::string_view text) {
  if (!text.empty()) json.Key(key).String(text);
}
void Time(state::JsonWriter& json, std::string_view key, const std::optional<WallTime>& time) {
  if (time) json.Key(key).String(FormatTimestamp(*time));
}
void Metadata(state::JsonWriter& json, const state::Value& metadata) {
  if (!metadata.is_null()) json.Key("metadata").Write(metadata);
}

std::string_view ParentId(const Chat& chat, const ChatMessage& message) {
  return message.parent ? std::string_view(chat.messages[*message.parent].external_id) : std::string_view();
}

void WriteAttune(const Chat& chat, std::string& out) {
  state::JsonWriter json(out);
  json.BeginObject();
  json.Key("format").String("attune.chat");
  json.Key("version").Int(1);
  json.Key("id").String(chat.external_id);
  Text(json, "title", chat.title);
  Text(json, "origin", chat.origin);
  Text(json, "model", chat.model);
  Time(json, "created_at", chat.created_at);
  Time(json, "updated_at", chat.updated_at);
  Metadata(json, chat.metadata);
  if (chat.head) json.Key("head_id").String(chat.messages[*chat.head].external_id);
  json.Key("messages").BeginArray();
  for (const ChatMessage& message : chat.messages) {
    json.BeginObject();
    json.Key("id").String(message.external_id);
    Text(json, "parent_id", ParentId(chat, message));
    json.Key("role").String(message.role);
    json.Key("content").String(message.content);
    Text(json, "model", message.model);
    Time(json, "created_at", message.created_at);
    Metadata(json, message.metadata);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  out += '\n';
}

void WriteJsonLines(const Chat& chat, std::string& out) {
  for (const ChatMessage& message : chat.messages) {
    state::JsonWriter json(out);
    json.BeginObject();
    json.Key("chat_id").String(chat.external_id);
    Text(json, "chat_title", chat.title);
    json.Key("id").String(message.external_id);
    json.Key("parent_id");
    if (message.parent) {
      json.String(ParentId(chat, message));
    } else {
      json.Null();  // written out: without it a reader takes the line before for the parent
    }
    json.Key("role").String(message.role);
    json.Key("content").String(message.content);
    Text(json, "model", message.model);
    Time(json, "created_at", message.created_at);
    Metadata(json, message.metadata);
    json.EndObject();
    out += '\n';
  }
}

double Seconds(WallTime time) { return static_cast<double>(time.time_since_epoch().count()) / 1e3; }

void WriteChatGptNode(const Chat& chat, std::size_t index, const std::vector<std::size_t>& children,
                      state::JsonWriter& json) {
  const ChatMessage& message = chat.messages[index];
  json.Key(message.external_id).BeginObject();
  json.Key("id").String(message.external_id);
  json.Key("message").BeginObject();
  json.Key("id").String(message.external_id);
  json.Key("author").BeginObject().Key("role").String(message.role).EndObject();
  json.Key("create_time");
  if (message.created_at) {
    json.Double(Seconds(*message.created_at));
  } else {
    json.Null();
  }
  json.Key("content").BeginObject().Key("content_type").String("text").Key("parts").BeginArray();
  json.String(message.content).EndArray().EndObject();
  json.Key("metadata").BeginObject();
  Text(json, "model_slug", message.model);
  json.EndObject().EndObject();
  json.Key("parent");
  if (message.parent) {
    json.String(ParentId(chat, message));
  } else {
    json.Null();
  }
  json.Key("children").BeginArray();
  for (const std::size_t child : children) json.String(chat.messages[child].external_id);
  json.EndArray().EndObject();
}

void WriteChatGpt(const Chat& chat, std::string& out) {
  std::vector<std::vector<std::size_t>> children(chat.messages.size());
  for (std::size_t i = 0; i < chat.messages.size(); ++i) {
    if (const auto parent = chat.messages[i].parent) children[*parent].push_back(i);
  }
  state::JsonWriter json(out);
  json.BeginObject();
  json.Key("title").String(chat.title);
  if (chat.created_at) json.Key("create_time").Double(Seconds(*chat.created_at));
  if (chat.updated_at) json.Key("update_time").Double(Seconds(*chat.updated_at));
  Text(json, "default_model_slug", chat.model);
  json.Key("mapping").BeginObject();
  for (std::size_t i = 0; i < chat.messages.size(); ++i) WriteChatGptNode(chat, i, children[i], json);
  json.EndObject();
  if (chat.head) json.Key("current_node").String(chat.messages[*chat.head].external_id);
  json.Key("conversation_id").String(chat.external_id);
  json.EndObject();
  out += '\n';
}

// "2024-05-01 12:34:56 UTC"
std::string ReadableTime(WallTime time) {
  const std::string iso = FormatTimestamp(time);
  return iso.substr(0, 10) + " " + iso.substr(11, 8) + " UTC";
}

void WriteMarkdownMessage(const ChatMessage& message, std::size_t number, std::string& out) {
  out += "### " + std::to_string(number) + " · " + message.role;
  if (!message.model.empty()) out += " (" + message.model + ")";
  if (message.created_at) out += " · " + ReadableTime(*message.created_at);
  out += "\n\n";
  out += message.content;
  out += message.content.ends_with('\n') ? "\n" : "\n\n";
}

void WriteMarkdownHead(const Chat& chat, std::string& out) {
  std::string title = chat.title.empty() ? "Chat " + chat.external_id : chat.title;
  std::replace(title.begin(), title.end(), '\n', ' ');
  out += "# " + title + "\n\n";
  if (!chat.origin.empty()) out += "- origin: " + chat.origin + "\n";
  if (!chat.model.empty()) out += "- model: " + chat.model + "\n";
  if (chat.created_at) out += "- created: " + ReadableTime(*chat.created_at) + "\n";
  if (chat.updated_at) out += "- updated: " + ReadableTime(*chat.updated_at) + "\n";
  out += "- messages: " + std::to_string(chat.messages.size()) + "\n\n";
}

// Messages carry the number of their place in the chat; a branch names the number
// that it leaves from.
void WriteMarkdown(const Chat& chat, std::string& out) {
  WriteMarkdownHead(chat, out);
  std::vector<bool> written(chat.messages.size(), false);
  for (const std::size_t i : CurrentBranch(chat)) {
    WriteMarkdownMessage(chat.messages[i], i + 1, out);
    written[i] = true;
  }
  std::vector<bool> has_child(chat.messages.size(), false);
  for (const ChatMessage& message : chat.messages) {
    if (message.parent) has_child[*message.parent] = true;
  }
  std::size_t branch = 1;
  for (std::size_t leaf = 0; leaf < chat.messages.size(); ++leaf) {
    if (has_child[leaf] || written[leaf]) continue;
    std::vector<std::size_t> path;
    std::optional<std::size_t> at = leaf;
    for (; at && !written[*at]; at = chat.messages[*at].parent) path.push_back(*at);
    out += "## Branch " + std::to_string(++branch) + (at ? ", from " + std::to_string(*at + 1) : ", from the start") +
           "\n\n";
    for (auto i = path.rbegin(); i != path.rend(); ++i) {
      WriteMarkdownMessage(chat.messages[*i], *i + 1, out);
      written[*i] = true;
    }
  }
}

}  // namespace

Result<ChatFileFormat> ParseChatFileFormat(std::string_view name) {
  for (const auto& [known, format] : kFormats) {
    if (known == name) return format;
  }
  return Error(ErrorCode::kInvalidArgument,
               "'" + std::string(name) + "' is no format of chats; expected attune, jsonl, markdown or chatgpt");
}

void WriteChat(ChatFileFormat format, const Chat& chat, std::string& out) {
  ATTUNE_CHECK(CheckChat(chat).ok(), "only a whole chat can be written");
  switch (format) {
    case ChatFileFormat::kAttune:
      return WriteAttune(chat, out);
    case ChatFileFormat::kJsonLines:
      return WriteJsonLines(chat, out);
    case ChatFileFormat::kMarkdown:
      return WriteMarkdown(chat, out);
    case ChatFileFormat::kChatGpt:
      return WriteChatGpt(chat, out);
  }
}

}  // namespace attune::console
