#pragma once
// LoadWaits: threads that wait for a load of another thread, and never for themselves.
//
// A loader may ask the cache for other keys, whose loaders may ask for the first: then each
// thread would wait for the next for ever. Before a thread waits, the chain from the load it wants over
// the threads that run loads and wait themselves is followed; if it comes back to the asking thread, the
// answer is false at once.
//
//   ticket.owner = std::this_thread::get_id();                     // by the thread that loads
//   if (!LoadWaits::OfProcess().Wait(ticket)) return Conflict();   // by others
//   LoadWaits::OfProcess().Done(ticket);                           // by the thread that has loaded
//
// The caches of a process share one: loaders of two caches may ask each other's.
//
// Threads    every member is thread-safe.
// Cost       a mutex; Wait is O(length of the chain). Loads are slow, lookups never come here.

#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace attune::cache {

struct LoadTicket {
  // Set before another thread can see the ticket.
  std::thread::id owner;

 private:
  friend class LoadWaits;
  bool done_ = false;  // guarded by LoadWaits::mutex_
  std::condition_variable changed_;
};

class LoadWaits {
 public:
  static LoadWaits& OfProcess();  // never destroyed: a thread may load while the program ends

  // Until Done. False at once, when the owner waits for the calling thread or is it.
  bool Wait(LoadTicket& ticket);
  // Everything that was written before is seen by those who waited.
  void Done(LoadTicket& ticket);

 private:
  bool WouldWaitForItself(const LoadTicket& ticket) const;  // REQUIRES mutex_

  std::mutex mutex_;
  std::unordered_map<std::thread::id, const LoadTicket*> waiting_;  // guarded by mutex_; one per waiting thread
};

}  // namespace attune::cache
