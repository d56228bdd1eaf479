#include "attune/console/chat.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "attune/base/check.h"

namespace attune::console {
namespace {

bool IsObjectOrNull(const state::Value& value) { return value.is_null() || value.AsObject() != nullptr; }

}  // namespace

Status CheckChat(const Chat& chat) {
  const auto broken = [](const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); };
  if (chat.external_id.empty()) return broken("a chat needs an external_id");
  if (!IsObjectOrNull(chat.metadata)) return broken("metadata of chat '" + chat.external_id + "' is not an object");
  if (chat.head.has_value() ? *chat.head >= chat.messages.size() : !chat.messages.empty()) {
    return broken("the head of chat '" + chat.external_id + "' is not one of its messages");
  }
  std::unordered_set<std::string_view> ids;
  for (std::size_t i = 0; i < chat.messages.size(); ++i) {
    const ChatMessage& message = chat.messages[i];
    const auto where = [&] { return "message " + std::to_string(i) + " of chat '" + chat.external_id + "'"; };
    if (message.external_id.empty()) return broken(where() + " needs an external_id");
    if (!ids.insert(message.external_id).second) return broken(where() + " repeats id '" + message.external_id + "'");
    if (message.parent.has_value() && *message.parent >= i) return broken(where() + " stands before its parent");
    if (message.role.empty()) return broken(where() + " needs a role");
    if (!IsObjectOrNull(message.metadata)) return broken("metadata of " + where() + " is not an object");
  }
  return OkStatus();
}

std::vector<std::size_t> CurrentBranch(const Chat& chat) {
  std::vector<std::size_t> branch;
  for (std::optional<std::size_t> at = chat.head; at.has_value(); at = chat.messages[*at].parent) {
    ATTUNE_CHECK(*at < chat.messages.size(), "a message outside of its chat");
    ATTUNE_CHECK(branch.empty() || *at < branch.back(), "a parent stands before its children");
    branch.push_back(*at);
  }
  std::reverse(branch.begin(), branch.end());
  return branch;
}

}  // namespace attune::console
