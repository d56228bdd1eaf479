#pragma once
// Job: one accepted operation on its way through the writer thread.
//
// Order      (Step+ (OnCommit | OnRollback))* Finish. OnCommit and OnRollback tell the fate
//            of the steps since the one before; a job whose steps were rolled back may be
//            stepped again.
// Threads    built on the caller's thread, afterwards used by the writer thread only.

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

#include "attune/base/result.h"
#include "attune/store/operations.h"
#include "write_chats.h"
#include "write_documents.h"
#include "write_notes.h"
#include "write_scope.h"

namespace attune::store {

class Job {
 public:
  enum class Progress : std::uint8_t { kDone, kMore };

  explicit Job(std::size_t bytes) : bytes_(bytes) {}
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;

  // One piece of work. Inside the open transaction, or outside of any when !transactional().
  virtual Progress Step(WriteScope& scope) = 0;
  virtual void OnCommit() {}
  virtual void OnRollback(const Error& why) = 0;
  // No transaction could be begun: everything that was not committed fails. Finish follows.
  virtual void Abandon(const Error& why) { OnRollback(why); }
  // Hands the outcome to the caller and says whether it was a success. Once.
  virtual bool Finish() = 0;
  virtual bool transactional() const { return true; }

  std::size_t bytes() const { return bytes_; }  // that it occupies in the queue

 private:
  std::size_t bytes_;
};

// An operation that is one Apply.
template <typename Op>
class OperationJob final : public Job {
 public:
  using Outcome = Result<typename Op::Outcome>;
  OperationJob(Op op, std::size_t bytes, std::function<void(Outcome)> done)
      : Job(bytes), op_(std::move(op)), done_(std::move(done)) {}

  Progress Step(WriteScope& scope) override {
    outcome_ = InSavepoint(scope, [&] { return Apply(scope, op_); });
    return Progress::kDone;
  }
  void OnRollback(const Error& why) override { outcome_ = why; }
  bool Finish() override {
    const bool good = outcome_.ok();
    done_(std::move(outcome_));
    return good;
  }

 private:
  Op op_;
  std::function<void(Outcome)> done_;
  Outcome outcome_ = Error(ErrorCode::kCancelled, "never tried");
};

// One document per step.
class PutDocumentsJob final : public Job {
 public:
  using Outcome = PutDocuments::Outcome;
  PutDocumentsJob(SourceId source, std::vector<Result<PreparedDocument>> documents, std::size_t bytes,
                  std::function<void(Result<Outcome>)> done);

  Progress Step(WriteScope& scope) override;
  void OnCommit() override { committed_ = outcome_.size(); }
  void OnRollback(const Error& why) override;
  void Abandon(const Error& why) override;
  bool Finish() override;

 private:
  SourceId source_;
  std::vector<Result<PreparedDocument>> documents_;
  Outcome outcome_;
  std::size_t committed_ = 0;  // prefix of outcome_ whose fate is known
  std::function<void(Result<Outcome>)> done_;
};

// One document per step; ends at the first transaction that fails.
template <typename Removed>
class RemovalJob : public Job {
 public:
  using Outcome = Result<std::vector<Removed>>;
  RemovalJob(SourceId source, std::size_t bytes, std::function<void(Outcome)> done)
      : Job(bytes), source_(source), done_(std::move(done)) {}

  Progress Step(WriteScope& scope) final {
    if (failure_) return Progress::kDone;
    const Result<bool> more = InSavepoint(scope, [&] { return RemoveNext(scope); });
    if (!more.ok()) failure_ = more.error();
    return more.ok() && *more ? Progress::kMore : Progress::kDone;
  }
  void OnRollback(const Error& why) final { failure_ = why; }
  bool Finish() final {
    const bool good = !failure_;
    done_(good ? Outcome(std::move(removed_)) : Outcome(*failure_));
    return good;
  }

 protected:
  // One document; false when there is nothing left to do.
  virtual Result<bool> RemoveNext(WriteScope& scope) = 0;
  SourceId source() const { return source_; }
  void Note(Removed removed) { removed_.push_back(std::move(removed)); }

 private:
  SourceId source_;
  std::vector<Removed> removed_;
  std::optional<Error> failure_;
  std::function<void(Outcome)> done_;
};

class RemoveDocumentsJob final : public RemovalJob<RemovedDocument> {
 public:
  RemoveDocumentsJob(RemoveDocuments op, std::size_t bytes, std::function<void(Outcome)> done)
      : RemovalJob(op.source, bytes, std::move(done)), paths_(std::move(op.paths)) {}

 private:
  Result<bool> RemoveNext(WriteScope& scope) override;
  std::vector<std::string> paths_;
  std::size_t next_ = 0;
};

class RemoveSourceJob final : public RemovalJob<PassageRange> {
 public:
  RemoveSourceJob(const RemoveSource& op, std::size_t bytes, std::function<void(Outcome)> done)
      : RemovalJob(op.source, bytes, std::move(done)) {}

 private:
  Result<bool> RemoveNext(WriteScope& scope) override;
};

}  // namespace attune::store
