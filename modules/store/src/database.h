#pragma once
// Opening the database of a store: the writing connection with everything set and the schema in place.

#include <memory>

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/store/store.h"
#include "connection.h"

namespace attune::store {

ConnectionOptions ReaderOptions(const StoreConfig& config);
Result<std::unique_ptr<Connection>> OpenForWriting(const StoreConfig& config, WallTime now);
// Opens once, to see that a store for reading will work.
Status ProbeForReading(const StoreConfig& config);

}  // namespace attune::store
