#pragma once
// Broker: keeps the process inside the memory that its user stated.
//
// Every cache, pool, index and queue is a Consumer: it says what it holds and what a
// mebibyte is worth to it, and gives back live. One that follows a target is told as well how far it may grow: the
// broker moves memory to where a mebibyte saves most (split_plan.h). Requests and batches, whose memory comes
// and goes, hold a Reservation instead. Somebody calls Maintain every 100 ms or so.
//
//   const sys::ProcessProbe probe(files);
//   Broker broker({.limit = 512_MiB}, [&] { return probe.Memory()->resident; }, [] { malloc_trim(0); });
//   ATTUNE_ASSIGN_OR_RETURN(Registration cache, broker.Register(snippet_cache));
//   ATTUNE_ASSIGN_OR_RETURN(Reservation batch, broker.TryReserve("ocr page", 40_MiB));
//
// The limit is what was stated, or less where the system allows less (cgroup v2); when the system stalls for memory
// (PSI) or throttles our group, a part is given back at any level (system_memory.h).
//
// Ownership  borrows consumers until their Registration ends; the broker outlives
//            registrations and reservations (CHECKed).
// Threads    every member is thread-safe. The const functions of consumers are called with the broker's
//            lock held, so they must not call the broker; Shrink and SetTarget are called by Maintain
//            alone, without it.
// Cost       TryReserve and Maintain are O(consumers + names of reservations).
// Errors     kExhausted names who holds what; kDeadline and kCancelled from Reserve. What a consumer throws from
//            Shrink or SetTarget leaves Maintain, and the broker goes on as before.
//
// Not promised: a consumer that grows by more than the gap between `high` and the limit
// within one interval of Maintain passes the limit. One that grows in big steps asks headroom() or reserves.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/memory/shrink_plan.h"
#include "attune/memory/split_plan.h"
#include "attune/memory/system_memory.h"

namespace attune::memory {

class Broker;

class Consumer {
 public:
  Consumer() = default;
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;
  virtual ~Consumer() = default;

  virtual std::string_view name() const noexcept = 0;  // "index.live"; constant
  // True bytes held now: capacity and bookkeeping, not payload. Cheap and thread-safe.
  virtual Bytes bytes() const noexcept = 0;
  // What it needs in order to work at all; Shrink is never asked to go below.
  virtual Bytes bytes_min() const noexcept { return Bytes(0); }
  // Seconds of work that one more MiB would save in a second; 0 when unknown.
  virtual double marginal_benefit() const noexcept = 0;
  // False: nothing has been measured yet, and until then it takes no part in moving memory by benefit.
  virtual bool benefit_known() const noexcept { return true; }
  // Gives back about `wanted` while in use and answers what it freed; less is allowed.
  virtual Bytes Shrink(Bytes wanted) = 0;

  // The same, but returns at `deadline` with what it freed until then; the next round asks for the rest. For
  // consumers whose giving takes more than a few milliseconds. TimePoint::max() is no deadline.
  virtual Bytes ShrinkBefore(Bytes wanted, TimePoint deadline) {
    (void)deadline;
    return Shrink(wanted);
  }
  // True for one whose size the broker decides, through SetTarget. Constant. Others grow as they like below the marks.
  virtual bool follows_target() const noexcept { return false; }
  // More than this it would never use; the split gives it to others.
  virtual Bytes bytes_useful_max() const noexcept { return Bytes(UINT64_MAX); }
  // How far it may grow from now on. What it holds beyond is asked for through Shrink, not here.
  virtual void SetTarget(Bytes target) { (void)target; }
};

// Keeps a consumer registered. Its end waits for a Shrink of it that is running.
class Registration {
 public:
  Registration() = default;
  Registration(Registration&& other) noexcept;
  Registration& operator=(Registration&& other) noexcept;
  ~Registration() { Release(); }
  void Release() noexcept;  // must not be called from inside Shrink of the same consumer (CHECKed)

 private:
  friend class Broker;
  struct Entry;
  Registration(Broker& broker, std::shared_ptr<Entry> entry) : broker_(&broker), entry_(std::move(entry)) {}
  Broker* broker_ = nullptr;
  std::shared_ptr<Entry> entry_;
};

// Memory that a request or a batch may use until this ends.
class Reservation {
 public:
  Reservation() = default;
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation() { Release(); }

