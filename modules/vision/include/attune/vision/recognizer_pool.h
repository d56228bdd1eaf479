#pragma once
// RecognizerPool: a bounded number of recognizers for many threads, because each
// holds a language model. They are made when first needed and kept until told.
//
//   RecognizerPool pool(clock, {.recognizers_max = 2});
//   ATTUNE_ASSIGN_OR_RETURN(RecognizerPool::Lease recognizer, pool.Acquire(stop));
//   recognizer->RecognizeFile(bytes, 0, {}, stop);
//
// Ownership  the pool owns every Recognizer; a Lease borrows one and returns it.
//            The pool outlives its leases.
// Threads    every member is thread-safe; a Lease belongs to its holder.
// Cost       Acquire waits while all are lent; making one takes 0.1 s.
// Errors     Acquire: kCancelled when stopped while it waits, else those of
//            Recognizer::Create (the next Acquire tries again).

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/vision/recognizer.h"

namespace attune::vision {

struct RecognizerPoolConfig {
  std::size_t recognizers_max = 1;  // each keeps one core busy and holds its model
  RecognizerConfig recognizer{};
};

class RecognizerPool {
 public:
  class Lease {
   public:
    Lease(Lease&& other) noexcept : pool_(other.pool_), recognizer_(std::exchange(other.recognizer_, nullptr)) {}
    Lease& operator=(Lease&& other) = delete;
    ~Lease();
    Recognizer& operator*() const noexcept { return *recognizer_; }
    Recognizer* operator->() const noexcept { return recognizer_; }

   private:
    friend class RecognizerPool;
    Lease(RecognizerPool& pool, Recognizer& recognizer) : pool_(&pool), recognizer_(&recognizer) {}
    RecognizerPool* pool_;
    Recognizer* recognizer_;  // null after a move
  };

  // REQUIRES: config.recognizers_max > 0; `clock` outlives the pool.
  RecognizerPool(const Clock& clock, RecognizerPoolConfig config);
  RecognizerPool(const RecognizerPool&) = delete;
  RecognizerPool& operator=(const RecognizerPool&) = delete;
  ~RecognizerPool();  // REQUIRES: no lease is out

  Result<Lease> Acquire(const std::stop_token& stop);

  // Destroys the recognizers that nobody holds; returns what they took.
  Bytes ReleaseIdle();

  std::size_t recognizers() const;  // lent and idle
  Bytes bytes() const;              // of all of them

 private:
  void Return(Recognizer& recognizer);

  const Clock& clock_;
  const RecognizerPoolConfig config_;
  mutable std::mutex mutex_;
  std::condition_variable_any returned_;
  std::vector<std::unique_ptr<Recognizer>> all_;  // guarded by mutex_
  std::vector<Recognizer*> idle_;                 // guarded by mutex_; those of all_ that nobody holds
  std::size_t lent_ = 0;                          // guarded by mutex_; includes those being made
};

}  // namespace attune::vision
