#pragma once
// What the engine holds in memory, as the broker sees it.
//
//   Budget budget(broker);
//   ATTUNE_RETURN_IF_ERROR(budget.Register({.name = "feed",
//                                           .bytes = [&] { return feed.bytes(); },
//                                           .benefit = 1.0,
//                                           .shrink = [](Bytes) { return Bytes(0); }}));
//
// Ownership  borrows what it watches, which outlives it.
// Threads    the consumers are as thread-safe as what they watch.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/result.h"
#include "attune/memory/broker.h"

namespace attune::engine {

// A consumer made of functions.
struct HeldMemory {
  std::string name;
  std::function<Bytes()> bytes;
  Bytes minimum = {};
  // Seconds saved a second by one more MiB: the unit in which caches measure theirs, here estimated once.
  double benefit = 0;
  std::function<Bytes(Bytes)> shrink;
};

class Budget {
 public:
  explicit Budget(memory::Broker& broker);
  ~Budget();
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  Status Register(HeldMemory held);

 private:
  class Holder;
  memory::Broker& broker_;
  std::vector<std::unique_ptr<Holder>> holders_;
  std::vector<memory::Registration> registrations_;  // end before their holders
};

}  // namespace attune::engine
