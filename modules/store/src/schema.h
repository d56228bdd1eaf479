#pragma once
// The schema, as a list of steps: opening runs the ones that a database has not seen.
// A step, once released, is never edited; a change is a new step at the end.
// docs/formats/database.md describes the result.
//
// Errors     kInvalidArgument: a newer schema, or another program's database.

#include <cstdint>

#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune::store {

class Connection;

constexpr std::int64_t kSchemaVersion = 2;
constexpr std::int64_t kApplicationId = 0x6174746e;  // "attn", in the header of the file

// The file is empty, or a database of attune with a schema that this program knows.
Status ExpectOurs(Connection& connection);
// Creates, migrates, or finds everything in place; all steps in one transaction.
Status MigrateSchema(Connection& connection, WallTime now);
// For connections that must not write: the schema is exactly the one that this program reads.
Status ExpectSchema(Connection& connection);

}  // namespace attune::store
