#include "paged_document.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "attune/vision/image.h"
#include "attune/vision/page.h"
#include "attune/vision/pdf.h"

namespace attune::engine {
namespace {

using console::Skip;
using console::SkipReason;

Skip FromPageError(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kExhausted:
      return {SkipReason::kTooLarge, error.message()};
    case ErrorCode::kUnavailable:
    case ErrorCode::kNotFound:
      return {SkipReason::kUnsupported, error.message()};
    default:
      return {SkipReason::kUnreadable, error.message()};
  }
}

std::uint32_t Whole(float length) { return static_cast<std::uint32_t>(std::lround(std::max(0.0F, length))); }

// Where each word of the page stands in the document's text: they come in the
// order of the text, so each is looked for behind the one before.
store::PageWords PlaceWords(const vision::Page& page, std::uint32_t number, const std::string& text,
                            std::size_t page_begin) {
  store::PageWords placed;
  placed.page = number;
  placed.width = Whole(page.width);
  placed.height = Whole(page.height);
  std::size_t from = page_begin;
  for (const vision::Word& word : page.words) {
    const std::size_t at = text.find(word.text, from);
    if (at == std::string::npos) continue;
    from = at + word.text.size();
    placed.words.push_back({.byte_begin = static_cast<std::uint32_t>(at),
                            .byte_end = static_cast<std::uint32_t>(from),
                            .left = Whole(word.box.left),
                            .top = Whole(word.box.top),
                            .width = Whole(word.box.right - word.box.left),
                            .height = Whole(word.box.bottom - word.box.top),
                            .confidence = static_cast<std::uint8_t>(std::lround(word.confidence * 100))});
  }
  return placed;
}

void AppendPage(const vision::Page& page, std::uint32_t number, store::NewDocument& document) {
  const vision::PageText text = vision::ReadingText(page);
  const std::size_t begin = document.text.size();
  document.text += text.text;
  for (const vision::PagePassage& passage : vision::CutPassages(text, {})) {
    const vision::PageLine& first = text.lines[passage.line_first - 1];
    const vision::PageLine& last = text.lines[passage.line_last - 1];
    document.passages.push_back({.line_begin = passage.line_first,
                                 .line_end = passage.line_last,
                                 .byte_begin = begin + first.offset,
                                 .byte_end = begin + last.offset + last.length,
                                 .symbol = "",
                                 .symbol_kind = "",
                                 .page = number});
  }
  if (page.origin == vision::PageOrigin::kRecognized && !page.words.empty()) {
    document.page_words.push_back(PlaceWords(page, number, document.text, begin));
  }
}

void FinishDocument(std::string_view language, store::NewDocument& document) {
  document.language = language;
  document.kind = store::DocumentKind::kPage;
  document.line_count = static_cast<std::uint32_t>(std::count(document.text.begin(), document.text.end(), '\n'));
}

// What the pages could not give: why the file has no text, or a note about what is missing of it.
struct PageLosses {
  std::uint64_t failed = 0;
  std::uint64_t without_text = 0;  // while recognition is off: perhaps scans, perhaps blank
  std::optional<Error> first;      // of the failed ones
  bool interrupted = false;

  void Add(const Error& error, const std::stop_token& stop) {
    if (stop.stop_requested()) interrupted = true;
    ++failed;
    if (!first) first = error;
  }
};

std::string PagesOf(std::uint64_t count, int pages) {
  return std::to_string(count) + " of " + std::to_string(pages) + (pages == 1 ? " page" : " pages");
}

std::string NoteOn(const PageLosses& losses, int pages) {
  std::string note;
  if (losses.first) note = PagesOf(losses.failed, pages) + " could not be read: " + losses.first->message();
  if (losses.without_text > 0) {
    if (!note.empty()) note += "; ";
    note += PagesOf(losses.without_text, pages) + " without text, and recognition is switched off";
  }
  return note;
}

Skip WhyNothing(const PageLosses& losses, int pages) {
  if (losses.first) return {FromPageError(*losses.first).reason, NoteOn(losses, pages)};
  if (losses.without_text > 0) return {SkipReason::kRecognitionOff, NoteOn(losses, pages)};
  return {SkipReason::kEmpty, "no page has any text"};
}

PagedResult Conclude(const PageLosses& losses, int pages, std::string_view language, store::NewDocument& document) {
  if (losses.interrupted) return {.skip = std::nullopt, .interrupted = true};
  if (document.passages.empty()) {
    document.text.clear();
    document.page_words.clear();
    return {.skip = WhyNothing(losses, pages), .interrupted = false};
  }
  if (const std::string note = NoteOn(losses, pages); !note.empty()) {
    document.title += (document.title.empty() ? "(" : " (") + note + ")";
  }
  FinishDocument(language, document);
  return {};
}

Result<vision::Page> RecognizeOne(vision::RecognizerPool& recognizers, const std::stop_token& stop, auto&& recognize) {
  ATTUNE_ASSIGN_OR_RETURN(auto recognizer, recognizers.Acquire(stop));
  return recognize(*recognizer);
}

}  // namespace

PagedResult ReadPdfDocument(std::string bytes, vision::RecognizerPool* recognizers, const std::stop_token& stop,
                            store::NewDocument& document) {
  auto opened = vision::PdfDocument::Open(std::move(bytes), {});
  if (!opened.ok()) return {.skip = FromPageError(opened.error()), .interrupted = false};
  vision::PdfDocument& pdf = **opened;
  document.title = pdf.title();
  PageLosses losses;
  for (int number = 1; number <= pdf.pages() && !losses.interrupted; ++number) {
    auto page = pdf.ReadPage(number);
    if (page.ok() && page->words.empty() && recognizers != nullptr) {
      page = RecognizeOne(*recognizers, stop, [&](vision::Recognizer& recognizer) {
        return vision::RecognizePdfPage(pdf, number, recognizer, {}, stop);
      });
    }
    if (!page.ok()) {
      losses.Add(page.error(), stop);
      continue;
    }
    if (page->words.empty() && recognizers == nullptr) ++losses.without_text;
    AppendPage(*page, static_cast<std::uint32_t>(number), document);
    if (stop.stop_requested()) losses.interrupted = true;
  }
  return Conclude(losses, pdf.pages(), "pdf", document);
}

PagedResult ReadImageDocument(std::string_view bytes, vision::RecognizerPool& recognizers, const std::stop_token& stop,
                              store::NewDocument& document) {
  const auto info = vision::ProbeImage(bytes, {});
  if (!info.ok()) return {.skip = FromPageError(info.error()), .interrupted = false};
  PageLosses losses;
  for (int number = 0; number < info->pages && !losses.interrupted; ++number) {
    const auto page = RecognizeOne(recognizers, stop, [&](vision::Recognizer& recognizer) {
      return recognizer.RecognizeFile(bytes, number, {}, stop);
    });
    if (!page.ok()) {
      losses.Add(page.error(), stop);
      continue;
    }
    AppendPage(*page, static_cast<std::uint32_t>(number) + 1, document);
    if (stop.stop_requested()) losses.interrupted = true;
  }
  return Conclude(losses, info->pages, "image", document);
}

}  // namespace attune::engine
