#pragma once
// Conversations: notes and chats; written to the store, then searchable, then answered.
//
//   conversations.AppendMessage(chat, {.content = "hello"}, [](Result<Message> stored) { ... });
//
// Order      durable (as configured), then in the index, then `done`: whoever was
//            answered finds what was said.
// Ownership  borrows everything.
// Threads    every member is thread-safe; `done` runs on the index feed's thread or,
//            for errors, on the store's writer or the caller. It must be short.
// Errors     kInvalidArgument names the field; kNotFound; those of the store.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/result.h"
#include "attune/control/knob_registry.h"
#include "attune/engine/types.h"
#include "attune/memory/numa.h"
#include "attune/memory/object_pool.h"
#include "attune/memory/pool_knobs.h"
#include "attune/store/store.h"
#include "event_ring.h"
#include "index_feed.h"
#include "title_cache.h"
#include "waiting_message.h"

namespace attune::engine {

class Conversations {
 public:
  static constexpr std::size_t kPageMax = 1000;  // items of one answer

  Conversations(store::Store& store, IndexFeed& feed, EventRing& events, const Clock& clock, TitleCache& titles,
                control::KnobRegistry& knobs, const memory::NumaTopology& nodes)
      : store_(store),
        feed_(feed),
        events_(events),
        clock_(clock),
        titles_(titles),
        waiting_({.name = "pool.messages", .capacity_max = kWaitingMax}, &Empty, nodes),
        pool_knobs_(knobs, "memory.messages", waiting_.config()) {}

  void Remember(Note draft, std::function<void(Result<Note>)> done);
  // "n7", "m42" of a note; "c3" a chat.
  void Forget(std::string_view id, std::function<void(Status)> done);
  Result<std::vector<Note>> Notes(std::size_t limit, std::int64_t before) const;

  void CreateChat(std::string title, std::string model, std::function<void(Result<ChatSummary>)> done);
  void AppendMessage(std::int64_t chat, MessageDraft draft, std::function<void(Result<Message>)> done);
  Result<std::vector<ChatSummary>> Chats(std::size_t limit, std::int64_t before) const;
  Result<ChatPage> ReadChat(std::int64_t chat, std::int64_t leaf, std::size_t limit, std::int64_t before) const;
  void DeleteChat(std::int64_t chat, std::function<void(Status)> done);

  PoolStatus pool_status() const;
  memory::Consumer& pool() noexcept { return waiting_; }
  // Obeys the pool's knobs and gives back what it does not need. About every second.
  void Trim(TimePoint now);

 private:
  // As many as the store lets wait, and as many again on their way into the index.
  static constexpr std::size_t kWaitingMax = 8192;

  void OnStored(memory::PoolHandle waiting, Result<store::MessageId> id);
  void OnSearchable(memory::PoolHandle waiting);
  void Answer(memory::PoolHandle waiting, Result<Message> answer);
  std::int64_t ParentOf(store::MessageId message) const;
  Result<ChatSummary> Summarize(const store::Chat& chat) const;
  void ForgetNote(store::NoteId note, std::function<void(Status)> done);

  store::Store& store_;
  IndexFeed& feed_;
  EventRing& events_;
  const Clock& clock_;
  TitleCache& titles_;
  memory::ObjectPool<WaitingMessage> waiting_;
  const memory::PoolKnobs pool_knobs_;
};

}  // namespace attune::engine
