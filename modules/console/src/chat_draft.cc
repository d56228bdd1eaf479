#include "chat_draft.h"

#include <array>
#include <cstdio>
#include <utility>

#include "attune/base/check.h"
#include "attune/base/hash.h"

namespace attune::console {
namespace {

// Ids of real exports have 36 bytes. A longer one is replaced by its hash, so that
// whoever keeps chats has a bound for a key.
constexpr std::size_t kIdBytesMax = 256;

void BoundId(std::string& id) {
  if (id.size() > kIdBytesMax) id = DeriveId({id});
}

}  // namespace

std::string DeriveId(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) {
    all += std::to_string(part.size());  // so that ("ab", "c") and ("a", "bc") differ
    all += ':';
    all += part;
  }
  const Hash128 hash = ContentHash(all);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "k%016llx%016llx", static_cast<unsigned long long>(hash.high),
                static_cast<unsigned long long>(hash.low));
  return text.data();
}

bool ChatDraft::AddNode(Node node) {
  BoundId(node.message.external_id);
  BoundId(node.link.parent);
  const std::string& id = node.message.external_id;
  if (!id.empty() && !by_id_.emplace(id, nodes_.size()).second) return false;
  text_bytes_ += node.message.content.size() + id.size();
  nodes_.push_back(std::move(node));
  return true;
}

bool ChatDraft::Add(ChatMessage message, DraftLink link) {
  return AddNode({std::move(message), std::move(link), false, kNone, kNone});
}

bool ChatDraft::AddGap(std::string id, DraftLink link) {
  ChatMessage place;
  place.external_id = std::move(id);
  return AddNode({std::move(place), std::move(link), true, kNone, kNone});
}

void ChatDraft::AddChildHint(std::string_view parent, std::string_view child) { parent_hints_.emplace(child, parent); }

void ChatDraft::ResolveParents(ChatImportReport& report) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    switch (node.link.kind) {
      case DraftLink::Kind::kRoot:
        if (const auto hint = parent_hints_.find(node.message.external_id); hint != parent_hints_.end()) {
          const auto parent = by_id_.find(hint->second);
          if (parent != by_id_.end() && parent->second != i) node.parent = parent->second;
        }
        break;
      case DraftLink::Kind::kPrevious:
        if (i > 0) node.parent = i - 1;
        break;
      case DraftLink::Kind::kNamed:
        if (const auto parent = by_id_.find(node.link.parent); parent != by_id_.end() && parent->second != i) {
          node.parent = parent->second;
        } else {
          ++report.links_repaired;
        }
        break;
    }
  }
}

// Every node once, parents first. Breaks circles by making a root of the node of the
// circle that was added first.
std::vector<std::size_t> ChatDraft::PlacingOrder(ChatImportReport& report) {
  bool as_added = true;
  std::vector<std::vector<std::size_t>> children(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].parent == kNone) continue;
    as_added = as_added && nodes_[i].parent < i;
    children[nodes_[i].parent].push_back(i);
  }
  std::vector<std::size_t> order;
  order.reserve(nodes_.size());
  if (as_added) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) order.push_back(i);
    return order;
  }
  std::vector<bool> reached(nodes_.size(), false);
  std::vector<std::size_t> open;
  const auto walk_from = [&](std::size_t root) {
    open.push_back(root);
    while (!open.empty()) {
      const std::size_t at = open.back();
      open.pop_back();
      if (reached[at]) continue;
      reached[at] = true;
      order.push_back(at);
      open.insert(open.end(), children[at].rbegin(), children[at].rend());
    }
  };
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].parent == kNone) walk_from(i);
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (reached[i]) continue;
    nodes_[i].parent = kNone;
    ++report.links_repaired;
    walk_from(i);
  }
  return order;
}

std::string ChatDraft::DerivedId(const ChatMessage& message, std::string_view parent_id) {
  std::string id = DeriveId({seed_, parent_id, message.role, message.content});
  const std::size_t before = derived_[id]++;
  if (before > 0) id = DeriveId({id, std::to_string(before)});
  while (by_id_.contains(id)) id = DeriveId({id});  // somebody chose that very id
  return id;
}

void ChatDraft::Finish(std::string_view head, Chat& chat, ChatImportReport& report) && {
  ResolveParents(report);
  const auto shown = by_id_.find(std::string(head));
  const std::size_t head_node = head.empty() || shown == by_id_.end() ? kNone : shown->second;
  std::size_t last_added = kNone;
  for (const std::size_t i : PlacingOrder(report)) {
    Node& node = nodes_[i];
    const std::size_t parent = node.parent == kNone ? kNone : nodes_[node.parent].placed;
    if (node.gap) {
      node.placed = parent;
      continue;
    }
    if (parent != kNone) node.message.parent = parent;
    if (node.message.external_id.empty()) {
      node.message.external_id = DerivedId(node.message, parent == kNone ? "" : chat.messages[parent].external_id);
    }
    node.placed = chat.messages.size();
    chat.messages.push_back(std::move(node.message));
    if (last_added == kNone || i > last_added) last_added = i;
  }
  if (head_node != kNone && nodes_[head_node].placed != kNone) {
    chat.head = nodes_[head_node].placed;
  } else if (last_added != kNone) {
    chat.head = nodes_[last_added].placed;
  }
}

}  // namespace attune::console
