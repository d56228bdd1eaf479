#pragma once
// What a broker knows of one consumer.

#include <cstdint>
#include <optional>
#include <thread>

#include "attune/memory/broker.h"

namespace attune::memory {

struct Registration::Entry {
  explicit Entry(Consumer& who) : consumer(&who) {}
  Consumer* consumer;
  // Guarded by the broker's mutex.
  Bytes shrunk_total;
  std::uint64_t shrinks = 0;
  bool registered = true;
  std::thread::id shrinking;  // the thread inside Shrink or SetTarget, or none
  std::optional<Bytes> target;
  Bytes granted;  // what SetTarget was told last; of Maintain alone
};

}  // namespace attune::memory
