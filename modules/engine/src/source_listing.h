#pragma once
// ListSource: compares a folder with what the store has of it, and says what has
// to be read and what is gone. Nothing is opened but ignore files.
//
//   ATTUNE_ASSIGN_OR_RETURN(SourceListing listing, ListSource(source, store, reader, on_directory, stop));
//
// Threads    takes the source's walk mutex.
// Cost       one walk and one scan of the source's documents: 10,000 files in about 0.1 s.
// Memory     the paths of the source, while it runs.
// Errors     those of the walk's root and of the store; kCancelled.

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/result.h"
#include "attune/store/store.h"
#include "document_reader.h"
#include "source.h"

namespace attune::engine {

struct ListedFile {
  std::string path;
  std::uint64_t size = 0;
  bool left_out = false;  // the store has it, and the walk did not meet it: gone, or ignored by now
};

struct SourceListing {
  // New, changed or left out; of the last the reader makes sure once more. What lies below a directory that cannot be
  // looked into is none of them: it stays as it is remembered.
  std::vector<ListedFile> to_read;
  std::uint64_t found = 0;
  std::uint64_t unchanged = 0;
  SkipTally skips;                      // what the walk left out; the store has the rest
  std::vector<std::string> unreadable;  // files and directories that could not be looked at
};

// Takes the source's counts from the store. REQUIRES: nothing of the source is being stored meanwhile.
Status CountStored(Source& source, const store::Store& store);

// `on_directory` gets the absolute path of each directory right before it is listed.
Result<SourceListing> ListSource(Source& source, const store::Store& store, const DocumentReader& reader,
                                 const std::function<void(const std::string&)>& on_directory,
                                 const std::stop_token& stop);

}  // namespace attune::engine
