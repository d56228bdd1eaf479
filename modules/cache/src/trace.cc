#include "attune/cache/trace.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "attune/base/ascii.h"
#include "attune/base/utf8.h"
#include "trace_gzip.h"

namespace attune::cache {
namespace {

struct NamedFormat {
  TraceFormat format;
  std::string_view name;
};
constexpr std::array kFormats = {NamedFormat{TraceFormat::kText, "text"}, NamedFormat{TraceFormat::kU64, "u64"},
                                 NamedFormat{TraceFormat::kU32, "u32"},
                                 NamedFormat{TraceFormat::kOracleGeneral, "oracle-general"}};

constexpr std::size_t kDetectBytes = 4096;  // what is looked at to tell the format
constexpr std::size_t kRecordBytes = 24;    // of oracle-general
constexpr std::size_t kRecordKeyAt = 4;
constexpr std::size_t kRecordNextAt = 16;
constexpr std::int64_t kNextMax = std::int64_t{1} << 40U;  // more requests than anybody has recorded

Error Invalid(const std::string& name, const std::string& what) {
  return {ErrorCode::kInvalidArgument, name + ": " + what};
}

Error TooMany(const std::string& name, std::size_t requests_max) {
  return {ErrorCode::kExhausted, name + ": more than the limit of " + std::to_string(requests_max) + " requests"};
}

std::uint64_t BigEndian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8U | static_cast<unsigned char>(byte);
  return number;
}

std::uint64_t LittleEndian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) number = number << 8U | static_cast<unsigned char>(bytes[i]);
  return number;
}

// Times never fall, and the next request for a key comes later than this one, or never (-1). It may lie behind the end
// of a trace that was cut, but not as far as small keys of u64 read as positions.
bool LooksLikeRecords(std::string_view bytes) {
  if (bytes.empty() || bytes.size() % kRecordBytes != 0) return false;
  const std::size_t count = std::min(bytes.size(), kDetectBytes) / kRecordBytes;
  std::uint64_t time = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view record = bytes.substr(i * kRecordBytes, kRecordBytes);
    const std::uint64_t now = LittleEndian(record.substr(0, kRecordKeyAt));
    const auto next = static_cast<std::int64_t>(LittleEndian(record.substr(kRecordNextAt)));
    if (now < time || (next != -1 && (next <= static_cast<std::int64_t>(i) || next > kNextMax))) return false;
    time = now;
  }
  return true;
}

bool IsReadable(std::string_view bytes) {
  while (!bytes.empty()) {
    const Utf8Step step = DecodeUtf8Step(bytes);
    const auto c = static_cast<unsigned char>(bytes.front());
    const bool control = (c < ' ' && (c < '\t' || c > '\r')) || c == 0x7F;
    const bool cut = step.size == bytes.size();  // what is looked at may end within a sequence
    if (control || (!step.valid && !cut)) return false;
    bytes.remove_prefix(step.size);
  }
  return true;
}

// Lines that a person can read, whether or not each of them is a key: a bad one is to be named, and read as binary keys
// the file would be nonsense that nobody notices.
bool LooksLikeText(std::string_view bytes) {
  constexpr std::string_view kOfText = "0123456789*\r\n \t";
  if (bytes.find_first_not_of(kOfText) == std::string_view::npos) return true;
  return bytes.find('\n') != std::string_view::npos && IsReadable(bytes);
}

TraceFormat Detect(std::string_view bytes) {
  if (LooksLikeText(bytes.substr(0, kDetectBytes))) return TraceFormat::kText;
  if (LooksLikeRecords(bytes)) return TraceFormat::kOracleGeneral;
  return TraceFormat::kU64;
}

// Quotes a few bytes, whatever they are.
std::string Quote(std::string_view text) {
  constexpr std::size_t kShown = 20;
  std::string quoted = "'";
  for (const char c : text.substr(0, kShown)) quoted += c >= ' ' && c <= '~' ? c : '?';
  return quoted + (text.size() > kShown ? "...'" : "'");
}

