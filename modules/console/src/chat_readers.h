#pragma once
// One reader per shape of export. Each takes one parsed element and makes one Chat
// of it, counting what it leaves out; the caller has checked the shape.

#include <functional>
#include <string>
#include <string_view>

#include "attune/console/chat.h"
#include "attune/console/chat_import.h"
#include "attune/state/value.h"
#include "chat_draft.h"

namespace attune::console {

enum class ChatShape : std::uint8_t {
  kUnknown,
  kChatGpt,      // an object with a `mapping`
  kClaude,       // with `chat_messages`
  kAttune,       // "format": "attune.chat"
  kTorq,         // a tab: messages with `type`, beside `last_accessed` or `context_state`
  kMessageList,  // `messages` (or `conversations`) with roles
  kMessage,      // one message: role and content
};
ChatShape ShapeOf(const state::Value& element) noexcept;
std::string_view OriginOf(ChatShape shape) noexcept;  // "chatgpt"

// Where readers report what they leave out. The message says what, the tally adds where.
class ImportTally {
 public:
  using Report = std::function<void(ChatSkip reason, std::string what)>;
  ImportTally(ChatImportReport& report, Report on_problem) : report_(report), on_problem_(std::move(on_problem)) {}

  // Counted and told: somebody may want to repair it.
  void Problem(ChatSkip reason, std::string what);
  // Counted only: it is usual.
  void Skip(ChatSkip reason) { ++report_.skipped[static_cast<std::size_t>(reason)]; }
  ChatImportReport& report() { return report_; }

 private:
  ChatImportReport& report_;
  Report on_problem_;
};

Chat ReadChatGptChat(const state::Value& element, ImportTally& tally);
Chat ReadClaudeChat(const state::Value& element, ImportTally& tally);
Chat ReadAttuneChat(const state::Value& element, ImportTally& tally);
Chat ReadTorqChat(const state::Value& element, ImportTally& tally);
// `source_name` is part of the derived id and the title where the list has none.
Chat ReadMessageList(const state::Value& element, std::string_view source_name, ImportTally& tally);

// One message of a list or a line. nullopt when it is left out (and counted).
struct LineMessage {
  ChatMessage message{};
  std::string parent{};
  enum class Parent : std::uint8_t { kPrevious, kRoot, kNamed } parent_kind = Parent::kPrevious;
};
std::optional<LineMessage> ReadLineMessage(const state::Value& line, ImportTally& tally);
DraftLink LinkOf(const LineMessage& read);
// Of the chat that the line belongs to; empty when it does not say.
std::string_view ChatIdOfLine(const state::Value& line);

}  // namespace attune::console
