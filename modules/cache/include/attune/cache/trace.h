#pragma once
// Trace: the keys that a program once asked a cache for, read from a file.
//
//   ATTUNE_ASSIGN_OR_RETURN(const Trace trace, ReadTrace(sys::RealFileSystem(), "disk.trace.gz"));
//   for (const std::uint64_t key : trace.keys) ...
//
// Formats    text            one decimal key a line; LF or CRLF; blank lines and lines of '*' are skipped
//            u64, u32        keys as big-endian binary numbers
//            oracle-general  libCacheSim's records of 24 bytes, little-endian: time (32 bits), key (64),
//                            size (32), position of the next request for the key (64)
//            Any of them may be compressed with gzip, which is told from the first four bytes whatever format is
//            named. The format is told from the content: what begins with readable lines is text; u32 looks like u64,
//            so it has to be named.
// Threads    free functions without state.
// Cost       8 bytes a request, and the whole file while it is read.
// Errors     kInvalidArgument names file, place and what stands there; kExhausted a file, or
//            what it unpacks to, beyond the limits. Any bytes at all are safe to read.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/result.h"
#include "attune/sys/file_system.h"

namespace attune::cache {

enum class TraceFormat : std::uint8_t { kText, kU64, kU32, kOracleGeneral };

std::string_view ToString(TraceFormat format) noexcept;
Result<TraceFormat> ParseTraceFormat(std::string_view name);

struct TraceOptions {
  std::optional<TraceFormat> format;                 // unset: told from the content
  std::size_t requests_max = std::size_t{1} << 27U;  // 1 GiB of keys; what a replay needs is about five times that
  Bytes bytes_max = Bytes(std::uint64_t{4} << 30U);  // of a file, and of what it unpacks to
};

struct Trace {
  std::vector<std::uint64_t> keys;
  TraceFormat format = TraceFormat::kText;
  std::uint64_t lines_skipped = 0;  // blank, or marks of '*'
};

// `name` stands for the bytes in messages.
Result<Trace> ParseTrace(std::string_view bytes, const std::string& name, const TraceOptions& options = {});

Result<Trace> ReadTrace(const sys::FileSystem& files, const std::string& path, const TraceOptions& options = {});

}  // namespace attune::cache
