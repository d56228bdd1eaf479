#pragma once
// Replacement policies as their papers tell them: vectors, oldest first, and linear search.
//
// Slow and obvious; the product's policies must name the same victims. Where the product differs from
// a paper (its header says where), so does the reference: shares follow what is resident when somebody
// leaves, and ghosts are bounded.
//
//   std::unique_ptr<Policy> reference = MakeReference(PolicyKind::kArc, config);

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "../src/frequency_sketch.h"
#include "../src/window_climber.h"
#include "attune/base/check.h"
#include "attune/cache/policies.h"

namespace attune::cache::reference {

struct Entry {
  Slot slot = kNoSlot;
  KeyHash key = 0;
  int hits = 0;
};
using Entries = std::vector<Entry>;   // oldest, or least recently used, first
using Ghosts = std::vector<KeyHash>;  // oldest first

inline Entries::iterator Find(Entries& entries, Slot slot) { return std::ranges::find(entries, slot, &Entry::slot); }
inline bool Has(Entries& entries, Slot slot) { return Find(entries, slot) != entries.end(); }

inline Entry Take(Entries& entries, Slot slot) {
  const auto at = Find(entries, slot);
  ATTUNE_CHECK(at != entries.end(), "the slot is there");
  const Entry entry = *at;
  entries.erase(at);
  return entry;
}

inline Entry TakeOldest(Entries& entries) { return Take(entries, entries.front().slot); }

inline bool Forget(Ghosts& ghosts, KeyHash key) { return std::erase(ghosts, key) > 0; }

inline void Remember(Ghosts& ghosts, KeyHash key, std::size_t ghosts_max) {
  Forget(ghosts, key);
  ghosts.push_back(key);
  while (ghosts.size() > ghosts_max) ghosts.erase(ghosts.begin());
}

inline void KeepNewest(Ghosts& ghosts, std::size_t ghosts_max) {
  if (ghosts.size() > ghosts_max) ghosts.erase(ghosts.begin(), ghosts.end() - static_cast<std::ptrdiff_t>(ghosts_max));
}

inline void Append(const Entries& entries, std::vector<Slot>& slots) {
  for (const Entry& entry : entries) slots.push_back(entry.slot);
}

class Reference : public Policy {
 public:
  explicit Reference(const PolicyConfig& config) : entries_max_(config.entries_max) {}
  std::string_view name() const noexcept override { return "reference"; }
  Bytes bytes() const noexcept override { return Bytes(0); }
  std::size_t resident() const noexcept override {
    std::vector<Slot> slots;
    AppendColdestFirst(slots);
    return slots.size();
  }
  void Resize(std::size_t entries_max) override { entries_max_ = entries_max; }
  void CheckInvariants() const override {}
  std::unique_ptr<Policy> Renumbered(std::span<const Slot>, std::size_t) override { return nullptr; }  // not asked for

 protected:
  std::size_t entries_max_;
};

class Fifo : public Reference {
 public:
  using Reference::Reference;
  void OnHit(Slot /*slot*/) override {}
  void OnInsert(Slot slot, KeyHash key) override { entries_.push_back({slot, key}); }
  void OnErase(Slot slot) override { Take(entries_, slot); }
  Slot Evict(KeyHash /*incoming*/) override { return TakeOldest(entries_).slot; }
  void AppendColdestFirst(std::vector<Slot>& slots) const override { Append(entries_, slots); }

 protected:
  Entries entries_;
};

class Lru final : public Fifo {
 public:
  using Fifo::Fifo;
  void OnHit(Slot slot) override { entries_.push_back(Take(entries_, slot)); }
};

class S3Fifo final : public Reference {
 public:
  using Reference::Reference;
  void OnHit(Slot slot) override {
    Entry& entry = Has(small_, slot) ? *Find(small_, slot) : *Find(main_, slot);
    entry.hits = std::min(entry.hits + 1, 3);
  }
  void OnInsert(Slot slot, KeyHash key) override { (Forget(ghosts_, key) ? main_ : small_).push_back({slot, key}); }
  void OnErase(Slot slot) override { Take(Has(small_, slot) ? small_ : main_, slot); }
  Slot Evict(KeyHash /*incoming*/) override {
    const std::size_t capacity = resident();
    const std::size_t small_target = std::max<std::size_t>(1, capacity / 10);
    if (small_.size() >= small_target || main_.empty()) {
      while (!small_.empty()) {
        const Entry oldest = TakeOldest(small_);
        if (oldest.hits <= 1) {
          Remember(ghosts_, oldest.key, std::min(entries_max_, capacity) - small_target);
          return oldest.slot;
        }
        main_.push_back({oldest.slot, oldest.key});
      }
    }
    for (;;) {
      const Entry oldest = TakeOldest(main_);
      if (oldest.hits == 0) return oldest.slot;
      main_.push_back({oldest.slot, oldest.key, oldest.hits - 1});
    }
  }
  void Resize(std::size_t entries_max) override {
    entries_max_ = entries_max;
    KeepNewest(ghosts_, entries_max);
  }
  void AppendColdestFirst(std::vector<Slot>& slots) const override {
    Append(small_, slots);
    Append(main_, slots);
  }