  Bytes bytes() const noexcept { return bytes_; }
  // Gives back the difference early. REQUIRES: smaller <= bytes().
  void ReduceTo(Bytes smaller) noexcept;
  void Release() noexcept { ReduceTo(Bytes(0)); }

 private:
  friend class Broker;
  Reservation(Broker& broker, std::string name, Bytes bytes)
      : broker_(&broker), name_(std::move(name)), bytes_(bytes) {}
  Broker* broker_ = nullptr;
  std::string name_;
  Bytes bytes_;
};

struct BrokerConfig {
  Bytes limit = 512_MiB;    // what the user stated; resident memory stays below
  Bytes overhead = 32_MiB;  // code, stacks, allocator slack: held by no consumer. More of it wastes, less of it lies
  Watermarks marks = {};
  std::size_t consumers_max = 256;  // each costs two calls in every round
  std::size_t waiting_max = 64;     // blocked Reserve calls, each a thread that stands still
  SplitConfig split = {};           // of consumers that follow a target
  SystemMarks system = {};
  // Of one round: after it nobody is asked to give or told to grow, and the next round goes on. Longer frees more at
  // once, and holds up who waits. Giving free heap back to the system comes on top.
  Duration shrink_time_max = std::chrono::milliseconds(50);
};

// What else a broker may look at. Empty: nobody asks the system, and rounds have no deadline.
struct BrokerEnvironment {
  // SystemMemoryReader::Read. The broker's constructor calls it as well: what happened to the group before is over.
  std::function<SystemMemory()> system_memory = {};
  const Clock* clock = nullptr;  // for the deadline of a round
};

Status Validate(const BrokerConfig& config);

struct ConsumerUse {
  std::string name;
  Bytes bytes;
  Bytes bytes_min;
  double marginal_benefit = 0;
  Bytes shrunk_total;
  std::uint64_t shrinks = 0;
  std::optional<Bytes> target = std::nullopt;  // of those that follow one, after the first round
};

struct ReservationUse {
  std::string name;
  Bytes bytes;
  std::uint64_t count = 0;
};

struct BrokerSnapshot {
  Bytes limit;      // as stated
  Bytes limit_now;  // what the system allows of it
  Bytes overhead;
  Bytes consumed;       // sum of the consumers
  Bytes reserved;       // sum of the reservations
  Bytes measured;       // resident, at the last Maintain
  Bytes measured_peak;  // the largest that a Maintain has seen
  Pressure pressure = Pressure::kNone;
  std::uint64_t rounds = 0;
  std::uint64_t refused = 0;  // reservations
  std::size_t waiting = 0;
  std::vector<ConsumerUse> consumers;        // in order of registration
  std::vector<ReservationUse> reservations;  // by name
};

struct MaintainReport {
  Pressure pressure = Pressure::kNone;
  Bytes used;   // before
  Bytes freed;  // as the consumers said
  Bytes unmet;  // wanted, and nobody gave it
  Bytes late;   // planned, and not asked for before the deadline
  bool split_moved = false;
};

class Broker {
 public:
  using ProcessMemory = std::function<Bytes()>;     // resident bytes of the process; 0 when unknown
  using ReleaseFreeMemory = std::function<void()>;  // gives free heap back to the system, like malloc_trim

  // REQUIRES: Validate(config).ok(). Both functions may be empty.
  Broker(BrokerConfig config, ProcessMemory process_memory, ReleaseFreeMemory release_free_memory,
         BrokerEnvironment environment = {});
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;
  ~Broker();  // REQUIRES: nothing is registered, reserved or waiting

  // kExhausted when all minima together no longer fit below the limit: the limit
  // that the user stated is too small for what is switched on, and the message says so.
  Result<Registration> Register(Consumer& consumer);

  // Memory now, or kExhausted. It overtakes whoever waits in Reserve: a search goes before
  // ingestion. What is refused is remembered, unless it can never fit: the next Maintain makes room for it, which the
  // one after that gives to others again.
  Result<Reservation> TryReserve(std::string_view name, Bytes bytes);

  // Waits until the memory is there, first come first served. kDeadline once a
  // Maintain has seen a `now` of at least `deadline` (TimePoint::max() waits for ever), kCancelled
  // when asked to stop, kExhausted at once when it can never fit.
  Result<Reservation> Reserve(std::string_view name, Bytes bytes, TimePoint deadline, const std::stop_token& stop = {});

