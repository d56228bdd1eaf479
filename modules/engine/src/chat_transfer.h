#pragma once
// Chats in and out: exports of other programs into the store, chats of the store as files.
//
// Threads    the functions are thread-safe; an import is many small writes, so what
//            was imported before a failure stays.
// Memory     one chat at a time.
// Errors     kInvalidArgument when the file is no known export; a chat that is broken is a
//            problem of the report, and the rest goes on.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "attune/base/result.h"
#include "attune/engine/engine.h"
#include "attune/store/store.h"
#include "attune/sys/file_system.h"
#include "index_feed.h"

namespace attune::engine {

struct ImportFile {
  const sys::FileSystem& files;
  std::string path;
  std::string name;  // what people call it; chats without an id of their own are known again by it
};

Result<ImportReport> ImportChats(const ImportFile& file, store::Store& store, IndexFeed& feed,
                                 const ImportProgress& progress);

// "markdown", "jsonl", "json" (lossless), or "tree": ids and parents only, as JSON.
Result<std::string> ExportChat(const store::Store& store, std::int64_t chat, std::string_view format);

}  // namespace attune::engine
