#include "document_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "attune/console/text_document.h"
#include "attune/vision/image.h"
#include "paged_document.h"

namespace attune::engine {
namespace {

using console::Skip;
using console::SkipReason;

// What is exhausted is the limit only where the file is above it; else it is the process's memory or descriptors,
// which come back.
Skip FromReadError(const Error& error, bool above_limit) {
  if (error.code() == ErrorCode::kExhausted && above_limit) return {SkipReason::kTooLarge, error.message()};
  if (error.code() == ErrorCode::kInvalidArgument) return {SkipReason::kNotRegular, error.message()};
  return {SkipReason::kUnreadable, error.message()};
}

store::DocumentKind KindOfText(const console::TextDocument& document) {
  if (document.prose) return store::DocumentKind::kProse;
  switch (document.language) {
    case console::Language::kJson:
    case console::Language::kYaml:
    case console::Language::kToml:
    case console::Language::kXml:
    case console::Language::kIni:
    case console::Language::kCsv:
      return store::DocumentKind::kData;
    default:
      return store::DocumentKind::kCode;
  }
}

void TakeText(console::TextDocument&& read, store::NewDocument& document) {
  document.language = console::ToString(read.language);
  document.kind = KindOfText(read);
  document.title = std::move(read.title);
  document.line_count = read.line_count;
  document.text = std::move(read.text);
  document.passages.reserve(read.passages.size());
  for (console::Passage& passage : read.passages) {
    const bool defines = passage.symbol_kind != console::SymbolKind::kNone;
    document.passages.push_back({.line_begin = passage.line_begin,
                                 .line_end = passage.line_end,
                                 .byte_begin = passage.byte_begin,
                                 .byte_end = passage.byte_end,
                                 .symbol = std::move(passage.symbol),
                                 .symbol_kind = defines ? std::string(console::ToString(passage.symbol_kind)) : "",
                                 .page = 0});
  }
}

void TakeSkip(const Skip& skip, store::NewDocument& document) {
  document.skip_reason = console::ToString(skip.reason);
  document.title = skip.detail;
}

}  // namespace

bool IsPaged(std::string_view path) noexcept {
  constexpr std::array<std::string_view, 6> kSuffixes = {".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff"};
  std::array<char, 5> tail{};
  const std::size_t length = std::min(path.size(), tail.size());
  std::transform(path.end() - static_cast<std::ptrdiff_t>(length), path.end(), tail.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const std::string_view lower(tail.data(), length);
  return std::any_of(kSuffixes.begin(), kSuffixes.end(),
                     [&](std::string_view suffix) { return lower.ends_with(suffix); });
}

store::NewDocument SkippedDocument(std::string path, const sys::FileInfo& info, const Skip& skip) {
  store::NewDocument document;
  document.path = std::move(path);
  document.size = info.size;
  document.modified_ns = info.modified_ns;
  TakeSkip(skip, document);
  return document;
}

Bytes DocumentReader::LimitFor(std::string_view path) const {
  return IsPaged(path) ? config_.paged_file_max : config_.text_file_max;
}

std::uint64_t DocumentReader::BytesToRead(const ReadRequest& request, std::uint64_t size_listed) const {
  std::uint64_t size = size_listed;
  if (size == 0) {
    const auto info = files_.LinkStat(request.absolute_path);
    size = info.ok() && info->kind == sys::FileKind::kRegular ? info->size : 0;
  }
  return size > LimitFor(request.path).count() ? 0 : size;
}

bool DocumentReader::MayReadNow(std::string_view path, std::uint64_t size, std::string_view skip_reason) const {
  if (skip_reason == console::ToString(SkipReason::kTooLarge)) return size <= LimitFor(path).count();
  if (skip_reason == console::ToString(SkipReason::kRecognitionOff)) return recognizers_ != nullptr;
  if (skip_reason == console::ToString(SkipReason::kUnsupported)) return recognizers_ != nullptr && IsPaged(path);
  return skip_reason == console::ToString(SkipReason::kUnreadable);  // permissions change without a new stamp
}

ReadOutcome DocumentReader::Read(const ReadRequest& request, const std::stop_token& stop) const {
  const auto before = files_.LinkStat(request.absolute_path);
  if (!before.ok()) {
    if (before.error().code() == ErrorCode::kNotFound) return Vanished{};
    return SkippedDocument(request.path, {}, FromReadError(before.error(), false));
  }
  // A listing leaves these out; a watch reports them. The store keeps no row of them.
  if (before->kind != sys::FileKind::kRegular) return Vanished{};
  const Bytes limit = LimitFor(request.path);
  auto bytes = files_.Read(request.absolute_path, limit);
  if (!bytes.ok()) {
    if (bytes.error().code() == ErrorCode::kNotFound) return Vanished{};
    return SkippedDocument(request.path, *before, FromReadError(bytes.error(), before->size > limit.count()));
  }
  const Hash128 hash = ContentHash(*bytes);
  if (request.known_hash == hash) return Unchanged{.size = before->size, .modified_ns = before->modified_ns};

  // The stamp is the one from before the reading: a file that changes meanwhile looks
  // changed to the next listing as well, and is read again.
  store::NewDocument document;
  document.path = request.path;
  document.size = bytes->size();
  document.modified_ns = before->modified_ns;
  document.content_hash = hash;

  const bool is_pdf = bytes->starts_with("%PDF-");
  if (is_pdf || vision::LooksLikeImage(*bytes)) {
    if (!is_pdf && recognizers_ == nullptr) {
      TakeSkip({SkipReason::kRecognitionOff, "an image, and recognition is switched off"}, document);
      return document;
    }
    const PagedResult result = is_pdf ? ReadPdfDocument(std::move(*bytes), recognizers_, stop, document)
                                      : ReadImageDocument(*bytes, *recognizers_, stop, document);
    if (result.interrupted) return Interrupted{};
    if (result.skip) TakeSkip(*result.skip, document);
    return document;
  }
  auto read =
      console::ReadTextDocument(request.path, std::move(*bytes), {.document_max = config_.text_file_max, .scan = {}});
  if (const auto* skip = std::get_if<Skip>(&read)) {
    TakeSkip(*skip, document);
  } else {
    TakeText(std::get<console::TextDocument>(std::move(read)), document);
  }
  return document;
}

}  // namespace attune::engine
