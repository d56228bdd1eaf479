#pragma once
// ReaderPool: reading connections, lent for the length of one call.
//
// Ownership  the pool owns the connections; a Lease borrows one and returns it.
// Threads    every member is thread-safe; a leased reader belongs to its holder.
// Bound      `count` connections, opened when first needed. A caller waits while all are lent; a lease never
//            outlives a call of Store, and no call keeps one while it runs a callback.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/result.h"
#include "connection.h"
#include "text_codec.h"

namespace attune::store {

struct Reader {
  std::unique_ptr<Connection> connection;
  TextUnpacker unpacker;
  Bytes cache;  // as applied
  Bytes text_bytes_max;
  std::uint64_t returns = 0;
};

class ReaderPool {
 public:
  ReaderPool(ConnectionOptions options, std::size_t count, Bytes text_bytes_max);
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;
  ~ReaderPool();  // REQUIRES: nothing is lent

  class Lease {
   public:
    Lease(ReaderPool& pool, Reader& reader) : pool_(&pool), reader_(&reader) {}
    Lease(Lease&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)), reader_(other.reader_) {}
    Lease& operator=(Lease&&) = delete;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      if (pool_ != nullptr) pool_->Return(*reader_);
    }
    Reader& operator*() const { return *reader_; }
    Reader* operator->() const { return reader_; }
    Connection& connection() const { return *reader_->connection; }

   private:
    ReaderPool* pool_;
    Reader* reader_;
  };

  Result<Lease> Acquire();
  // Of each reader: idle ones at once, lent ones when they return.
  void SetCache(Bytes each);
  Bytes bytes() const;

 private:
  void Return(Reader& reader);
  Result<std::unique_ptr<Reader>> OpenReader(Bytes cache) const;

  const ConnectionOptions options_;
  const std::size_t count_;
  const Bytes text_bytes_max_;

  mutable std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Reader>> all_;  // guarded by mutex_
  std::vector<Reader*> idle_;                 // guarded by mutex_; the last one returned is the warmest
  std::size_t opening_ = 0;                   // guarded by mutex_; places taken for connections being opened
  Bytes cache_;                               // guarded by mutex_
};

}  // namespace attune::store
