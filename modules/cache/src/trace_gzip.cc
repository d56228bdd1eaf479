#include "trace_gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "attune/base/check.h"

namespace attune::cache {
namespace {

constexpr std::size_t kChunk = std::size_t{256} << 10U;
constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib's way to ask for a gzip header

class Inflater {
 public:
  Inflater() { ATTUNE_CHECK(inflateInit2(&stream_, kGzipOnly) == Z_OK, "zlib starts"); }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream& stream() noexcept { return stream_; }

 private:
  z_stream stream_{};
};

Error Broken(const std::string& name, std::size_t at, const char* what) {
  return {ErrorCode::kInvalidArgument, name + ": no gzip file at byte " + std::to_string(at) + ": " + what};
}

}  // namespace

// RFC 1952: the two bytes that name it, the only method there is, and three flags that are always zero. A binary trace
// may begin with a key like the first two.
bool LooksLikeGzip(std::string_view bytes) noexcept {
  constexpr std::string_view kBegin = "\x1f\x8b\x08";
  constexpr unsigned kReserved = 0xE0;
  return bytes.size() > kBegin.size() && bytes.starts_with(kBegin) &&
         (static_cast<unsigned char>(bytes[kBegin.size()]) & kReserved) == 0;
}

Result<std::string> Gunzip(std::string_view bytes, const std::string& name, Bytes size_max) {
  Inflater inflater;
  z_stream& stream = inflater.stream();
  std::string content;
  std::vector<Bytef> input(kChunk);  // zlib wants bytes that it could write to
  std::vector<Bytef> output(kChunk);
  std::size_t taken = 0;
  int state = Z_OK;
  bool more_output = false;  // zlib filled all that it was given, and may hold back some
  for (;;) {
    if (stream.avail_in == 0 && !more_output) {
      const std::size_t count = std::min(kChunk, bytes.size() - taken);
      if (count == 0) break;
      std::copy_n(bytes.data() + taken, count, input.begin());
      stream.next_in = input.data();
      stream.avail_in = static_cast<uInt>(count);
      taken += count;
    }
    if (state == Z_STREAM_END && !more_output) inflateReset(&stream);  // the next member
    stream.next_out = output.data();
    stream.avail_out = static_cast<uInt>(kChunk);
    state = inflate(&stream, Z_NO_FLUSH);
    more_output = stream.avail_out == 0;
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) {  // the latter: nothing was held back
      return Broken(name, taken - stream.avail_in, stream.msg == nullptr ? "unreadable" : stream.msg);
    }
    const std::size_t made = kChunk - stream.avail_out;
    if (content.size() + made > size_max.count()) {
      return Error(ErrorCode::kExhausted, name + ": unpacks to more than the limit of " + ToString(size_max));
    }
    content.append(output.begin(), output.begin() + static_cast<std::ptrdiff_t>(made));
  }
  if (state != Z_STREAM_END) return Broken(name, bytes.size(), "it ends too early");
  return content;
}

}  // namespace attune::cache
