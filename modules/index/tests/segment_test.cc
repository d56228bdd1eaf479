// The image of a segment: what was added is found, and no damage goes unnoticed or does harm.
#include "segment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "attune/base/hash.h"
#include "posting_cursor.h"
#include "segment_builder.h"
#include "segment_merge.h"

namespace attune::index {
namespace {

using ::testing::ElementsAre;

std::string Image(std::uint64_t generation = 1, std::uint64_t first_id = 0, std::size_t passages = 300) {
  SegmentBuilder builder;
  std::mt19937 random(static_cast<unsigned>(first_id));
  for (std::size_t i = 0; i < passages; ++i) {
    std::string body = "common number" + std::to_string(i) + " alpha beta";
    for (std::size_t w = random() % 40; w > 0; --w) {
      body += " w" + std::to_string(random() % 50) + " clkernelargument" + std::to_string(random() % 200);
    }
    const std::string path = "src/file" + std::to_string(i / 10) + ".cc";
    builder.Add({.id = first_id + i * 3,
                 .source = "home",
                 .path = path,
                 .language = "cpp",
                 .line_begin = static_cast<std::uint32_t>(i),
                 .symbol = "Function" + std::to_string(i % 7),
                 .body = body,
                 .prose = i % 2 == 0});
  }
  return builder.Build(generation);
}

std::shared_ptr<Segment> Open(std::string image) {
  auto segment = Segment::FromImage(std::move(image), Segment::Origin::kForeign);
  EXPECT_TRUE(segment.ok());
  return *std::move(segment);
}

std::vector<std::uint32_t> Docs(const Segment& segment, Field field, std::string_view term) {
  std::vector<std::uint32_t> docs;
  if (const auto info = segment.Find(field, term)) {
    PostingCursor cursor(segment, *info);
    for (std::uint32_t doc = cursor.NextDoc(0); doc != PostingCursor::kNoDoc; doc = cursor.NextDoc(doc + 1)) {
      docs.push_back(doc);
    }
    EXPECT_EQ(docs.size(), info->passages);
  }
  return docs;
}

TEST(Segment, EveryPassageIsFoundByIdAndByItsTerms) {
  const auto segment = Open(Image());
  ASSERT_EQ(segment->passages(), 300U);
  for (std::uint32_t doc = 0; doc < 300; ++doc) {
    EXPECT_EQ(segment->FindId(doc * 3), doc);
    EXPECT_EQ(segment->FindId(doc * 3 + 1), std::nullopt);
    EXPECT_THAT(Docs(*segment, Field::kBody, "number" + std::to_string(doc)), ElementsAre(doc));
    EXPECT_EQ(segment->text(Section::kPaths, segment->row(doc).path), "src/file" + std::to_string(doc / 10) + ".cc");
  }
  EXPECT_EQ(Docs(*segment, Field::kBody, "common").size(), 300U);
  EXPECT_EQ(Docs(*segment, Field::kStem, "common").size(), 150U);
  EXPECT_EQ(Docs(*segment, Field::kSymbol, "function3").size(), 43U);
  EXPECT_EQ(Docs(*segment, Field::kPath, "src").size(), 300U);
  EXPECT_EQ(segment->Find(Field::kBody, "absent"), std::nullopt);
  EXPECT_EQ(segment->Find(Field::kBody, ""), std::nullopt);
  EXPECT_EQ(segment->Find(Field::kSymbol, "zzzz"), std::nullopt);
}

TEST(Segment, TermsAreWalkedInOrderAndEachIsFound) {
  const auto segment = Open(Image());
  for (std::size_t f = 0; f < kFields; ++f) {
    const auto field = static_cast<Field>(f);
    std::string before;
    std::uint64_t count = 0;
    for (TermCursor cursor(*segment, field); !cursor.done(); cursor.Next(), ++count) {
      ASSERT_LT(before, cursor.term());
      before = cursor.term();
      const auto info = segment->Find(field, before);
      ASSERT_TRUE(info.has_value()) << before;
      ASSERT_EQ(info->offset, cursor.info().offset);
      ASSERT_FALSE(segment->Find(field, before + "!").has_value());
    }
    EXPECT_EQ(count, segment->terms(field));
  }
}

TEST(Segment, SkippingGivesWhatWalkingGives) {
  const auto segment = Open(Image());
  const auto info = segment->Find(Field::kBody, "w7");
  ASSERT_TRUE(info.has_value());
  const std::vector<std::uint32_t> docs = Docs(*segment, Field::kBody, "w7");
  for (std::uint32_t step = 1; step < 60; ++step) {
    PostingCursor cursor(*segment, *info);
    for (std::uint32_t doc = 0; doc < segment->passages(); doc += step) {
      ASSERT_EQ(cursor.Seek(doc), std::binary_search(docs.begin(), docs.end(), doc)) << doc << " by " << step;
    }
  }
}

TEST(Segment, EveryFlippedByteIsReported) {
  const std::string image = Image(1, 0, 20);
  for (std::size_t i = 0; i < image.size(); ++i) {
    std::string damaged = image;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    const auto segment = Segment::FromImage(damaged, Segment::Origin::kForeign);
    if (segment.ok()) {
      // Only the zeros between sections are covered by no checksum; they are never read.
      bool inside = i < sizeof(SegmentHeader);
      const auto header = LoadAt<SegmentHeader>(image.data());
      for (const SectionEntry& section : header.sections) {
        inside = inside || (i >= section.offset && i < section.offset + section.size);
      }
      EXPECT_FALSE(inside) << "byte " << i;
    } else {
      EXPECT_EQ(segment.error().code(), ErrorCode::kCorruption);
    }
  }
}

TEST(Segment, EveryTruncationIsReported) {
  const std::string image = Image(1, 0, 20);
  const auto header = LoadAt<SegmentHeader>(image.data());
  std::vector<std::size_t> cuts = {0, 1, 7, 8, sizeof(SegmentHeader) - 1, sizeof(SegmentHeader), image.size() - 1};
  for (const SectionEntry& section : header.sections) {
    cuts.insert(cuts.end(), {section.offset, section.offset + section.size, section.offset + section.size / 2});
  }
  for (const std::size_t cut : cuts) {
    if (cut < image.size()) {
      const auto segment = Segment::FromImage(image.substr(0, cut), Segment::Origin::kForeign);
      ASSERT_FALSE(segment.ok()) << cut;
      EXPECT_EQ(segment.error().code(), ErrorCode::kCorruption);
    }
  }
}

TEST(Segment, AnotherVersionIsReportedByNumber) {
  std::string image = Image(1, 0, 2);
  auto header = LoadAt<SegmentHeader>(image.data());
  header.version = 99;
  header.crc = Crc32c({reinterpret_cast<const char*>(&header), sizeof header - 4});
  std::memcpy(image.data(), &header, sizeof header);
  const auto segment = Segment::FromImage(image, Segment::Origin::kForeign);
  ASSERT_FALSE(segment.ok());
  EXPECT_THAT(segment.error().message(), ::testing::HasSubstr("version 99"));
}

TEST(SegmentBuilder, APassageTakenBackLeavesNoTrace) {
  const auto build = [](bool with_extra) {
    SegmentBuilder builder;
    if (with_extra) {
      builder.Add({.id = 1, .path = "p", .body = "old unique"});
    }
    builder.Add({.id = 2, .path = "p", .symbol = "s", .body = "kept words words", .prose = true});
    if (with_extra) {
      builder.Add({.id = 3, .path = "p", .body = "gone"});
      EXPECT_TRUE(builder.Remove(3));
      EXPECT_FALSE(builder.Remove(3));
      builder.Add({.id = 1, .path = "p", .body = "never"});
      EXPECT_TRUE(builder.Remove(1));
    }
    EXPECT_EQ(builder.passages(), 1U);
    return builder.Build(5);
  };
  EXPECT_EQ(build(true), build(false));
}

TEST(SegmentMerge, InSmallStepsEqualsBuildingAtOnce) {
  SegmentBuilder all;
  Segments parts;
  for (std::uint64_t part = 0; part < 4; ++part) {
    SegmentBuilder builder;
    for (std::uint64_t i = 0; i < 150; ++i) {
      const std::string body = "shared word" + std::to_string(i % 17) + " only" + std::to_string(part) + " shared";
      const Passage passage{.id = part * 1000 + i, .path = "a/b.cc", .symbol = "Sym", .body = body, .prose = true};
      builder.Add(passage);
      all.Add(passage);
    }
    parts.push_back(Open(builder.Build(part + 1)));
  }
  SegmentMerge merge(parts);
  std::size_t steps = 0;
  for (; !merge.done(); ++steps) {
    merge.Step(200);
  }
  EXPECT_GT(steps, 10U);
  EXPECT_EQ(merge.TakeImage(), all.Build(4));
}

TEST(SegmentMerge, LeavesOutDeletedPassagesAndCarriesLaterDeletes) {
  const auto first = Open(Image(1, 0, 100));
  const auto second = Open(Image(2, 1, 100));
  first->Delete(10);
  SegmentMerge merge({first, second});
  second->Delete(20);
  while (!merge.done()) {
    merge.Step(1000);
  }
  const auto merged = Open(merge.TakeImage());
  merge.CarryDeletes(*merged);
  EXPECT_EQ(merged->passages(), 199U);
  EXPECT_EQ(merged->generation(), 2U);
  EXPECT_EQ(merged->FindId(30), std::nullopt);
  EXPECT_EQ(merged->deleted_count(), 1U);
  EXPECT_TRUE(merged->deleted(*merged->FindId(61)));
}

TEST(SegmentMerge, OfNothingButDeletedPassagesIsEmpty) {
  const auto segment = Open(Image(1, 0, 3));
  for (std::uint32_t doc = 0; doc < 3; ++doc) {
    segment->Delete(doc);
  }
  SegmentMerge merge({segment});
  while (!merge.done()) {
    merge.Step(1);
  }
  EXPECT_EQ(merge.TakeImage(), "");
}

}  // namespace
}  // namespace attune::index
