#include "text_codec.h"

#include <zstd.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "attune/base/bytes.h"
#include "attune/base/check.h"
#include "attune/base/result.h"

namespace attune::store {
namespace {

constexpr char kPlain = 0;
constexpr char kZstd = 1;
constexpr int kLevel = 1;
constexpr std::size_t kWorthPacking = 128;  // below, the frame header eats the gain

Error Damaged(std::string_view why) {
  return Error(ErrorCode::kCorruption, "packed text is damaged: " + std::string(why) + "; read the file again");
}

}  // namespace

TextPacker::TextPacker() : context_(ZSTD_createCCtx()) { ATTUNE_CHECK(context_ != nullptr, "memory for zstd"); }
TextPacker::~TextPacker() { ZSTD_freeCCtx(context_); }

Result<std::string> TextPacker::Pack(std::string_view text) {
  if (text.size() >= kWorthPacking) {
    std::string packed(1 + ZSTD_compressBound(text.size()), kZstd);
    const std::size_t size =
        ZSTD_compressCCtx(context_, packed.data() + 1, packed.size() - 1, text.data(), text.size(), kLevel);
    if (ZSTD_isError(size) != 0) {
      return Error(ErrorCode::kExhausted, std::string("cannot pack a text of ") + std::to_string(text.size()) +
                                              " bytes: " + ZSTD_getErrorName(size));
    }
    if (size < text.size()) {
      packed.resize(1 + size);
      packed.shrink_to_fit();  // it waits in a queue that counts bytes
      return packed;
    }
  }
  std::string plain(1, kPlain);
  plain.append(text);
  return plain;
}

Bytes TextPacker::bytes() const { return Bytes(ZSTD_sizeof_CCtx(context_)); }

TextUnpacker::TextUnpacker() : context_(ZSTD_createDCtx()) { ATTUNE_CHECK(context_ != nullptr, "memory for zstd"); }
TextUnpacker::~TextUnpacker() { ZSTD_freeDCtx(context_); }

Result<std::string> TextUnpacker::Unpack(std::string_view packed, std::size_t wanted, Bytes size_max) {
  if (packed.empty()) return Damaged("no bytes");
  const std::string_view body = packed.substr(1);
  if (packed[0] == kPlain) return std::string(body.substr(0, wanted));
  if (packed[0] != kZstd) return Damaged("unknown packing " + std::to_string(packed[0]));

  const unsigned long long size = ZSTD_getFrameContentSize(body.data(), body.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) return Damaged("no frame");
  if (size > size_max.count()) {
    return Error(ErrorCode::kExhausted, "a stored text of " + std::to_string(size) + " bytes is above the limit of " +
                                            attune::ToString(size_max) + "; raise text_bytes_max");
  }
  std::string text(std::min<std::size_t>(wanted, size), '\0');
  ZSTD_DCtx_reset(context_, ZSTD_reset_session_only);
  ZSTD_inBuffer in{body.data(), body.size(), 0};
  ZSTD_outBuffer out{text.data(), text.size(), 0};
  while (out.pos < out.size) {
    const std::size_t before = in.pos + out.pos;
    const std::size_t left = ZSTD_decompressStream(context_, &out, &in);
    if (ZSTD_isError(left) != 0) return Damaged(ZSTD_getErrorName(left));
    if (in.pos + out.pos == before) return Damaged("it ends too early");
  }
  return text;
}

}  // namespace attune::store