  // Measures, decides (shrink_plan.h), shrinks, wakes who waits.
  MaintainReport Maintain(TimePoint now);

  // What may still be taken before shrinking starts, as of the last Maintain or
  // reservation. One relaxed load.
  Bytes headroom() const noexcept { return Bytes(headroom_.load(std::memory_order_relaxed)); }

  BrokerSnapshot Snapshot() const;
  const BrokerConfig& config() const noexcept { return config_; }

 private:
  friend class Registration;
  friend class Reservation;
  using Entry = Registration::Entry;
  using Entries = std::vector<std::shared_ptr<Entry>>;
  // Resident memory, and what was reserved before it was read: that much may be in it.
  struct Measurement {
    Bytes resident;
    Bytes reserved;
  };
  struct NamedTotal {
    Bytes bytes;
    std::uint64_t count = 0;
  };
  struct Waiter {
    std::string_view name;
    Bytes bytes;
    TimePoint deadline;
    bool granted = false;
  };

  // All of these REQUIRE mutex_.
  Bytes Consumed() const;
  Bytes Minima() const;
  Bytes Used() const;
  bool Fits(Bytes bytes) const;
  bool CanEverFit(Bytes bytes, Bytes limit) const;
  Bytes Wanted() const;  // by who waits and who was refused
  void Take(std::string_view name, Bytes bytes);
  void GrantWaiters();
  void UpdateHeadroom();
  void TakeMeasurement(const Measurement& seen);
  Bytes LineAt(double mark) const;  // of the limit that holds now
  Bytes SplitBudget() const;
  std::vector<SplitConsumer> ObserveSplit(const Entries& followers) const;
  Error Refusal(std::string_view name, Bytes bytes) const;
  MemoryObservation Observe(const Entries& entries) const;

  void Return(const std::string& name, Bytes bytes, bool last) noexcept;
  void Unregister(const std::shared_ptr<Entry>& entry) noexcept;
  Measurement Measure();
  SystemVerdict AskSystem(Bytes measured, TimePoint now);  // REQUIRES: maintain_mutex_
  ShrinkPlan Plan(const SystemVerdict& verdict, const Measurement& seen, Entries& entries);
  bool ReleasesFreeMemory(const ShrinkPlan& plan, Bytes freed);  // REQUIRES: maintain_mutex_
  // Runs `action` on the consumer without the lock, and keeps its unregistration waiting meanwhile.
  template <typename Action>
  void WithConsumer(Entry& entry, const Action& action);
  Bytes Apply(Entry& entry, Bytes wanted, TimePoint deadline);
  bool IsLate(TimePoint deadline) const noexcept;
  Bytes ShrinkInTime(Entry& entry, Bytes wanted, TimePoint deadline, MaintainReport& report);
  void ShrinkLeastUseful(const ShrinkPlan& plan, const Entries& entries, TimePoint deadline, MaintainReport& report);
  void Split(const Entries& entries, TimePoint deadline, MaintainReport& report);
  void Grant(Entries followers, TimePoint deadline);

  const BrokerConfig config_;
  const ProcessMemory process_memory_;
  const ReleaseFreeMemory release_free_memory_;
  const BrokerEnvironment environment_;

  std::mutex maintain_mutex_;  // one round at a time; taken before mutex_; guards the next three
  SystemMemory system_before_;
  std::optional<TimePoint> system_asked_at_;  // none: in the constructor, which does not know when
  Bytes freed_unreleased_;                    // by consumers, since free memory was given back to the system
  mutable std::mutex mutex_;                  // guards everything below
  std::condition_variable_any changed_;
  Entries entries_;
  std::map<std::string, NamedTotal, std::less<>> reservations_;
  std::list<Waiter*> waiters_;
  Bytes limit_now_;
  Bytes reserved_;
  Bytes reserved_at_probe_;
  Bytes refused_bytes_;   // the largest refusal since the round began
  Bytes refused_before_;  // the same, of the time before the round that is going on
  Bytes measured_;
  Bytes measured_peak_;
  TimePoint now_;
  Pressure pressure_ = Pressure::kNone;
  bool shrinking_ = false;
  std::uint64_t rounds_ = 0;
  std::uint64_t refused_ = 0;
  std::atomic<std::uint64_t> headroom_{0};
};

}  // namespace attune::memory
