#include "attune/console/chat_import.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "attune/state/json.h"
#include "chat_draft.h"
#include "chat_fields.h"
#include "chat_line_gatherer.h"
#include "chat_readers.h"
#include "chat_surrogates.h"

namespace attune::console {
namespace {

// Exports nest about 15 deep. Building a value recurses, so this bounds the stack.
constexpr std::size_t kDepthMax = 256;
constexpr std::size_t kTitleBytesMax = 80;  // what a list of chats shows of a title that is made up

// The first line of what the user said first, cut between characters.
std::string TitleFrom(const Chat& chat) {
  const auto user = std::find_if(chat.messages.begin(), chat.messages.end(),
                                 [](const ChatMessage& message) { return message.role == "user"; });
  if (user == chat.messages.end()) return {};
  const std::string_view said = user->content;
  const std::size_t begin = std::min(said.find_first_not_of(" \t\r\n"), said.size());
  std::string_view line = said.substr(begin, said.find_first_of("\r\n", begin) - begin);
  if (line.size() > kTitleBytesMax) {
    std::size_t end = kTitleBytesMax;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
    return std::string(line.substr(0, end)) + "…";
  }
  return std::string(line);
}

std::string DerivedChatId(const Chat& chat, std::string_view source_name) {
  const std::string time =
      chat.created_at ? std::to_string(chat.created_at->time_since_epoch().count()) : std::string();
  const std::string_view first = chat.messages.empty() ? std::string_view() : chat.messages.front().content;
  return DeriveId({chat.origin, source_name, chat.title, time, first});
}

bool IsLinesName(std::string_view name) { return name.ends_with(".jsonl") || name.ends_with(".ndjson"); }

class ChatImport {
 public:
  ChatImport(state::ChunkSource source, const ChatImportOptions& options, const ChatVisitor& visitor)
      : options_(options),
        visitor_(visitor),
        reader_(std::move(source), ReaderConfig(options)),
        tally_(report_, [this](ChatSkip reason, std::string what) { Tell(reason, std::move(what)); }),
        lines_(options.source_name, options.chat_bytes_max.count(),
               [this](Chat&& chat) { return Deliver(std::move(chat), ChatShape::kMessage); }) {}

  Result<ChatImportReport> Run() {
    while (!reader_.done()) {
      offset_ = reader_.offset();
      auto next = reader_.Next();
      report_.bytes = reader_.offset();
      if (visitor_.on_progress) visitor_.on_progress(report_.bytes);
      if (!next.ok()) {
        ReadError(next.error());
        continue;
      }
      if (!next->has_value()) break;
      element_ = (*next)->index;
      offset_ = (*next)->offset;
      ATTUNE_RETURN_IF_ERROR(ReadElement((*next)->text));
    }
    ATTUNE_RETURN_IF_ERROR(lines_.Finish(tally_));
    return std::move(report_);
  }

 private:
  static state::JsonElementReaderConfig ReaderConfig(const ChatImportOptions& options) {
    state::JsonElementReaderConfig config;
    if (IsLinesName(options.source_name)) config.framing = state::Framing::kLines;
    config.element_size_max = options.chat_bytes_max;
    // The reader follows any nesting that fits an element, and the parser then refuses
    // that element; a bound here would end the whole import.
    config.depth_max = options.chat_bytes_max.count();
    return config;
  }

  std::string Place() const { return "element " + std::to_string(element_) + " at byte " + std::to_string(offset_); }

  void Tell(ChatSkip reason, std::string what) {
    if (!visitor_.on_problem) return;
    visitor_.on_problem({reason, element_, offset_, Error(ErrorCode::kInvalidArgument, Place() + ": " + what)});
  }

  void ReadError(const Error& error) {
    if (reader_.done()) {
      report_.broken_off = error;
      return;
    }
    tally_.Skip(ChatSkip::kTooLarge);  // the one error that a reader goes on after
    if (visitor_.on_problem) {
      visitor_.on_problem({ChatSkip::kTooLarge, reader_.elements() - 1, offset_, error});
    }
  }

  Result<state::Value> Parse(std::string_view text) {
    const state::ParseLimits limits{.depth_max = kDepthMax, .size_max = options_.chat_bytes_max};
    auto value = state::ParseJson(text, limits);
    if (value.ok()) return value;
    const auto repaired = ReplaceHalfSurrogates(text, report_.characters_repaired);
    return repaired ? state::ParseJson(*repaired, limits) : std::move(value);
  }

  Status ReadElement(std::string_view text) {
    const auto value = Parse(text);
    if (!value.ok()) {
      tally_.Problem(ChatSkip::kBrokenJson, value.error().message());
      return OkStatus();
    }
    const ChatShape shape = ShapeOf(*value);
    switch (shape) {
      case ChatShape::kUnknown:
        tally_.Problem(ChatSkip::kNotAChat, "neither a chat nor a message");
        return OkStatus();
      case ChatShape::kMessage:
        return lines_.Add(*value, offset_, tally_);
      case ChatShape::kChatGpt:
        return Deliver(ReadChatGptChat(*value, tally_), shape);
      case ChatShape::kClaude:
        return Deliver(ReadClaudeChat(*value, tally_), shape);
      case ChatShape::kAttune:
        return Deliver(ReadAttuneChat(*value, tally_), shape);
      case ChatShape::kTorq:
        return Deliver(ReadTorqChat(*value, tally_), shape);
      case ChatShape::kMessageList:
        break;
    }
    return Deliver(ReadMessageList(*value, options_.source_name, tally_), shape);
  }

