// What a page costs, in time and memory. The peer of every figure about Tesseract
// is Tesseract itself, called as its manual shows, in the same run.
#include <benchmark/benchmark.h>
#if __has_include(<leptonica/allheaders.h>)
#include <malloc.h>
#include <tesseract/baseapi.h>

#include <memory>
#include <string>

#include "../tests/drawn_page.h"
#include "../tests/written_pdf.h"
#include "attune/vision/pdf.h"

namespace {

using attune::SystemClock;
using namespace attune::vision;  // NOLINT(google-build-using-namespace): a benchmark of one module

constexpr const char* kSentence = "The harbour master wrote 27 letters about lost anchors";

std::string SentenceScan(int lines) {
  return FileOf(*DrawLines(std::vector<std::string>(static_cast<std::size_t>(lines), kSentence), 1500), IFF_PNG);
}

std::unique_ptr<Recognizer> MakeRecognizer() { return *Recognizer::Create(SystemClock(), {}); }

void BM_RecognizeLines(benchmark::State& state) {
  const std::string scan = SentenceScan(static_cast<int>(state.range(0)));
  const auto recognizer = MakeRecognizer();
  std::size_t words = 0;
  for (auto _ : state) words += recognizer->RecognizeFile(scan, 0, {}, {})->words.size();
  state.counters["words/s"] = benchmark::Counter(static_cast<double>(words), benchmark::Counter::kIsRate);
}
BENCHMARK(BM_RecognizeLines)->Arg(4)->Arg(20)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

// The same with Tesseract's own four threads.
void BM_TesseractByTheBook(benchmark::State& state) {
  const DrawnPage page = DrawLines(std::vector<std::string>(static_cast<std::size_t>(state.range(0)), kSentence), 1500);
  tesseract::TessBaseAPI api;
  api.Init(nullptr, "eng", tesseract::OEM_LSTM_ONLY);
  for (auto _ : state) {
    api.SetImage(page.get());
    api.Recognize(nullptr);
    const std::unique_ptr<char[]> text(api.GetUTF8Text());
    benchmark::DoNotOptimize(text.get());
  }
}
BENCHMARK(BM_TesseractByTheBook)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

void BM_StartRecognizer(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(MakeRecognizer());
}
BENCHMARK(BM_StartRecognizer)->Unit(benchmark::kMillisecond);

double HeapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

// Heap that one recognizer holds after a page, beside what it reports.
void BM_RecognizerMemory(benchmark::State& state) {
  const std::string scan = SentenceScan(4);
  const auto warm = MakeRecognizer();  // pays for what the process needs once
  static_cast<void>(warm->RecognizeFile(scan, 0, {}, {}));
  for (auto _ : state) {
    const double before = HeapBytes();
    const auto recognizer = MakeRecognizer();
    static_cast<void>(recognizer->RecognizeFile(scan, 0, {}, {}));
    state.counters["heap_MiB"] = (HeapBytes() - before) / (1 << 20);
    state.counters["reported_MiB"] = static_cast<double>(recognizer->bytes().count()) / (1 << 20);
  }
}
BENCHMARK(BM_RecognizerMemory)->Unit(benchmark::kMillisecond)->Iterations(1);

void BM_DecodeImage(benchmark::State& state) {
  const DrawnPage page = DrawLines(std::vector<std::string>(20, kSentence), 1500);
  const std::string bytes = FileOf(*page, static_cast<int>(state.range(0)));
  std::size_t pixels = 0;
  for (auto _ : state) pixels += DecodeImage(bytes, 0, {})->pixels.size();
  state.counters["Mpixel/s"] = benchmark::Counter(static_cast<double>(pixels) / 1e6, benchmark::Counter::kIsRate);
}
BENCHMARK(BM_DecodeImage)->Arg(IFF_PNG)->Arg(IFF_JFIF_JPEG)->Arg(IFF_TIFF_LZW)->Unit(benchmark::kMillisecond);

#if __has_include(<poppler/cpp/poppler-document.h>)
std::string TextPdf(int pages) {
  return WritePdf(std::vector<WrittenPage>(static_cast<std::size_t>(pages), {std::vector<std::string>(40, kSentence)}));
}

void BM_ReadPdfPage(benchmark::State& state) {
  constexpr int kPages = 50;
  const std::string bytes = TextPdf(kPages);
  std::size_t words = 0;
  for (auto _ : state) {
    const auto document = *PdfDocument::Open(bytes, {});
    for (int number = 1; number <= kPages; ++number) words += document->ReadPage(number)->words.size();
  }
  state.counters["pages/s"] =
      benchmark::Counter(static_cast<double>(state.iterations() * kPages), benchmark::Counter::kIsRate);
  state.counters["words/s"] = benchmark::Counter(static_cast<double>(words), benchmark::Counter::kIsRate);
}
BENCHMARK(BM_ReadPdfPage)->Unit(benchmark::kMillisecond);

void BM_RenderPdfPage(benchmark::State& state) {
  const auto document = *PdfDocument::Open(TextPdf(1), {});
  for (auto _ : state) benchmark::DoNotOptimize(document->RenderPage(1, kRecognitionDpi));
}
BENCHMARK(BM_RenderPdfPage)->Unit(benchmark::kMillisecond);
#endif

}  // namespace
#endif
