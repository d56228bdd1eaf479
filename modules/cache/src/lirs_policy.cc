#include "lirs_policy.h"

#include <algorithm>

#include "policy_calls.h"

namespace attune::cache {
namespace {

constexpr std::size_t kHirDivisor = 100;        // the paper's one per cent for HIR entries
constexpr std::size_t kGhostsForEachEntry = 2;  // enough for a loop of three times the cache

std::size_t LirsMax(std::size_t capacity) {
  return capacity - std::min(capacity, std::max<std::size_t>(1, capacity / kHirDivisor));
}

}  // namespace

LirsPolicy::LirsPolicy(const PolicyConfig& config)
    : Policy(Growth::kTold),
      entries_max_(config.entries_max),
      lirs_max_(LirsMax(config.entries_max)),
      nodes_(WithSentinels()),
      stack_({&nodes_.table}),
      queues_({&nodes_.table}) {}

LirsPolicy::Nodes LirsPolicy::WithSentinels() {
  Nodes nodes;
  nodes.table.Cover(kQueues - 1, 0);
  return nodes;
}

Bytes LirsPolicy::bytes() const noexcept {
  return Bytes(sizeof(*this)) + node_of_.bytes() + nodes_.table.bytes() + ghosts_.bytes();
}

void LirsPolicy::OnHit(Slot slot) {
  const Node node = node_of_[slot];
  if (IsLir(node)) {
    const bool was_bottom = stack_.Back(0) == node;
    stack_.MoveToFront(0, node);
    if (was_bottom) Prune();
  } else if (IsOnStack(node)) {
    queues_.Remove(kHirs, node);
    BecomeLir(node);
  } else {
    PushOnStack(node);
    queues_.MoveToFront(kHirs, node);
    Prune();
  }
}

void LirsPolicy::OnHits(std::span<const Slot> slots) {
  for (const Slot slot : slots) __builtin_prefetch(&node_of_[slot]);
  for (const Slot slot : slots) __builtin_prefetch(&nodes_[node_of_[slot]], 1);
  for (const Slot slot : slots) stack_.PrefetchNeighbours(node_of_[slot]);
  TellHits(*this, slots);
}

void LirsPolicy::OnInsert(Slot slot, KeyHash key) {
  NoteGrowth(node_of_.Cover(slot, entries_max_));
  const Node ghost = FindGhost(key);
  const bool returns = ghost != HashIndex::kNone;
  const Node node = returns ? ghost : NewNode();
  if (returns) {
    ghosts_.Erase(node, HashesOf{nodes_});
    queues_.Remove(kGhosts, node);
  } else {
    PushOnStack(node);
  }
  nodes_[node].hash = key;
  nodes_[node].slot = slot;
  node_of_[slot] = node;
  if (returns || lirs_ < lirs_max_) {
    BecomeLir(node);
  } else {
    queues_.PushFront(kHirs, node);
    Prune();
  }
}

void LirsPolicy::OnErase(Slot slot) {
  const Node node = node_of_[slot];
  if (IsLir(node)) {
    --lirs_;
  } else {
    queues_.Remove(kHirs, node);
  }
  if (IsOnStack(node)) RemoveFromStack(node);
  nodes_[node].slot = kNoSlot;
  nodes_[node].state = 0;
  queues_.PushFront(kFree, node);
  Prune();
}

Slot LirsPolicy::Evict(KeyHash /*incoming*/) {
  const std::size_t capacity = resident();
  lirs_max_ = LirsMax(capacity);
  while (lirs_ > lirs_max_) DemoteBottom();
  const Node node = queues_.Back(kHirs);
  const Slot victim = nodes_[node].slot;
  queues_.Remove(kHirs, node);
  nodes_[node].slot = kNoSlot;
  if (IsOnStack(node)) {
    Remember(node);
    const std::size_t ghosts_max = kGhostsForEachEntry * std::min(capacity, entries_max_);
    while (ghosts_.size() > ghosts_max) Forget(queues_.Back(kGhosts));
  } else {
    queues_.PushFront(kFree, node);
  }
  return victim;
}

Slot LirsPolicy::EvictAndInsert(KeyHash incoming) {
  ghosts_.Prefetch(incoming);
  const Slot slot = EvictThenInsert(*this, incoming);
  PrefetchNext();
  return slot;
}

// What the next eviction will read, if it goes on as it did: here a miss costs nobody's time.
void LirsPolicy::PrefetchNext() {
  const Node next = queues_.Back(kHirs);
  NoteNextVictim(next == kNoSlot ? kNoSlot : nodes_[next].slot);
  if (next != kNoSlot) ghosts_.Prefetch(nodes_[next].hash);
  if (const Node oldest = queues_.Back(kGhosts); oldest != kNoSlot) ghosts_.Prefetch(nodes_[oldest].hash);
}

LirsPolicy::Node LirsPolicy::NewNode() {
  Node node = queues_.Back(kFree);
  if (node != kNoSlot) {
    queues_.Remove(kFree, node);
    return node;
  }
  node = nodes_used_++;
  NoteGrowth(nodes_.table.Cover(node + kQueues, kQueues + (1 + kGhostsForEachEntry) * entries_max_));
  nodes_[node].slot = kNoSlot;
  return node;
}

void LirsPolicy::PushOnStack(Node node) {
  stack_.PushFront(0, node);
  nodes_[node].state |= kOnStack;
}

void LirsPolicy::RemoveFromStack(Node node) {
  stack_.Remove(0, node);
  nodes_[node].state = 0;
}

void LirsPolicy::BecomeLir(Node node) {
  stack_.MoveToFront(0, node);
  nodes_[node].state = kLir | kOnStack;
  ++lirs_;
  while (lirs_ > lirs_max_) DemoteBottom();
  Prune();
}

void LirsPolicy::DemoteBottom() {
  Prune();
  const Node node = stack_.Back(0);
  RemoveFromStack(node);
  --lirs_;
  queues_.PushFront(kHirs, node);
  Prune();
}

void LirsPolicy::Prune() {
  for (Node bottom = stack_.Back(0); bottom != kNoSlot && !IsLir(bottom); bottom = stack_.Back(0)) {
    if (IsGhost(bottom)) {
      Forget(bottom);
    } else {
      RemoveFromStack(bottom);
    }
  }
}

void LirsPolicy::Remember(Node node) {
  // Another entry with this hash may have left before; one history is enough for both.
  if (const Node older = FindGhost(nodes_[node].hash); older != HashIndex::kNone) Forget(older);
  queues_.PushFront(kGhosts, node);
  NoteGrowth(ghosts_.Insert(node, HashesOf{nodes_}, kGhostsForEachEntry * entries_max_ + 1));
}

void LirsPolicy::Forget(Node ghost) {
  ghosts_.Erase(ghost, HashesOf{nodes_});
  queues_.MoveToFront(kGhosts, kFree, ghost);
  RemoveFromStack(ghost);
}

void LirsPolicy::Resize(std::size_t entries_max) {
  entries_max_ = entries_max;
  lirs_max_ = LirsMax(entries_max);
  while (queues_.size(kGhosts) > kGhostsForEachEntry * entries_max) Forget(queues_.Back(kGhosts));
}

void LirsPolicy::AppendColdestFirst(std::vector<Slot>& slots) const {
  std::vector<Node> nodes;
  queues_.AppendBackToFront(kHirs, nodes);
  for (Node node = stack_.Back(0); node != kNoSlot; node = stack_.Frontward(node)) {
    if (IsLir(node)) nodes.push_back(node);
  }
  for (const Node node : nodes) slots.push_back(nodes_[node].slot);
}

void LirsPolicy::CheckInvariants() const {
  stack_.CheckInvariants();
  queues_.CheckInvariants();
  ATTUNE_CHECK(queues_.size(kGhosts) <= kGhostsForEachEntry * entries_max_, "ghosts are bounded");
  ATTUNE_CHECK(queues_.size(kGhosts) == ghosts_.size(), "every ghost is indexed");
  ATTUNE_CHECK(stack_.empty(0) || IsLir(stack_.Back(0)), "the bottom of the stack is LIR");
  std::vector<Node> nodes;
  stack_.AppendBackToFront(0, nodes);
  std::size_t lirs = 0;
  for (const Node node : nodes) {
    ATTUNE_CHECK(IsOnStack(node), "a node on the stack knows it");
    ATTUNE_CHECK(!IsLir(node) || node_of_[nodes_[node].slot] == node, "slot and node agree");
    ATTUNE_CHECK(!IsGhost(node) || FindGhost(nodes_[node].hash) == node, "a ghost is found");
    if (IsLir(node)) ++lirs;
  }
  ATTUNE_CHECK(lirs == lirs_, "LIR entries are on the stack");
  nodes.clear();
  queues_.AppendBackToFront(kHirs, nodes);
  for (const Node node : nodes) {
    ATTUNE_CHECK(!IsLir(node) && !IsGhost(node) && node_of_[nodes_[node].slot] == node,
                 "the queue holds resident HIRs");
  }
  nodes.clear();
  queues_.AppendBackToFront(kGhosts, nodes);
  for (const Node node : nodes) ATTUNE_CHECK(IsGhost(node) && IsOnStack(node), "a ghost is on the stack");
}

}  // namespace attune::cache
