#pragma once
// Ingest: reads batches of files, puts what they say into the store, and hands it
// on to the index.
//
//   Ingest ingest(world, {...});
//   while (auto batch = queue.Take()) ingest.Process(*batch, stop);
//
// Order      a file is read, stored (one commit a batch), indexed; only then is it an
//            event. What is in the index is always in the store.
// Ownership  borrows everything it is given.
// Threads    Process runs on any number of threads at once, one batch each.
// Memory     what a batch holds is reserved from the budget before it is read.
// Errors     a file's trouble becomes its skip reason; a store that cannot write
//            is logged, and the files are read again by the next listing.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "attune/base/clock.h"
#include "attune/memory/broker.h"
#include "attune/metrics/histogram.h"
#include "attune/metrics/log.h"
#include "attune/store/store.h"
#include "document_reader.h"
#include "event_ring.h"
#include "file_queue.h"
#include "index_feed.h"
#include "source.h"
#include "yield_gate.h"

namespace attune::engine {

struct IngestWorld {
  const Clock& clock;
  store::Store& store;
  IndexFeed& feed;
  const DocumentReader& reader;
  memory::Broker& memory;
  YieldGate& gate;
  EventRing& events;
  metrics::Logger& log;
  metrics::Histogram& freshness;  // from the watch's event to searchable
};

class Ingest {
 public:
  explicit Ingest(IngestWorld world) : world_(world) {}

  // False when it was interrupted: what is missing has to be listed again.
  bool Process(const FileBatch& batch, const std::stop_token& stop);

  // Stamps of touched files are gathered over batches, so that a branch switch costs a commit a thousand files. Whoever
  // calls Process calls this when nothing waits any more.
  void StoreTouched();

  std::uint64_t bytes_done() const noexcept { return bytes_done_.load(std::memory_order_relaxed); }
  std::uint64_t files_done() const noexcept { return files_done_.load(std::memory_order_relaxed); }
  std::string current_path() const;  // printable
  // The store refused the last batch: the words, empty when all is well.
  std::string trouble() const;

 private:
  static constexpr std::size_t kTouchedMax = 1024;  // about 10 ms of the store's writer

  struct Round;  // of one batch: what waits for the commit

  bool ReadOne(Source& source, const QueuedFile& file, const std::stop_token& stop, Round& round);
  void Commit(Source& source, Round& round, bool urgent);
  void Remove(Source& source, Round& round, bool urgent);
  void Gather(std::vector<store::TouchedDocument> touched);
  void Announce(Source& source, const std::vector<store::NewDocument>& documents);
  void NoteTrouble(Source& source, const Error& error);

  const IngestWorld world_;
  std::atomic<std::uint64_t> bytes_done_{0};
  std::atomic<std::uint64_t> files_done_{0};
  mutable std::mutex mutex_;
  std::string current_;                          // guarded by mutex_
  std::string trouble_;                          // guarded by mutex_
  std::vector<store::TouchedDocument> touched_;  // guarded by mutex_
};

}  // namespace attune::engine
