#pragma once
// FaultDisk: a disk that misbehaves on request, under a real database. It registers
// a SQLite VFS that passes everything to the operating system and on the way fills up, fails,
// takes its time, or writes down what was written and synced, so that a power cut at
// any moment can be replayed.
//
//   FaultDisk disk("faulty");
//   auto store = Store::Open({.path = path, .vfs = disk.name()}, clock);
//   disk.SetFreeSpace(64_KiB);              // the next writes fail with kExhausted
//   disk.Heal();                            // and now they work again
//
// Power cuts: with Recording::kOn, every write, truncation, removal and sync of the files in the folder of the
// database is an event. WriteCrashImage builds in another folder what a disk may hold when the power
// goes after the first `events` of them: everything that was synced, and of the
// rest each write completely, in part (torn at 512-byte sectors) or not at all. A byte outside of
// a write never changes (SQLite calls that powersafe overwrite and relies on it). Removed files may
// come back until the folder is synced, which SQLite does with the first sync of a new file.
//
// Ownership  unregisters in its destructor. REQUIRES: every store that uses it is closed then.
// Threads    every member is thread-safe.
// Memory     Recording::kOn keeps a copy of every byte written: for runs of a few MiB.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune::store {

class FaultDisk {
 public:
  enum class Recording : std::uint8_t { kOff, kOn };
  // What becomes of bytes that were written and not synced when the power goes.
  enum class Unsynced : std::uint8_t { kLost, kKept, kRandom };

  enum class Target : std::uint8_t { kNone, kAny, kLog, kDatabase };

  // `name` must not be in use by another VFS.
  explicit FaultDisk(std::string name, Recording recording = Recording::kOff);
  ~FaultDisk();
  FaultDisk(const FaultDisk&) = delete;
  FaultDisk& operator=(const FaultDisk&) = delete;

  const std::string& name() const noexcept;

  void SetFreeSpace(Bytes free);                 // writes that would need more fail: the disk is full
  void FailWrites(std::uint64_t after = 0);      // every write after the next `after` ones: I/O error
  void FailSyncs(Target target = Target::kAny);  // every sync: I/O error
  void SetSyncTime(Duration at_least);           // every sync takes this long, as on a slow disk
  void Heal();                                   // no more faults; the sync time stays

  std::uint64_t syncs() const;  // since construction

  // REQUIRES below: Recording::kOn.
  std::size_t events() const;
  // The folder must exist and be empty. The same seed gives the same image.
  Status WriteCrashImage(std::size_t events, Unsynced unsynced, std::uint64_t seed, const std::string& folder) const;

  struct State;  // of the implementation

 private:
  std::unique_ptr<State> state_;
};

}  // namespace attune::store
