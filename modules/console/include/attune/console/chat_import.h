#pragma once
// ImportChats: reads what other programs export, one chat at a time, so that an
// export of a gigabyte needs the memory of its largest chat.
//
//   ChatVisitor visitor;
//   visitor.on_chat = [&](Chat&& chat) { return Store(std::move(chat)); };
//   visitor.on_problem = [&](const ChatProblem& problem) { Print(problem.error.message()); };
//   ATTUNE_ASSIGN_OR_RETURN(ChatImportReport report, ImportChats(source, {.source_name = "conversations.json"},
//   visitor));
//
// Formats    told apart by the shape of each element, so nobody has to name one:
//              ChatGPT   array of conversations with their `mapping` tree; all branches
//              Claude    array of conversations with `chat_messages`
//              attune    the lossless export of chat_export.h
//              torq      one tab of TORQ Console (`tabs/<id>.json`), or a folder of them
//              jsonl     a message a line (role and content; chat, parent, id and time
//                        if they are there), or a `messages` array a line
//            An array and values in a row are accepted for each of them. ZIP files are
//            not: unpack the export first.
// Identity   chats and messages keep the ids of their source. Without one they get a
//            hash of what they say (and of source_name), so that importing a file
//            again, also after it grew at the end, finds everything again.
// Order      a chat is delivered when it is complete; for a message a line that is at
//            the end of the input, or earlier under memory pressure (see ChatImportReport).
// Threads    none; one import, one thread. The visitor is called on it.
// Cost       one pass, 100 MB/s and more (README.md); memory is about 20 times the
//            largest chat, at most 20 times chat_bytes_max.
// Errors     a chat or a message that cannot be read is a problem for the visitor, with
//            its place; the rest goes on. What ends an import early (a truncated export,
//            a source that fails) is `broken_off` in the report, after everything before
//            it was delivered. ImportChats itself fails only with the visitor's error, and
//            with kInvalidArgument when nothing in the input looks like a chat.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "attune/base/bytes.h"
#include "attune/base/result.h"
#include "attune/console/chat.h"
#include "attune/state/json_elements.h"
#include "attune/sys/file_system.h"

namespace attune::console {

struct ChatImportOptions {
  // Part of derived ids and the title of chats that have none: the name of the file.
  std::string source_name{};
  // Of the text of one chat. The longest real chats have a few MiB; parsing takes a
  // multiple of it. Also bounds the text of chats that are open in a file of messages.
  Bytes chat_bytes_max{16ULL << 20U};
};

enum class ChatSkip : std::uint8_t {
  kBrokenJson,        // a chat or line that is not JSON, or nested too deep
  kTooLarge,          // a chat beyond chat_bytes_max
  kNotAChat,          // JSON of another shape
  kEmptyChat,         // no message left to keep
  kHiddenMessage,     // marked as never shown to the user
  kEmptyMessage,      // nothing readable in it
  kDuplicateMessage,  // an id that its chat has already
  kBrokenMessage,     // not an object, or without a role
};
inline constexpr std::size_t kChatSkipCount = 8;
std::string_view ToString(ChatSkip reason) noexcept;  // "broken_json"

struct ChatProblem {
  ChatSkip reason = ChatSkip::kBrokenJson;
  std::uint64_t element = 0;  // 0, 1, 2 … of the input
  std::uint64_t offset = 0;   // of its first byte, or of the comma before it
  Error error;                // names the place and what is wrong
};

struct ChatImportReport {
  std::string format{};  // of the first chat: "chatgpt", "claude", "attune", "torq", "jsonl"
  std::uint64_t chats = 0;
  std::uint64_t messages = 0;
  std::array<std::uint64_t, kChatSkipCount> skipped{};  // by ChatSkip
  // Messages whose parent is missing or is their own descendant; they became roots.
  std::uint64_t links_repaired = 0;
  // Half surrogate pairs ("\ud83d" alone) that became U+FFFD.
  std::uint64_t characters_repaired = 0;
  // Chats of a file of messages that had to be delivered before its end. What came for
  // them later was delivered under the same external_id, as a further root.
  std::uint64_t chats_continued = 0;
  std::uint64_t bytes = 0;            // read
  std::optional<Error> broken_off{};  // why the import ended before the input did

  std::uint64_t skipped_for(ChatSkip reason) const noexcept { return skipped[static_cast<std::size_t>(reason)]; }
};

struct ChatVisitor {
  // An error ends the import and is returned by it.
  std::function<Status(Chat&& chat)> on_chat{};
  std::function<void(const ChatProblem& problem)> on_problem{};  // may be empty
  std::function<void(std::uint64_t bytes)> on_progress{};        // read so far; may be empty
};

Result<ChatImportReport> ImportChats(state::ChunkSource source, const ChatImportOptions& options,
                                     const ChatVisitor& visitor);

// The files *.json of a folder, in the order of their names; `folder` is TORQ
// Console's chat_history or its tabs/. One report over all of them.
// Errors    those of listing the folder; kNotFound when it holds no such file.
Result<ChatImportReport> ImportChatFolder(const sys::FileSystem& files, const std::string& folder,
                                          const ChatImportOptions& options, const ChatVisitor& visitor);

// Reads from memory that outlives the source.
state::ChunkSource ChunksOf(std::string_view text);

// Whether the beginning of a file (4 KiB are plenty) looks like an export that
// ImportChats reads. A guess for folders full of other JSON; never fails.
bool LooksLikeChatExport(std::string_view head) noexcept;

}  // namespace attune::console