 private:
  Entries small_;
  Entries main_;
  Ghosts ghosts_;
};

class Sieve final : public Reference {
 public:
  using Reference::Reference;
  void OnHit(Slot slot) override { Find(entries_, slot)->hits = 1; }
  void OnInsert(Slot slot, KeyHash key) override { entries_.push_back({slot, key}); }
  void OnErase(Slot slot) override { TakeAt(static_cast<std::size_t>(Find(entries_, slot) - entries_.begin())); }
  Slot Evict(KeyHash /*incoming*/) override {
    for (;; ++hand_) {
      if (hand_ >= entries_.size()) hand_ = 0;
      if (entries_[hand_].hits == 0) return TakeAt(hand_);
      entries_[hand_].hits = 0;
    }
  }
  void AppendColdestFirst(std::vector<Slot>& slots) const override {
    for (const int hits : {0, 1}) {
      for (std::size_t i = 0; i < entries_.size(); ++i) {
        const Entry& entry = entries_[(hand_ + i) % entries_.size()];
        if (entry.hits == hits) slots.push_back(entry.slot);
      }
    }
  }

 private:
  // What is younger moves down by one, so a hand at the place then points at the next younger; past the
  // youngest it begins at the oldest again, whatever comes in meanwhile.
  Slot TakeAt(std::size_t at) {
    const Slot slot = entries_[at].slot;
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
    if (hand_ > at) --hand_;
    if (hand_ >= entries_.size()) hand_ = 0;
    return slot;
  }

  Entries entries_;
  std::size_t hand_ = 0;
};

class TwoQ final : public Reference {
 public:
  using Reference::Reference;
  void OnHit(Slot slot) override {
    if (Has(am_, slot)) am_.push_back(Take(am_, slot));
  }
  void OnInsert(Slot slot, KeyHash key) override { (Forget(a1out_, key) ? am_ : a1in_).push_back({slot, key}); }
  void OnErase(Slot slot) override { Take(Has(am_, slot) ? am_ : a1in_, slot); }
  Slot Evict(KeyHash /*incoming*/) override {
    const std::size_t capacity = resident();
    if (a1in_.size() <= std::max<std::size_t>(1, capacity / 4) && !am_.empty()) return TakeOldest(am_).slot;
    const Entry oldest = TakeOldest(a1in_);
    Remember(a1out_, oldest.key, std::max<std::size_t>(1, std::min(capacity, entries_max_) / 2));
    return oldest.slot;
  }
  void Resize(std::size_t entries_max) override {
    entries_max_ = entries_max;
    KeepNewest(a1out_, std::max<std::size_t>(1, entries_max / 2));
  }
  void AppendColdestFirst(std::vector<Slot>& slots) const override {
    Append(a1in_, slots);
    Append(am_, slots);
  }

 private:
  Entries a1in_;
  Entries am_;
  Ghosts a1out_;
};

class Arc final : public Reference {
 public:
  using Reference::Reference;
  void OnHit(Slot slot) override { t2_.push_back(Take(Has(t1_, slot) ? t1_ : t2_, slot)); }  // case I
  void OnInsert(Slot slot, KeyHash key) override {
    const bool returns = Adapt(key, entries_max_);
    (returns ? t2_ : t1_).push_back({slot, key});
    returning_.reset();
  }
  void OnErase(Slot slot) override { Take(Has(t1_, slot) ? t1_ : t2_, slot); }
  Slot Evict(KeyHash incoming) override {
    const std::size_t c = resident();
    Trim(std::min(c, entries_max_));
    if (Adapt(incoming, c)) return Replace();  // cases II and III
    if (t1_.size() + b1_.size() >= c) {        // case IV A
      if (t2_.empty()) return TakeOldest(t1_).slot;
      if (!b1_.empty()) b1_.erase(b1_.begin());
    } else if (c + b1_.size() + b2_.size() >= 2 * c) {  // case IV B
      b2_.erase(b2_.begin());
    }
    return Replace();
  }
  void Resize(std::size_t entries_max) override {
    entries_max_ = entries_max;
    p_ = std::min(p_, entries_max);
    Trim(entries_max);
  }
  void AppendColdestFirst(std::vector<Slot>& slots) const override {
    Append(t1_, slots);
    Append(t2_, slots);
  }

