#pragma once
// WriteScope: what an operation sees while it writes: the writer's connection
// inside an open transaction, and the time of the transaction.

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "connection.h"

namespace attune::store {

struct WriteScope {
  Connection& connection;
  WallTime now;
  std::size_t bytes = 0;          // written so far; bounds the transaction
  std::optional<Error> broken{};  // NOLINT(readability-redundant-member-init): the transaction is lost, why
};

namespace internal {
inline bool RunOrBreak(WriteScope& scope, const char* sql) {
  Query query(scope.connection, sql);
  Status status = query.Run();
  if (status.ok()) return true;
  scope.broken = status.error();
  return false;
}
}  // namespace internal

// Runs `work` (returning a Result) so that it is all or nothing inside the transaction. When even that
// fails, or SQLite gave up the whole transaction (full disk, I/O error), scope.broken says why.
template <typename Work>
auto InSavepoint(WriteScope& scope, const Work& work) -> decltype(work()) {
  if (!internal::RunOrBreak(scope, "SAVEPOINT step")) return *scope.broken;
  auto result = work();
  if (!scope.connection.in_transaction()) {
    scope.broken = result.ok() ? Error(ErrorCode::kUnavailable, "the transaction was given up") : result.error();
    return *scope.broken;
  }
  if (!result.ok() && !internal::RunOrBreak(scope, "ROLLBACK TO step")) return *scope.broken;
  if (!internal::RunOrBreak(scope, "RELEASE step")) return *scope.broken;
  return result;
}

}  // namespace attune::store
