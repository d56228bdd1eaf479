#include "gzip.h"

#include <zlib.h>

#include <algorithm>

#include "attune/base/ascii.h"
#include "attune/server/http_message.h"

namespace attune::server {
namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest window; +16 asks zlib for gzip framing
constexpr int kMemoryLevel = 8;

Bytef* Writable(std::string& text, std::size_t offset) { return reinterpret_cast<Bytef*>(text.data()) + offset; }

void SetInput(z_stream& stream, std::string_view bytes) {
  // zlib's interface is older than const; it does not write to its input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
}

}  // namespace

std::optional<std::string> Gzip(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    return std::nullopt;
  }
  std::string packed(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  SetInput(stream, bytes);
  stream.next_out = Writable(packed, 0);
  stream.avail_out = static_cast<uInt>(packed.size());
  const int outcome = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (outcome != Z_STREAM_END) return std::nullopt;
  return packed;
}

std::optional<std::string> Gunzip(std::string_view bytes, std::size_t size_max) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) return std::nullopt;
  SetInput(stream, bytes);
  std::string unpacked(std::min<std::size_t>(std::max<std::size_t>(bytes.size() * 4, 1024), size_max), '\0');
  int outcome = Z_OK;
  while (outcome == Z_OK) {
    if (stream.total_out == unpacked.size()) {
      if (unpacked.size() >= size_max) break;
      unpacked.resize(std::min(unpacked.size() * 2, size_max));
    }
    stream.next_out = Writable(unpacked, stream.total_out);
    stream.avail_out = static_cast<uInt>(unpacked.size() - stream.total_out);
    outcome = inflate(&stream, Z_NO_FLUSH);
  }
  unpacked.resize(stream.total_out);
  inflateEnd(&stream);
  if (outcome != Z_STREAM_END) return std::nullopt;
  return unpacked;
}

bool AcceptsGzip(std::string_view header) noexcept {
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    const std::string_view item = header.substr(0, comma);
    const std::size_t semicolon = item.find(';');
    const std::string_view name = Trim(item.substr(0, semicolon));
    if (EqualsIgnoringCase(name, "gzip") || name == "*") {
      const std::string_view weight = semicolon == std::string_view::npos ? "" : Trim(item.substr(semicolon + 1));
      return !(weight.starts_with("q=0") && weight.find_first_not_of("0.", 2) == std::string_view::npos);
    }
    if (comma == std::string_view::npos) return false;
    header.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace attune::server