 private:
  bool Adapt(KeyHash key, std::size_t c) {
    if (returning_ == key) return true;
    returns_from_b2_ = false;
    const std::size_t b1 = b1_.size();
    const std::size_t b2 = b2_.size();
    if (Forget(b1_, key)) {
      p_ = std::min(c, p_ + std::max<std::size_t>(1, b2 / b1));
    } else if (Forget(b2_, key)) {
      const std::size_t less = std::max<std::size_t>(1, b1 / b2);
      p_ = p_ > less ? p_ - less : 0;
      returns_from_b2_ = true;
    } else {
      return false;
    }
    returning_ = key;
    return true;
  }
  Slot Replace() {
    const bool from_t1 = !t1_.empty() && (t1_.size() > p_ || (returns_from_b2_ && t1_.size() == p_));
    const bool once = from_t1 || t2_.empty();
    const Entry oldest = TakeOldest(once ? t1_ : t2_);
    Forget(b1_, oldest.key);
    Forget(b2_, oldest.key);
    (once ? b1_ : b2_).push_back(oldest.key);
    return oldest.slot;
  }
  void Trim(std::size_t ghosts_max) {
    while (b1_.size() + b2_.size() > ghosts_max) {
      Ghosts& longer = b1_.size() >= b2_.size() ? b1_ : b2_;
      longer.erase(longer.begin());
    }
  }

  Entries t1_, t2_;
  Ghosts b1_, b2_;
  std::size_t p_ = 0;
  std::optional<KeyHash> returning_;
  bool returns_from_b2_ = false;
};

class Lirs final : public Reference {
 public:
  explicit Lirs(const PolicyConfig& config) : Reference(config), lirs_max_(LirsMax(config.entries_max)) {}
  void OnHit(Slot slot) override {
    const Block block = Resident(slot);
    const bool on_stack = Contains(s_, block);
    std::erase(s_, block);
    s_.push_back(block);
    if (!block->lir) {
      std::erase(q_, block);
      if (on_stack) {
        Promote(block);
      } else {
        q_.push_back(block);
      }
    }
    Prune();
  }
  void OnInsert(Slot slot, KeyHash key) override {
    const auto ghost = std::ranges::find_if(ghosts_, [&](const Block& block) { return block->key == key; });
    const bool returns = ghost != ghosts_.end();
    const Block block = returns ? *ghost : std::make_shared<Item>();
    std::erase(ghosts_, block);
    std::erase(s_, block);
    s_.push_back(block);
    block->slot = slot;
    block->key = key;
    if (returns || LirCount() < lirs_max_) {
      Promote(block);
    } else {
      q_.push_back(block);
    }
    Prune();
  }
  void OnErase(Slot slot) override {
    const Block block = Resident(slot);
    std::erase(s_, block);
    std::erase(q_, block);
    Prune();
  }
  Slot Evict(KeyHash /*incoming*/) override {
    const std::size_t capacity = resident();
    lirs_max_ = LirsMax(capacity);
    while (LirCount() > lirs_max_) Demote();
    const Block block = q_.front();
    q_.erase(q_.begin());
    const Slot victim = block->slot;
    block->slot = kNoSlot;
    if (Contains(s_, block)) {
      if (const auto older = std::ranges::find_if(ghosts_, [&](const Block& g) { return g->key == block->key; });
          older != ghosts_.end()) {
        std::erase(s_, *older);
        ghosts_.erase(older);
      }
      ghosts_.push_back(block);
      KeepGhosts(2 * std::min(capacity, entries_max_));
    }
    return victim;
  }
  void Resize(std::size_t entries_max) override {
    entries_max_ = entries_max;
    lirs_max_ = LirsMax(entries_max);
    KeepGhosts(2 * entries_max);
  }
  void AppendColdestFirst(std::vector<Slot>& slots) const override {
    for (const Block& block : q_) slots.push_back(block->slot);
    for (const Block& block : s_) {
      if (block->lir) slots.push_back(block->slot);
    }
  }

 private:
  struct Item {
    Slot slot = kNoSlot;
    KeyHash key = 0;
    bool lir = false;
  };
  using Block = std::shared_ptr<Item>;
  using Blocks = std::vector<Block>;  // bottom of the stack, and front of the queue, first

