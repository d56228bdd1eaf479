#include "reader_pool.h"

#include <memory>
#include <mutex>
#include <utility>

#include "attune/base/check.h"
#include "attune/base/result.h"

namespace attune::store {
namespace {

constexpr std::uint64_t kReturnsPerMeasure = 32;  // asking SQLite for its memory costs as much as a small read

}  // namespace

ReaderPool::ReaderPool(ConnectionOptions options, std::size_t count, Bytes text_bytes_max)
    : options_(std::move(options)), count_(count), text_bytes_max_(text_bytes_max), cache_(options_.cache) {}

ReaderPool::~ReaderPool() { ATTUNE_CHECK(idle_.size() == all_.size(), "a read during the destruction of the store"); }

Result<std::unique_ptr<Reader>> ReaderPool::OpenReader(Bytes cache) const {
  ConnectionOptions options = options_;
  options.cache = cache;
  auto reader = std::make_unique<Reader>();
  ATTUNE_ASSIGN_OR_RETURN(reader->connection, Connection::Open(options));
  reader->cache = cache;
  reader->text_bytes_max = text_bytes_max_;
  return reader;
}

Result<ReaderPool::Lease> ReaderPool::Acquire() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [&] { return !idle_.empty() || all_.size() + opening_ < count_; });
  if (!idle_.empty()) {
    Reader* reader = idle_.back();
    idle_.pop_back();
    return Lease(*this, *reader);
  }
  ++opening_;
  const Bytes cache = cache_;
  lock.unlock();
  auto opened = OpenReader(cache);  // outside of the lock: it reads the disk
  lock.lock();
  --opening_;
  if (!opened.ok()) {
    returned_.notify_one();  // the place is free for the next one to try
    return opened.error();
  }
  all_.push_back(*std::move(opened));
  return Lease(*this, *all_.back());
}

void ReaderPool::Return(Reader& reader) {
  if (reader.returns++ % kReturnsPerMeasure == 0) reader.connection->Measure();
  const std::lock_guard lock(mutex_);
  if (reader.cache != cache_) {
    reader.connection->SetCache(cache_);
    reader.cache = cache_;
  }
  idle_.push_back(&reader);
  returned_.notify_one();
}

void ReaderPool::SetCache(Bytes each) {
  const std::lock_guard lock(mutex_);
  cache_ = each;
  for (Reader* reader : idle_) {
    reader->connection->SetCache(each);
    reader->connection->Measure();
    reader->cache = each;
  }
}

Bytes ReaderPool::bytes() const {
  const std::lock_guard lock(mutex_);
  Bytes sum;
  for (const auto& reader : all_) sum = sum + reader->connection->bytes();
  return sum;
}

}  // namespace attune::store
