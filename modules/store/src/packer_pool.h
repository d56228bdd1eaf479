#pragma once
// PackerPool: compression contexts for the threads that store documents. As many
// exist as threads pack at once; a few are kept for the next ones.
//
// Threads    every member is thread-safe; a leased packer belongs to its holder.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "attune/base/bytes.h"
#include "text_codec.h"

namespace attune::store {

class PackerPool {
 public:
  class Lease {
   public:
    explicit Lease(PackerPool& pool) : pool_(pool), packer_(pool.Take()) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { pool_.Return(std::move(packer_)); }
    TextPacker& operator*() const { return *packer_; }

   private:
    PackerPool& pool_;
    std::unique_ptr<TextPacker> packer_;
  };

  Bytes bytes() const noexcept { return Bytes(idle_bytes_.load(std::memory_order_relaxed)); }  // of the idle ones

 private:
  static constexpr std::size_t kIdleMax = 4;  // about 1 MiB each; more threads than that hardly pack at once

  std::unique_ptr<TextPacker> Take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<TextPacker>();
    std::unique_ptr<TextPacker> packer = std::move(idle_.back());
    idle_.pop_back();
    idle_bytes_.fetch_sub(packer->bytes().count(), std::memory_order_relaxed);
    return packer;
  }
  void Return(std::unique_ptr<TextPacker> packer) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() >= kIdleMax) return;
    idle_bytes_.fetch_add(packer->bytes().count(), std::memory_order_relaxed);
    idle_.push_back(std::move(packer));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<TextPacker>> idle_;  // guarded by mutex_
  std::atomic<std::uint64_t> idle_bytes_{0};       // relaxed: a figure for reports
};

}  // namespace attune::store