  static std::size_t LirsMax(std::size_t capacity) {
    const std::size_t hirs = std::max<std::size_t>(1, capacity / 100);
    return capacity > hirs ? capacity - hirs : 0;
  }
  static bool Contains(const Blocks& blocks, const Block& block) {
    return std::ranges::find(blocks, block) != blocks.end();
  }
  std::size_t LirCount() const {
    return static_cast<std::size_t>(std::ranges::count_if(s_, &Item::lir, &Block::operator*));
  }
  Block Resident(Slot slot) const {
    for (const Blocks* blocks : {&s_, &q_}) {
      for (const Block& block : *blocks) {
        if (block->slot == slot) return block;
      }
    }
    ATTUNE_CHECK(false, "the slot is there");
  }
  void Promote(const Block& block) {
    block->lir = true;
    while (LirCount() > lirs_max_) Demote();
  }
  void Demote() {
    Prune();
    s_.front()->lir = false;
    q_.push_back(s_.front());
    s_.erase(s_.begin());
    Prune();
  }
  void Prune() {
    while (!s_.empty() && !s_.front()->lir) {
      std::erase(ghosts_, s_.front());
      s_.erase(s_.begin());
    }
  }
  void KeepGhosts(std::size_t ghosts_max) {
    while (ghosts_.size() > ghosts_max) {
      std::erase(s_, ghosts_.front());
      ghosts_.erase(ghosts_.begin());
    }
  }

  Blocks s_;
  Blocks q_;
  Blocks ghosts_;
  std::size_t lirs_max_;
};

// The sketch and the climber are the product's; they have tests of their own.
class TinyLfu final : public Reference {
 public:
  explicit TinyLfu(const PolicyConfig& config)
      : Reference(config),
        adapts_(config.window_adapts),
        climber_(config.window_share),
        capacity_(config.entries_max) {}
  void OnHit(Slot slot) override {
    climber_.CountHit();
    if (Has(window_, slot)) {
      window_.push_back(Take(window_, slot));
      Count(window_.back().key);
    } else if (Has(protected_, slot)) {
      protected_.push_back(Take(protected_, slot));
      Count(protected_.back().key);
    } else {
      const Entry entry = Take(probation_, slot);
      Count(entry.key);
      protected_.push_back(entry);
      const std::size_t protected_max = (capacity_ - std::min(capacity_, WindowMax())) * 4 / 5;
      if (protected_.size() > protected_max) probation_.push_back(TakeOldest(protected_));
    }
  }
  void OnInsert(Slot slot, KeyHash key) override {
    window_.push_back({slot, key});
    if (resident() > sketch_.entries()) RebuildSketch(resident());
    climber_.CountMiss();
    Count(key);
    if (window_.size() > WindowMax()) probation_.push_back(TakeOldest(window_));
  }
  void OnErase(Slot slot) override {
    Take(Has(window_, slot) ? window_ : Has(probation_, slot) ? probation_ : protected_, slot);
  }
  Slot Evict(KeyHash /*incoming*/) override {
    capacity_ = resident();
    for (int i = 0; i < 8 && window_.size() > WindowMax(); ++i) probation_.push_back(TakeOldest(window_));
    Entries& main = probation_.empty() ? protected_ : probation_;
    if (main.empty()) return TakeOldest(window_).slot;
    const Entry victim = main.front();
    if (window_.size() >= WindowMax()) {
      if (sketch_.Estimate(window_.front().key) <= sketch_.Estimate(victim.key)) return TakeOldest(window_).slot;
      TakeOldest(main);
      probation_.push_back(TakeOldest(window_));
      return victim.slot;
    }
    return TakeOldest(main).slot;
  }
  void Resize(std::size_t entries_max) override {
    entries_max_ = entries_max;
    capacity_ = entries_max;
    if (sketch_.entries() / 4 >= std::max<std::size_t>(entries_max, 64)) RebuildSketch(entries_max);
  }
  void AppendColdestFirst(std::vector<Slot>& slots) const override {
    for (const Entries* entries : {&probation_, &window_, &protected_}) Append(*entries, slots);
  }

 private:
  std::size_t WindowMax() const {
    return std::max<std::size_t>(1, static_cast<std::size_t>(climber_.share() * static_cast<double>(capacity_)));
  }
  void Count(KeyHash key) {
    sketch_.Increment(key);
    if (sketch_.additions() >= 10 * capacity_) sketch_.Halve();
    if (adapts_ && climber_.SampleIsFull(capacity_)) climber_.Climb();
  }
  void RebuildSketch(std::size_t entries) {
    FrequencySketch sketch(entries);
    for (const Entries* list : {&probation_, &window_, &protected_}) {
      for (const Entry& entry : *list) {
        for (std::uint32_t i = sketch_.Estimate(entry.key); i > 0; --i) sketch.Increment(entry.key);
      }
    }
    sketch_ = sketch;
  }

