#pragma once
// SkipReason: why a path below a source folder is not read. Nothing is left out
// silently: every path that the walk meets is either handed on or counted under
// exactly one of these.
//
//   Skip skip{SkipReason::kTooLarge, "21.4 MiB, the limit is 16MiB"};
//   Say(ToString(skip.reason), skip.detail, Remedy(skip.reason));
//
// Threads    pure functions.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace attune::console {

enum class SkipReason : std::uint8_t {
  kIgnored,           // an ignore rule names it (counted; a directory counts once, its content is not listed)
  kVersionControl,    // a .git directory or file
  kExcluded,          // a directory that the caller excluded, such as the data folder
  kSymlink,           // a symbolic link; its target is read where it lives
  kNotRegular,        // FIFO, socket or device
  kUnreadable,        // permissions or an I/O error
  kTooDeep,           // nested deeper than the walk goes
  kPathTooLong,       // longer than the walk carries
  kTooLarge,          // larger than the document limit
  kEmpty,             // no bytes, or nothing but white space
  kBinary,            // not text
  kOverLongLines,     // minified or generated
  kInvalidEncoding,   // claims an encoding that its bytes contradict
  kUnsupported,       // a kind of file that nothing here reads
  kRecognitionOff,    // an image or a scan, and recognition is switched off
  kChangedWhileRead,  // grew, shrank or vanished under the reader
};
inline constexpr std::size_t kSkipReasonCount = 16;

// One short lower-case word group for tables and JSON: "too_large".
std::string_view ToString(SkipReason reason) noexcept;

// What a person can do about it, one sentence.
std::string_view Remedy(SkipReason reason) noexcept;

// One thing that was left out, with the value that decided it.
struct Skip {
  SkipReason reason = SkipReason::kUnsupported;
  std::string detail;  // names the value and the limit; may be empty
};

}  // namespace attune::console
