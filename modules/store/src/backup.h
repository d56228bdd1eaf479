#pragma once
// BackupJob: copies the database, some pages per step, between transactions of the
// writer. It runs on the writer's own connection: SQLite then carries later
// changes over to the copy, so that writes do not start it again from the beginning.
//
// Files      written as <path>.partial, synced, renamed. A failure removes it.

#include <functional>
#include <optional>
#include <string>

#include "attune/base/result.h"
#include "job.h"

struct sqlite3;
struct sqlite3_backup;

namespace attune::store {

class BackupJob final : public Job {
 public:
  BackupJob(std::string path, std::string vfs, std::function<void(Status)> done);
  ~BackupJob() override;

  Progress Step(WriteScope& scope) override;
  void OnRollback(const Error& /*why*/) override {}  // it has no part in transactions
  bool Finish() override;
  bool transactional() const override { return false; }

 private:
  Status Start(WriteScope& scope);
  Status Publish();
  void Close();
  Progress Fail(Status why);

  std::string path_;
  std::string partial_;
  std::string vfs_;
  std::function<void(Status)> done_;
  sqlite3* copy_ = nullptr;
  sqlite3_backup* backup_ = nullptr;
  Status outcome_;
};

}  // namespace attune::store