  bool adapts_;
  WindowClimber climber_;
  std::size_t capacity_;
  FrequencySketch sketch_{64};
  Entries window_, probation_, protected_;
};

class Lfu final : public Reference {
 public:
  using Reference::Reference;
  void OnHit(Slot slot) override {
    Used entry = *std::ranges::find(entries_, slot, &Used::slot);
    OnErase(slot);
    entry.uses = std::min<std::uint64_t>(entry.uses + 1, 63);
    entry.priority = age_ + entry.uses;
    entries_.push_back(entry);
  }
  void OnInsert(Slot slot, KeyHash /*key*/) override { entries_.push_back({slot, 1, age_ + 1}); }
  void OnErase(Slot slot) override {
    std::erase_if(entries_, [&](const Used& entry) { return entry.slot == slot; });
  }
  Slot Evict(KeyHash /*incoming*/) override {
    const Used victim = *std::ranges::min_element(entries_, {}, &Used::priority);  // the first: least recently used
    age_ = victim.priority;
    OnErase(victim.slot);
    return victim.slot;
  }
  void AppendColdestFirst(std::vector<Slot>& slots) const override {
    std::multimap<std::uint64_t, Slot> by_priority;  // equals stay in their order
    for (const Used& entry : entries_) by_priority.emplace(entry.priority, entry.slot);
    for (const auto& [priority, slot] : by_priority) slots.push_back(slot);
  }

 private:
  struct Used {
    Slot slot = kNoSlot;
    std::uint64_t uses = 0;
    std::uint64_t priority = 0;
  };
  std::vector<Used> entries_;  // least recently used first
  std::uint64_t age_ = 0;
};

// The definition: the sum over all uses. Times are in half-lives, and sums relative to the last use,
// because a value itself underflows.
class Lrfu final : public Reference {
 public:
  explicit Lrfu(const PolicyConfig& config)
      : Reference(config), half_life_(config.half_life), capacity_(config.entries_max) {}
  void OnHit(Slot slot) override { std::ranges::find(entries_, slot, &Used::slot)->uses.push_back(Now()); }
  void OnInsert(Slot slot, KeyHash /*key*/) override { entries_.push_back({slot, {Now()}}); }
  void OnErase(Slot slot) override {
    std::erase_if(entries_, [&](const Used& entry) { return entry.slot == slot; });
  }
  Slot Evict(KeyHash /*incoming*/) override {
    capacity_ = entries_.size();
    const Slot victim = std::ranges::min_element(entries_, {}, LogValue)->slot;
    OnErase(victim);
    return victim;
  }
  void Resize(std::size_t entries_max) override {
    entries_max_ = entries_max;
    capacity_ = entries_max;
  }
  void AppendColdestFirst(std::vector<Slot>& slots) const override {
    std::vector<Used> sorted = entries_;
    std::ranges::sort(sorted, {}, LogValue);
    for (const Used& entry : sorted) slots.push_back(entry.slot);
  }

 private:
  struct Used {
    Slot slot = kNoSlot;
    std::vector<double> uses;
  };
  static double LogValue(const Used& entry) {
    double sum = 0;
    for (const double use : entry.uses) sum += std::exp2(use - entry.uses.back());
    return entry.uses.back() + std::log2(sum);
  }
  double Now() { return now_ += 1 / (half_life_ * static_cast<double>(capacity_)); }

  std::vector<Used> entries_;
  double half_life_;
  std::size_t capacity_;
  double now_ = 0;
};

inline std::unique_ptr<Policy> MakeReference(PolicyKind kind, const PolicyConfig& config) {
  switch (kind) {
    case PolicyKind::kLru:
      return std::make_unique<Lru>(config);
    case PolicyKind::kFifo:
      return std::make_unique<Fifo>(config);
    case PolicyKind::kS3Fifo:
      return std::make_unique<S3Fifo>(config);
    case PolicyKind::kSieve:
      return std::make_unique<Sieve>(config);
    case PolicyKind::kArc:
      return std::make_unique<Arc>(config);
    case PolicyKind::kLirs:
      return std::make_unique<Lirs>(config);
    case PolicyKind::kTwoQ:
      return std::make_unique<TwoQ>(config);
    case PolicyKind::kTinyLfu:
      return std::make_unique<TinyLfu>(config);
    case PolicyKind::kLfu:
      return std::make_unique<Lfu>(config);
    case PolicyKind::kLrfu:
      return std::make_unique<Lrfu>(config);
  }
  ATTUNE_CHECK(false, "not a policy");
}

}  // namespace attune::cache::reference
