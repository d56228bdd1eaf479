// The input is a list of damages to a valid image. With the checksums made right again, everything that reads a segment
// must stay inside it: terms, postings, positions, strings, merging.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "../src/bm25.h"
#include "../src/posting_cursor.h"
#include "../src/search.h"
#include "../src/segment.h"
#include "../src/segment_builder.h"
#include "../src/segment_merge.h"
#include "attune/base/check.h"
#include "attune/base/hash.h"

namespace {

using namespace attune::index;  // NOLINT(google-build-using-namespace): a fuzz target, not a library

const std::string& ValidImage() {
  static const std::string image = [] {
    SegmentBuilder builder;
    for (std::uint64_t i = 0; i < 300; ++i) {
      std::string body = "common word common alpha beta w" + std::to_string(i % 5);
      body += i % 2 == 0 ? " rare" + std::to_string(i) : " alpha";
      builder.Add({.id = i, .path = "a/b.c", .language = "c", .symbol = "Sym", .body = body, .prose = true});
    }
    return builder.Build(1);
  }();
  return image;
}

void MakeChecksumsRight(std::string& image) {
  auto header = LoadAt<SegmentHeader>(image.data());
  for (SectionEntry& section : header.sections) {
    if (section.offset <= image.size() && section.size <= image.size() - section.offset) {
      section.crc = attune::Crc32c(std::string_view(image).substr(section.offset, section.size));
    }
  }
  header.crc = attune::Crc32c({reinterpret_cast<const char*>(&header), sizeof header - sizeof header.crc});
  std::memcpy(image.data(), static_cast<const void*>(&header), sizeof header);
}

void ReadEverything(const std::shared_ptr<Segment>& segment) {
  for (std::size_t f = 0; f < kFields; ++f) {
    std::size_t steps = 0;
    for (TermCursor cursor(*segment, static_cast<Field>(f)); !cursor.done() && steps < 2000; cursor.Next(), ++steps) {
      PostingCursor postings(*segment, cursor.info());
      std::uint32_t docs = 0;
      for (std::uint32_t doc = postings.NextDoc(0); doc != PostingCursor::kNoDoc && docs < 1000; ++docs) {
        ATTUNE_CHECK(doc < segment->passages(), "a passage of the segment");
        doc = postings.NextDoc(doc + 1);
      }
    }
  }
  for (std::uint32_t doc = 0; doc < segment->passages(); ++doc) {
    const PassageRow row = segment->row(doc);
    static_cast<void>(segment->text(Section::kPaths, row.path));
    static_cast<void>(segment->FindId(row.id));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string image = ValidImage();
  for (std::size_t i = 0; i + 3 < size; i += 4) {
    // Three bytes of place, spread over the image, and one of damage.
    const std::size_t place =
        (std::size_t{data[i]} << 16U | std::size_t{data[i + 1]} << 8U | data[i + 2]) * 2654435761U;
    image[place % image.size()] = static_cast<char>(data[i + 3]);
  }
  MakeChecksumsRight(image);
  auto opened = Segment::FromImage(image, Segment::Origin::kForeign);
  if (!opened.ok()) {
    return 0;
  }
  const std::shared_ptr<Segment> segment = *opened;
  ReadEverything(segment);
  const TextIndexConfig config;
  for (const char* text : {"common alpha w3", "\"common alpha\"", "w* +word -beta path:*.c"}) {
    const Query query = ParseQuery(text);
    ATTUNE_CHECK(RunSearch({segment}, {query, {}, {}, config}, attune::SystemClock()).ok(), "a search ends well");
  }
  if (segment->passages() <= 1000) {
    SegmentMerge merge({segment});
    ATTUNE_CHECK(merge.bytes() > 0, "a merge can be begun");
  }
  return 0;
}
