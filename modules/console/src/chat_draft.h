#pragma once
// ChatDraft: builds the tree of a chat from messages in any order that name their
// parents, of which some are missing, hidden, repeated or in a circle. What comes
// out keeps every promise of chat.h.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attune/console/chat.h"
#include "attune/console/chat_import.h"

namespace attune::console {

// Where a message of an export hangs.
struct DraftLink {
  enum class Kind : std::uint8_t { kRoot, kPrevious, kNamed };
  Kind kind = Kind::kPrevious;  // kPrevious: behind the message that was added before
  std::string parent{};         // kNamed
};

class ChatDraft {
 public:
  // `seed` makes the ids that are derived for messages without one.
  explicit ChatDraft(std::string seed) : seed_(std::move(seed)) {}

  // The external id of `message` may be empty. False: the id is taken, nothing was added.
  bool Add(ChatMessage message, DraftLink link);

  // A place in the tree without a message to keep; what hangs on it will hang on its
  // nearest ancestor with one. False as above.
  bool AddGap(std::string id, DraftLink link);

  // The parent of `child` where that does not name one itself.
  void AddChildHint(std::string_view parent, std::string_view child);

  std::size_t nodes() const noexcept { return nodes_.size(); }
  std::size_t text_bytes() const noexcept { return text_bytes_; }

  // Moves the messages into the chat, each behind its parent: in the order of Add if
  // that allows it, else depth first. `head` names the node that is shown; without it,
  // or if it is unknown, the head is the message that was added last. Counts repaired links.
  void Finish(std::string_view head, Chat& chat, ChatImportReport& report) &&;

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  struct Node {
    ChatMessage message;
    DraftLink link;
    bool gap = false;
    std::size_t parent = kNone;
    std::size_t placed = kNone;  // index in the chat: of the message, or for a gap of its nearest ancestor
  };

  bool AddNode(Node node);
  void ResolveParents(ChatImportReport& report);
  std::vector<std::size_t> PlacingOrder(ChatImportReport& report);
  std::string DerivedId(const ChatMessage& message, std::string_view parent_id);

  std::string seed_;
  std::vector<Node> nodes_;
  std::unordered_map<std::string, std::size_t> by_id_;
  std::unordered_map<std::string, std::string> parent_hints_;  // child to parent
  std::unordered_map<std::string, std::size_t> derived_;       // derived ids and how often each came
  std::size_t text_bytes_ = 0;
};

// "k" and 32 hexadecimal digits that stand for the parts.
std::string DeriveId(std::initializer_list<std::string_view> parts);

}  // namespace attune::console
