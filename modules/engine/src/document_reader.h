#pragma once
// DocumentReader: from a file to what the store keeps of it: text, passages, the
// places of recognised words, or the reason why it was not read.
//
//   DocumentReader reader(files, &recognizers, {});
//   ReadOutcome outcome = reader.Read({.absolute_path = "/p/a.cc", .path = "a.cc"}, stop);
//
// Ownership  borrows the file system and the recognizers (null: images and scanned
//            pages are skipped, and say so).
// Threads    Read is thread-safe.
// Cost       about two copies of the file while it is read; a scanned page takes seconds.
// Errors     none of its own: whatever is wrong with a file becomes its skip reason.

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "attune/base/bytes.h"
#include "attune/base/hash.h"
#include "attune/console/skip_reason.h"
#include "attune/store/operations.h"
#include "attune/sys/file_system.h"
#include "attune/vision/recognizer_pool.h"

namespace attune::engine {

struct ReadRequest {
  std::string absolute_path;
  std::string path;                   // relative to its source
  std::optional<Hash128> known_hash;  // of what the store has; the same bytes are not read again
};

struct Unchanged {  // the same bytes under a new stamp
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
};
struct Vanished {};     // removed between the listing and the reading
struct Interrupted {};  // asked to stop; read it again another time
using ReadOutcome = std::variant<store::NewDocument, Unchanged, Vanished, Interrupted>;

struct ReaderConfig {
  Bytes text_file_max{8ULL << 20U};    // larger text is data, not something that people search
  Bytes paged_file_max{64ULL << 20U};  // PDF and images: mostly pictures
};

// By its name: PDF and images, which take much longer than text and come last.
bool IsPaged(std::string_view path) noexcept;

// A document that was not read. The store keeps the detail as its title.
store::NewDocument SkippedDocument(std::string path, const sys::FileInfo& info, const console::Skip& skip);

class DocumentReader {
 public:
  DocumentReader(const sys::FileSystem& files, vision::RecognizerPool* recognizers, ReaderConfig config)
      : files_(files), recognizers_(recognizers), config_(config) {}

  ReadOutcome Read(const ReadRequest& request, const std::stop_token& stop) const;

  // How much of the file Read would hold: nothing when it is gone, or above the limit of its kind. `size_listed` is
  // believed unless it is 0.
  std::uint64_t BytesToRead(const ReadRequest& request, std::uint64_t size_listed) const;

  // Whether a file that was left out for `reason` might be read now (a limit was raised, recognition switched on).
  bool MayReadNow(std::string_view path, std::uint64_t size, std::string_view skip_reason) const;

 private:
  Bytes LimitFor(std::string_view path) const;

  const sys::FileSystem& files_;
  vision::RecognizerPool* const recognizers_;
  const ReaderConfig config_;
};

}  // namespace attune::engine
