#pragma once
// What SQLite said, in our words: which code, which file, what to do about it.

#include <string>
#include <string_view>

#include "attune/base/result.h"

struct sqlite3;

namespace attune::store {

// `code` is an extended result code; `db` may be null. `doing` completes "cannot …".
Error SqliteError(sqlite3* db, int code, std::string_view path, std::string_view doing);

}  // namespace attune::store