  Status Deliver(Chat chat, ChatShape shape) {
    if (report_.format.empty()) report_.format = OriginOf(shape);
    const bool lossless = shape == ChatShape::kAttune;
    if (chat.messages.empty() && !lossless) {
      tally_.Problem(ChatSkip::kEmptyChat, "chat '" + chat.title + "' has no messages");
      return OkStatus();
    }
    if (chat.external_id.empty()) chat.external_id = DerivedChatId(chat, options_.source_name);
    if (chat.title.empty() && !lossless) chat.title = TitleFrom(chat);
    if (chat.title.empty() && !lossless) chat.title = options_.source_name;
    ++report_.chats;
    report_.messages += chat.messages.size();
    return visitor_.on_chat(std::move(chat));
  }

  const ChatImportOptions& options_;
  const ChatVisitor& visitor_;
  state::JsonElementReader reader_;
  ChatImportReport report_;
  ImportTally tally_;
  LineGatherer lines_;
  std::uint64_t element_ = 0;  // in hand
  std::uint64_t offset_ = 0;
};

// A report of several inputs: counts add up, the first format and the first early end stay.
void AddReport(const ChatImportReport& one, ChatImportReport& all) {
  if (all.format.empty()) all.format = one.format;
  all.chats += one.chats;
  all.messages += one.messages;
  for (std::size_t i = 0; i < kChatSkipCount; ++i) all.skipped[i] += one.skipped[i];
  all.links_repaired += one.links_repaired;
  all.characters_repaired += one.characters_repaired;
  all.chats_continued += one.chats_continued;
  all.bytes += one.bytes;
}

// A file of a folder that cannot be read is a problem of that file.
void TellOfFile(const ChatVisitor& visitor, ChatImportReport& report, ChatSkip reason, const Error& error) {
  ++report.skipped[static_cast<std::size_t>(reason)];
  if (visitor.on_problem) visitor.on_problem({reason, 0, 0, error});
}

Result<std::vector<std::string>> JsonFilesIn(const sys::FileSystem& files, const std::string& folder) {
  ATTUNE_ASSIGN_OR_RETURN(const auto entries, files.List(folder));
  std::vector<std::string> names;
  for (const sys::DirectoryEntry& entry : entries) {
    if (entry.kind == sys::FileKind::kRegular && entry.name.ends_with(".json")) names.push_back(entry.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::string_view ToString(ChatSkip reason) noexcept {
  static constexpr std::array<std::string_view, kChatSkipCount> kNames = {
      "broken_json",    "too_large",     "not_a_chat",        "empty_chat",
      "hidden_message", "empty_message", "duplicate_message", "broken_message"};
  return kNames[static_cast<std::size_t>(reason)];
}

Result<ChatImportReport> ImportChats(state::ChunkSource source, const ChatImportOptions& options,
                                     const ChatVisitor& visitor) {
  ATTUNE_ASSIGN_OR_RETURN(ChatImportReport report, ChatImport(std::move(source), options, visitor).Run());
  const bool nothing_known = report.chats == 0 && report.skipped_for(ChatSkip::kEmptyChat) == 0;
  if (nothing_known && report.skipped_for(ChatSkip::kNotAChat) > 0) {
    return Error(ErrorCode::kInvalidArgument,
                 "'" + options.source_name +
                     "' holds no chats: expected an export of ChatGPT (conversations.json), of "
                     "Claude, of attune, a TORQ tab, or lines of JSON with role and content");
  }
  return report;
}

Result<ChatImportReport> ImportChatFolder(const sys::FileSystem& files, const std::string& folder,
                                          const ChatImportOptions& options, const ChatVisitor& visitor) {
  std::string place = folder;
  if (const auto tabs = files.Stat(folder + "/tabs"); tabs.ok() && tabs->kind == sys::FileKind::kDirectory) {
    place += "/tabs";
  }
  ATTUNE_ASSIGN_OR_RETURN(const std::vector<std::string> names, JsonFilesIn(files, place));
  if (names.empty()) return Error(ErrorCode::kNotFound, "no *.json files in " + place);
  ChatImportReport all;
  for (const std::string& name : names) {
    const std::string path = place + "/" + name;
    const auto text = files.Read(path, options.chat_bytes_max);
    if (!text.ok()) {
      const bool large = text.error().code() == ErrorCode::kExhausted;
      TellOfFile(visitor, all, large ? ChatSkip::kTooLarge : ChatSkip::kBrokenJson, text.error());
      continue;
    }
    ChatImportOptions one = options;
    one.source_name = name;
    ATTUNE_ASSIGN_OR_RETURN(const ChatImportReport report, ChatImport(ChunksOf(*text), one, visitor).Run());
    AddReport(report, all);
    if (report.broken_off) {
      const Error error(report.broken_off->code(), path + ": " + report.broken_off->message());
      TellOfFile(visitor, all, ChatSkip::kBrokenJson, error);
    }
  }
  return all;
}

state::ChunkSource ChunksOf(std::string_view text) {
  return [rest = text](std::span<char> buffer) mutable -> Result<std::size_t> {
    const std::size_t count = std::min(rest.size(), buffer.size());
    std::copy_n(rest.data(), count, buffer.data());
    rest.remove_prefix(count);
    return count;
  };
}

bool LooksLikeChatExport(std::string_view head) noexcept {
  const std::size_t first = head.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (first == std::string_view::npos || (head[first] != '[' && head[first] != '{')) return false;
  const auto has = [head](std::string_view key) { return head.find(key) != std::string_view::npos; };
  if (has("\"mapping\"") && (has("\"create_time\"") || has("\"title\""))) return true;
  if (has("\"chat_messages\"")) return true;
  if (has("\"attune.chat\"")) return true;
  if (has("\"messages\"") && (has("\"role\"") || has("\"context_state\"") || has("\"last_accessed\""))) return true;
  return has("\"role\"") && has("\"content\"") && (has("\"user\"") || has("\"assistant\"") || has("\"system\""));
}

}  // namespace attune::console
