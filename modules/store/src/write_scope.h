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
  std::optional<Error> broken{};  // the transaction is lost, why
};

namespace internal {
inline Status RunOrBreak(WriteScope& scope, const char* sql) {
  Query query(scope.connection, sql);
  Status status = query.Run();
  if (!status.ok()) scope.broken = status.error();
  return status;
}
}  // namespace internal

// Runs `work` (returning a Result) so that it is all or nothing inside the transaction. When even that
// fails, or SQLite gave up the whole transaction (full disk, I/O error), scope.broken says why.
template <typename Work>
auto InSavepoint(WriteScope& scope, const Work& work) -> decltype(work()) {
  ATTUNE_RETURN_IF_ERROR(internal::RunOrBreak(scope, "SAVEPOINT step"));
  auto result = work();
  if (!scope.connection.in_transaction()) {
    Error lost = result.ok() ? Error(ErrorCode::kUnavailable, "the transaction was given up") : result.error();
    scope.broken = lost;
    return lost;
  }
  if (!result.ok()) ATTUNE_RETURN_IF_ERROR(internal::RunOrBreak(scope, "ROLLBACK TO step"));
  ATTUNE_RETURN_IF_ERROR(internal::RunOrBreak(scope, "RELEASE step"));
  return result;
}

}  // namespace attune::store