Status ParseText(std::string_view bytes, const std::string& name, std::size_t requests_max, Trace& trace) {
  std::uint64_t line_number = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    const std::string_view line = Trim(bytes.substr(at, end - at));
    ++line_number;
    if (line.find_first_not_of('*') == std::string_view::npos) {
      ++trace.lines_skipped;
    } else {
      std::uint64_t key = 0;
      const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), key);
      if (error != std::errc() || stop != line.data() + line.size()) {
        return Invalid(name, "line " + std::to_string(line_number) + " (byte " + std::to_string(at) + ") is " +
                                 Quote(line) + ", not a decimal key below 2^64");
      }
      if (trace.keys.size() == requests_max) return TooMany(name, requests_max);
      trace.keys.push_back(key);
    }
    at = end + 1;
  }
  return OkStatus();
}

// Records of one length with the key at one place in them.
struct Layout {
  std::size_t bytes;
  std::size_t key_at;
  std::size_t key_bytes;
  std::uint64_t (*read)(std::string_view);
};

Status ParseRecords(std::string_view bytes, const std::string& name, std::size_t requests_max, const Layout& layout,
                    Trace& trace) {
  const std::size_t rest = bytes.size() % layout.bytes;
  if (rest != 0) {
    return Invalid(name, "ends at byte " + std::to_string(bytes.size()) + " with " + std::to_string(rest) +
                             " bytes of a record of " + std::to_string(layout.bytes) + " (" +
                             std::string(ToString(trace.format)) + ")");
  }
  if (bytes.size() / layout.bytes > requests_max) return TooMany(name, requests_max);
  trace.keys.reserve(bytes.size() / layout.bytes);
  for (std::size_t at = 0; at < bytes.size(); at += layout.bytes) {
    trace.keys.push_back(layout.read(bytes.substr(at + layout.key_at, layout.key_bytes)));
  }
  return OkStatus();
}

Status ParseAs(std::string_view bytes, const std::string& name, std::size_t requests_max, Trace& trace) {
  switch (trace.format) {
    case TraceFormat::kText:
      return ParseText(bytes, name, requests_max, trace);
    case TraceFormat::kU64:
      return ParseRecords(bytes, name, requests_max, {8, 0, 8, BigEndian}, trace);
    case TraceFormat::kU32:
      return ParseRecords(bytes, name, requests_max, {4, 0, 4, BigEndian}, trace);
    case TraceFormat::kOracleGeneral:
      return ParseRecords(bytes, name, requests_max, {kRecordBytes, kRecordKeyAt, 8, LittleEndian}, trace);
  }
  return Invalid(name, "unknown format");
}

}  // namespace

std::string_view ToString(TraceFormat format) noexcept {
  const auto* const found = std::ranges::find(kFormats, format, &NamedFormat::format);
  return found == kFormats.end() ? "unknown" : found->name;
}

Result<TraceFormat> ParseTraceFormat(std::string_view name) {
  if (const auto* const found = std::ranges::find(kFormats, name, &NamedFormat::name); found != kFormats.end()) {
    return found->format;
  }
  std::string known;
  for (const NamedFormat& format : kFormats) known += (known.empty() ? "" : ", ") + std::string(format.name);
  return Error(ErrorCode::kInvalidArgument, "'" + std::string(name) + "' is no trace format; known are " + known);
}

Result<Trace> ParseTrace(std::string_view bytes, const std::string& name, const TraceOptions& options) {
  std::string unpacked;
  if (LooksLikeGzip(bytes)) {
    ATTUNE_ASSIGN_OR_RETURN(unpacked, Gunzip(bytes, name, options.bytes_max));
    bytes = unpacked;
  }
  Trace trace;
  trace.format = options.format.has_value() ? *options.format : Detect(bytes);
  ATTUNE_RETURN_IF_ERROR(ParseAs(bytes, name, options.requests_max, trace));
  if (trace.keys.empty()) return Invalid(name, "holds no request");
  return trace;
}

Result<Trace> ReadTrace(const sys::FileSystem& files, const std::string& path, const TraceOptions& options) {
  ATTUNE_ASSIGN_OR_RETURN(const std::string bytes, files.Read(path, options.bytes_max));
  return ParseTrace(bytes, path, options);
}

}  // namespace attune::cache
