#pragma once
// WaitingMessage: a message between its acceptance and its answer; lives in a pool.
//
// Threads    thread-compatible; whoever has its handle.

#include <functional>
#include <memory>

#include "attune/base/result.h"
#include "attune/engine/types.h"

namespace attune::engine {

struct WaitingMessage {
  ChatSummary chat;  // id and title
  Message message;
  std::function<void(Result<Message>)> done;
};

// Lets go of all that it owns. Assigning an empty one would not: strings keep their capacity, and what lies in a pool
// is counted by nobody.
inline void Empty(WaitingMessage& waiting) {
  std::destroy_at(&waiting);
  std::construct_at(&waiting);
}

}  // namespace attune::engine
