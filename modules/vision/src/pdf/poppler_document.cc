#include <poppler/cpp/poppler-document.h>
#include <poppler/cpp/poppler-global.h>
#include <poppler/cpp/poppler-image.h>
#include <poppler/cpp/poppler-page-renderer.h>
#include <poppler/cpp/poppler-page.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <string_view>
#include <utility>

#include "attune/base/check.h"
#include "attune/vision/pdf.h"
#include "utf16.h"

namespace attune::vision {
namespace {

constexpr double kPointsPerInch = 72;
// A page of a file may claim any size; the format itself ends at 14,400 points
// (200 inches), and a multiple of it is still somebody's plan of a building.
constexpr double kSideMaxPoints = 100'000;
// Coarser pictures do not show letters of usual size any more.
constexpr double kDpiMin = 50;
// The signature may stand behind up to this much of mail header or HTTP reply.
constexpr std::size_t kSignatureWithin = 1024;

// Poppler reports problems of a file through one function for the whole process
// and prints them unless told otherwise.
void SilencePoppler() {
  static const bool silent = [] {
    poppler::set_debug_error_function([](const std::string& /*message*/, void* /*closure*/) {}, nullptr);
    return true;
  }();
  static_cast<void>(silent);
}

// White space at the ends of a word says nothing; inside it would break the
// promise that a Word has none.
std::string WordText(const poppler::ustring& text) {
  std::string utf8 = Utf8FromUtf16(std::basic_string_view<unsigned short>(text.data(), text.size()));
  std::erase_if(utf8, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
  return utf8;
}

struct PageSize {
  double width = 0;
  double height = 0;
};

class PopplerDocument final : public PdfDocument {
 public:
  PopplerDocument(std::string bytes, const PdfLimits& limits) : bytes_(std::move(bytes)), limits_(limits) {}

  Status Load() {
    document_.reset(poppler::document::load_from_raw_data(bytes_.data(), static_cast<int>(bytes_.size())));
    if (document_ == nullptr) return Error(ErrorCode::kCorruption, "the PDF file is damaged beyond repair");
    if (document_->is_locked()) {
      return Error(ErrorCode::kDenied, "the PDF file needs a password; save a copy without one to have it read");
    }
    pages_ = document_->pages();
    if (pages_ <= 0) return Error(ErrorCode::kCorruption, "the PDF file has no readable pages");
    if (pages_ > limits_.pages_max) {
      return Error(ErrorCode::kExhausted, "a PDF file of " + std::to_string(pages_) +
                                              " pages; pages_max = " + std::to_string(limits_.pages_max));
    }
    const poppler::ustring title = document_->get_title();
    title_ = Utf8FromUtf16(std::basic_string_view<unsigned short>(title.data(), title.size()));
    return OkStatus();
  }

  const std::string& title() const noexcept override { return title_; }
  int pages() const noexcept override { return pages_; }

  Result<Page> ReadPage(int number) override {
    try {
      ATTUNE_ASSIGN_OR_RETURN(const std::unique_ptr<poppler::page> source, OpenPage(number));
      ATTUNE_ASSIGN_OR_RETURN(const PageSize size, SizeOf(*source, number));
      const std::vector<poppler::text_box> boxes = source->text_list();
      if (boxes.size() > limits_.page_words_max) {
        return Error(ErrorCode::kExhausted, PageName(number) + " has " + std::to_string(boxes.size()) +
                                                " words; page_words_max = " + std::to_string(limits_.page_words_max));
      }
      return ReadWords(boxes, size);
    } catch (const std::exception& e) {
      return Failed(number, e);
    }
  }

  Result<GrayImage> RenderPage(int number, int dpi) override {
    ATTUNE_CHECK(dpi >= 1 && dpi <= 1200, "a page is drawn at 1 to 1200 dpi");
    try {
      ATTUNE_ASSIGN_OR_RETURN(const std::unique_ptr<poppler::page> source, OpenPage(number));
      ATTUNE_ASSIGN_OR_RETURN(const PageSize size, SizeOf(*source, number));
      const double points = size.width * size.height / (kPointsPerInch * kPointsPerInch);  // in square inches
      const double dpi_fitting = std::floor(std::sqrt(static_cast<double>(limits_.pixels_max) / points));
      if (dpi_fitting < std::min<double>(dpi, kDpiMin)) {
        return Error(ErrorCode::kExhausted, PageName(number) + " measures " + std::to_string(std::lround(size.width)) +
                                                " x " + std::to_string(std::lround(size.height)) +
                                                " points; pixels_max = " + std::to_string(limits_.pixels_max) +
                                                " does not hold a readable picture of it");
      }
      return Draw(*source, number, static_cast<int>(std::min<double>(dpi, dpi_fitting)));
    } catch (const std::exception& e) {
      return Failed(number, e);
    }
  }

 private:
  static std::string PageName(int number) { return "page " + std::to_string(number) + " of the PDF file"; }

  static Error Failed(int number, const std::exception& e) {
    return Error(ErrorCode::kCorruption, PageName(number) + " cannot be read: " + e.what());
  }

  Result<std::unique_ptr<poppler::page>> OpenPage(int number) const {
    if (number < 1 || number > pages_) {
      return Error(ErrorCode::kInvalidArgument, PageName(number) + ", which has pages 1 to " + std::to_string(pages_));
    }
    std::unique_ptr<poppler::page> page(document_->create_page(number - 1));
    if (page == nullptr) return Error(ErrorCode::kCorruption, PageName(number) + " is damaged");
    return page;
  }

  // As the page is shown, after its own rotation.
  static Result<PageSize> SizeOf(const poppler::page& page, int number) {
    const poppler::rectf box = page.page_rect(poppler::crop_box);
    PageSize size{std::abs(box.width()), std::abs(box.height())};
    const bool usable = size.width >= 1 && size.height >= 1 && size.width <= kSideMaxPoints &&
                        size.height <= kSideMaxPoints;  // false for NaN as well
    if (!usable) {
      return Error(ErrorCode::kCorruption, PageName(number) + " claims a size of " + std::to_string(size.width) +
                                               " x " + std::to_string(size.height) + " points");
    }
    const auto turned = page.orientation();
    if (turned == poppler::page::landscape || turned == poppler::page::seascape) std::swap(size.width, size.height);
    return size;
  }

  static Page ReadWords(const std::vector<poppler::text_box>& boxes, const PageSize& size) {
    Page page;
    page.width = static_cast<float>(size.width);
    page.height = static_cast<float>(size.height);
    page.origin = PageOrigin::kTextLayer;
    // Text outside of the page (or at no finite place) is kept, with its box moved
    // to the nearest edge: it can be searched, and no box leaves its page.
    const auto within = [](double value, float max) {
      return std::isfinite(value) ? static_cast<float>(std::clamp(value, 0.0, static_cast<double>(max))) : 0.0F;
    };
    for (const poppler::text_box& source : boxes) {
      Word word;
      word.text = WordText(source.text());
      if (word.text.empty()) continue;
      const poppler::rectf box = source.bbox();
      word.box = {within(box.left(), page.width), within(box.top(), page.height), within(box.right(), page.width),
                  within(box.bottom(), page.height)};
      page.words.push_back(std::move(word));
    }
    NumberLines(page.words);
    return page;
  }

  static Result<GrayImage> Draw(const poppler::page& page, int number, int dpi) {
    poppler::page_renderer renderer;
    renderer.set_image_format(poppler::image::format_gray8);
    renderer.set_render_hint(poppler::page_renderer::antialiasing);
    renderer.set_render_hint(poppler::page_renderer::text_antialiasing);
    const poppler::image drawn = renderer.render_page(&page, dpi, dpi);
    if (!drawn.is_valid() || drawn.format() != poppler::image::format_gray8) {
      return Error(ErrorCode::kCorruption, PageName(number) + " cannot be drawn");
    }
    GrayImage image{drawn.width(), drawn.height(), dpi, {}};
    const auto width = static_cast<std::size_t>(image.width);
    const auto stride = static_cast<std::size_t>(drawn.bytes_per_row());
    image.pixels.reserve(width * static_cast<std::size_t>(image.height));
    const auto* row = reinterpret_cast<const std::uint8_t*>(drawn.const_data());
    for (int y = 0; y < image.height; ++y, row += stride) image.pixels.insert(image.pixels.end(), row, row + width);
    return image;
  }

  const std::string bytes_;  // Poppler reads from it as long as the document is open
  const PdfLimits limits_;
  std::unique_ptr<poppler::document> document_;
  std::string title_;
  int pages_ = 0;
};

}  // namespace

bool PdfIsBuiltIn() noexcept { return true; }

Result<std::unique_ptr<PdfDocument>> PdfDocument::Open(std::string bytes, const PdfLimits& limits) {
  constexpr std::uint64_t kPopplerMax = std::numeric_limits<int>::max();  // it counts bytes in an int
  if (bytes.size() > std::min(limits.bytes_max.count(), kPopplerMax)) {
    return Error(ErrorCode::kExhausted, "a PDF file of " + std::to_string(bytes.size()) +
                                            " bytes is larger than bytes_max = " + ToString(limits.bytes_max));
  }
  if (std::string_view(bytes).substr(0, kSignatureWithin).find("%PDF-") == std::string_view::npos) {
    return Error(ErrorCode::kInvalidArgument, "not a PDF file: it does not start with %PDF-");
  }
  SilencePoppler();
  try {
    auto document = std::make_unique<PopplerDocument>(std::move(bytes), limits);
    ATTUNE_RETURN_IF_ERROR(document->Load());
    return std::unique_ptr<PdfDocument>(std::move(document));
  } catch (const std::exception& e) {
    return Error(ErrorCode::kCorruption, std::string("the PDF file cannot be opened: ") + e.what());
  }
}

}  // namespace attune::vision
