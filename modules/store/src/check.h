#pragma once
// Is the database sound? SQLite's own checks, then the promises that the schema cannot state.

#include "attune/base/result.h"
#include "attune/store/store.h"
#include "connection.h"

namespace attune::store {

Status CheckDatabase(Connection& connection, CheckDepth depth);

}  // namespace attune::store
