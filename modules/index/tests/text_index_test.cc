#include "attune/index/text_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "attune/sys/faulty_file_system.h"
#include "attune/sys/in_memory_file_system.h"

namespace attune::index {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Runs out of time after a number of looks at it.
class CountdownClock final : public Clock {
 public:
  explicit CountdownClock(int looks) : left_(looks) {}
  TimePoint Now() const noexcept override { return left_-- > 0 ? TimePoint() : TimePoint() + std::chrono::hours(1); }
  WallTime WallNow() const noexcept override { return WallTime(); }

 private:
  mutable std::atomic<int> left_;
};

class TextIndexTest : public ::testing::Test {
 protected:
  void SetUp() override { Open({}); }

  void Open(const TextIndexConfig& config) {
    index_ = nullptr;
    auto index = TextIndex::Open(files_, clock_, "/data/text", config);
    ASSERT_TRUE(index.ok()) << index.error().message();
    index_ = *std::move(index);
  }
  void Add(std::uint64_t id, std::string_view body) { ASSERT_TRUE(index_->Add({.id = id, .body = body}).ok()); }
  void AddAndPublish(std::uint64_t id, std::string_view body) {
    Add(id, body);
    ASSERT_TRUE(index_->Publish().ok());
  }
  TopK Search(std::string_view query, const Filters& filters = {}) {
    auto top = index_->Search(ParseQuery(query), filters, {});
    EXPECT_TRUE(top.ok()) << top.error().message();
    return top.ok() ? *std::move(top) : TopK();
  }
  std::vector<std::uint64_t> Ids(std::string_view query, const Filters& filters = {}) {
    std::vector<std::uint64_t> ids;
    for (const Hit& hit : Search(query, filters).hits) {
      ids.push_back(hit.id);
    }
    return ids;
  }
  std::vector<std::string> SegmentFiles() {
    std::vector<std::string> names;
    const auto entries = disk_.List("/data/text");
    for (const auto& entry : *entries) {
      if (entry.name.ends_with(".seg")) {
        names.push_back("/data/text/" + entry.name);
      }
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  void MaintainToTheEnd(Bytes budget) {
    for (bool more = true; more;) {
      const auto report = index_->Maintain(budget);
      ASSERT_TRUE(report.ok()) << report.error().message();
      more = report->more;
    }
  }

  ManualClock clock_;
  sys::InMemoryFileSystem disk_{clock_};
  sys::FaultyFileSystem files_{disk_};
  std::unique_ptr<TextIndex> index_;
};

TEST_F(TextIndexTest, AnEmptyIndexHasNoHits) {
  EXPECT_THAT(Ids("anything"), IsEmpty());
  EXPECT_THAT(Ids("lang:cpp"), IsEmpty());
  EXPECT_THAT(Ids(""), IsEmpty());
  EXPECT_EQ(index_->statistics().segments, 0U);
}

TEST_F(TextIndexTest, APublishedPassageIsFoundWithEverythingItWasGiven) {
  ASSERT_TRUE(index_
                  ->Add({.id = 7,
                         .source = "home",
                         .path = "net/http.cc",
                         .language = "cpp",
                         .role = "user",
                         .kind = 3,
                         .time_ms = 99,
                         .line_begin = 10,
                         .line_end = 20,
                         .symbol = "ParseRequest",
                         .body = "void ParseRequest();"})
                  .ok());
  EXPECT_THAT(Ids("parse"), IsEmpty()) << "not published";
  EXPECT_EQ(index_->statistics().passages_buffered, 1U);
  ASSERT_TRUE(index_->Publish().ok());
  const TopK top = Search("parse");
  ASSERT_THAT(top.hits, SizeIs(1));
  const Hit& hit = top.hits[0];
  EXPECT_EQ(hit.id, 7U);
  EXPECT_EQ(hit.path, "net/http.cc");
  EXPECT_EQ(hit.source, "home");
  EXPECT_EQ(hit.language, "cpp");
  EXPECT_EQ(hit.role, "user");
  EXPECT_EQ(hit.kind, 3);
  EXPECT_EQ(hit.time_ms, 99);
  EXPECT_EQ(hit.line_begin, 10U);
  EXPECT_EQ(hit.line_end, 20U);
  EXPECT_GT(hit.parts.body, 0.0F);
  EXPECT_GT(hit.parts.symbol, 0.0F);
  EXPECT_EQ(hit.parts.path, 0.0F);
  EXPECT_NEAR(hit.score, hit.parts.body + hit.parts.symbol, 1e-4);
  EXPECT_TRUE(top.matched_exact);
  EXPECT_EQ(top.matched, 1U);
  EXPECT_THAT(Ids("http"), ElementsAre(7)) << "by its path";
}

TEST_F(TextIndexTest, CompoundWordsFindThemselvesAndTheirParts) {
  Add(1, "int parseHttpRequest(int fd);");
  Add(2, "int parse_http_request(int fd);");
  Add(3, "the http request is parsed");
  ASSERT_TRUE(index_->Publish().ok());
  EXPECT_THAT(Ids("+parseHttpRequest"), ElementsAre(1, 2));
  EXPECT_THAT(Ids("\"http request\""), ::testing::UnorderedElementsAre(1, 2, 3));
  EXPECT_THAT(Ids("\"parse http\""), ElementsAre(1, 2));
  EXPECT_THAT(Ids("parse_ht*"), ElementsAre(1, 2));
}

TEST_F(TextIndexTest, StemsAreForProseOnly) {
  ASSERT_TRUE(index_->Add({.id = 1, .body = "running shoes", .prose = true}).ok());
  ASSERT_TRUE(index_->Add({.id = 2, .body = "running shoes", .prose = false}).ok());
  ASSERT_TRUE(index_->Publish().ok());
  EXPECT_THAT(Ids("runs"), ElementsAre(1));
  EXPECT_THAT(Ids("running"), ElementsAre(1, 2)) << "the stem adds to the word";
  EXPECT_THAT(Ids("shoes -runs"), ElementsAre(1, 2)) << "an exclusion means the word as it stands";
}

TEST_F(TextIndexTest, RequiredAndExcludedWordsAreConditions) {
  Add(1, "apple banana");
  Add(2, "apple cherry");
  Add(3, "cherry");
  ASSERT_TRUE(index_->Publish().ok());
  EXPECT_THAT(Ids("+apple cherry"), ElementsAre(2, 1));
  EXPECT_THAT(Ids("apple -cherry"), ElementsAre(1));
  EXPECT_THAT(Ids("-cherry"), ElementsAre(1)) << "everything else";
  EXPECT_THAT(Ids("+apple +durian"), IsEmpty());
  EXPECT_THAT(Ids("+\"apple cherry\""), ElementsAre(2));
  EXPECT_THAT(Ids("+ch* -banana"), ElementsAre(3, 2));
}

TEST_F(TextIndexTest, FiltersAloneListTheirPassagesById) {
  ASSERT_TRUE(index_->Add({.id = 9, .path = "a/x.h", .language = "C", .time_ms = 5, .body = "b"}).ok());
  ASSERT_TRUE(index_->Add({.id = 4, .path = "a/b/y.h", .language = "cpp", .time_ms = 6, .body = "b"}).ok());
  ASSERT_TRUE(index_->Publish().ok());
  EXPECT_THAT(Ids("path:*.h"), ElementsAre(4, 9));
  EXPECT_THAT(Ids("lang:c"), ElementsAre(9)) << "without regard to case";
  EXPECT_THAT(Ids("b path:b/*"), ElementsAre(4));
  EXPECT_THAT(Ids("b", {.after_ms = 6}), ElementsAre(4));
  EXPECT_THAT(Ids("b", {.before_ms = 6}), ElementsAre(9));
  EXPECT_THAT(Ids("b lang:c", {.languages = {"cpp"}}), IsEmpty()) << "both must hold";
  EXPECT_THAT(Ids("b", {.kinds = {1}}), IsEmpty());
}

TEST_F(TextIndexTest, ARemovedPassageIsInNoLaterSearch) {
  AddAndPublish(1, "word");
  Add(2, "word");
  index_->Remove(1);
  index_->Remove(2);
  index_->Remove(3);
  ASSERT_TRUE(index_->Publish().ok());
  EXPECT_THAT(Ids("word"), IsEmpty());
  EXPECT_FALSE(index_->Contains(1));
  EXPECT_EQ(index_->statistics().passages_stored, 1U);
  EXPECT_EQ(index_->statistics().passages_live, 0U);
}

TEST_F(TextIndexTest, TheVersionChangesWithWhatASearchCanAnswerAndOnlyThen) {
  const std::uint64_t empty = index_->version();
  Add(1, "alpha");
  EXPECT_EQ(index_->version(), empty) << "not searchable yet";
  ASSERT_TRUE(index_->Publish().ok());
  const std::uint64_t published = index_->version();
  EXPECT_NE(published, empty);
  ASSERT_TRUE(index_->Publish().ok());
  index_->Remove(99);
  ASSERT_TRUE(index_->Flush().ok());
  EXPECT_EQ(index_->version(), published) << "nothing new, nobody of that id, another place for the same";
  index_->Remove(1);
  const std::uint64_t removed = index_->version();
  EXPECT_NE(removed, published);
  AddAndPublish(2, "beta");
  ASSERT_TRUE(index_->Reconcile({}).ok());
  EXPECT_NE(index_->version(), removed);
}

TEST_F(TextIndexTest, AddingAnIdAgainReplacesThePassageAtPublish) {
  AddAndPublish(1, "first");
  Add(1, "second");
  EXPECT_THAT(Ids("first"), ElementsAre(1));
  ASSERT_TRUE(index_->Publish().ok());
  EXPECT_THAT(Ids("first"), IsEmpty());
  EXPECT_THAT(Ids("second"), ElementsAre(1));
  Add(1, "third");
  Add(1, "fourth");
  ASSERT_TRUE(index_->Publish().ok());
  EXPECT_THAT(Ids("third"), IsEmpty());
  EXPECT_THAT(Ids("fourth"), ElementsAre(1));
}

TEST_F(TextIndexTest, ManyPublishesStayFewSegments) {
  for (std::uint64_t id = 0; id < 200; ++id) {
    AddAndPublish(id, "word number" + std::to_string(id));
    ASSERT_LE(index_->statistics().segments, 30U);
  }
  EXPECT_EQ(index_->statistics().passages_live, 200U);
  MaintainToTheEnd(1_KiB);
  EXPECT_LE(index_->statistics().segments, 8U);
  EXPECT_EQ(Ids("+number150"), std::vector<std::uint64_t>{150});
}

TEST_F(TextIndexTest, MaintainRewritesSegmentsWithManyDeletedPassages) {
  for (std::uint64_t id = 0; id < 10; ++id) {
    Add(id, "word");
  }
  ASSERT_TRUE(index_->Flush().ok());
  for (std::uint64_t id = 0; id < 4; ++id) {
    index_->Remove(id);
  }
  MaintainToTheEnd(1_MiB);
  EXPECT_EQ(index_->statistics().passages_stored, 6U);
  EXPECT_EQ(index_->statistics().segments_on_disk, 1U) << "what came from disk stays on disk";
  EXPECT_THAT(SegmentFiles(), SizeIs(1));
  EXPECT_THAT(Ids("word"), SizeIs(6));
}

TEST_F(TextIndexTest, RemovalsAndAdditionsDuringAMergeAreKept) {
  Open({.merge_fanout = 2});
  for (std::uint64_t id = 0; id < 4; ++id) {
    AddAndPublish(id, "word w" + std::to_string(id));
  }
  ASSERT_TRUE(index_->Maintain(1_B)->more);
  index_->Remove(1);
  AddAndPublish(2, "replaced");
  AddAndPublish(9, "word");
  MaintainToTheEnd(1_B);
  EXPECT_THAT(Ids("word"), ::testing::UnorderedElementsAre(0, 3, 9));
  EXPECT_THAT(Ids("replaced"), ElementsAre(2));
}

TEST_F(TextIndexTest, WhatWasFlushedIsThereAfterReopening) {
  for (std::uint64_t id = 0; id < 50; ++id) {
    Add(id, "word number" + std::to_string(id));
  }
  ASSERT_TRUE(index_->Flush().ok());
  AddAndPublish(50, "lost");
  Open({});
  EXPECT_THAT(index_->problems(), IsEmpty());
  EXPECT_EQ(index_->statistics().passages_live, 50U);
  EXPECT_THAT(Ids("+number49"), ElementsAre(49));
  EXPECT_THAT(Ids("lost"), IsEmpty()) << "only published, never flushed";
  ASSERT_TRUE(index_->Add({.id = 3, .body = "new"}).ok());
  ASSERT_TRUE(index_->Flush().ok());
  Open({});
  EXPECT_THAT(Ids("+number3"), IsEmpty()) << "the newer segment wins";
  EXPECT_THAT(Ids("new"), ElementsAre(3));
  EXPECT_EQ(index_->statistics().passages_live, 50U);
}

TEST_F(TextIndexTest, APowerCutLeavesTheFlushedState) {
  AddAndPublish(1, "one");
  ASSERT_TRUE(index_->Flush().ok());
  AddAndPublish(2, "two");
  disk_.DropUnsynced();
  Open({});
  EXPECT_THAT(index_->problems(), IsEmpty());
  EXPECT_THAT(Ids("one two"), ElementsAre(1));
}

TEST_F(TextIndexTest, ReconcileDeletesStrangersAndNamesTheMissing) {
  for (const std::uint64_t id : {5U, 1U, 9U, 7U}) {
    AddAndPublish(id, "word");
  }
  Add(11, "word");
  const std::vector<std::uint64_t> live = {1, 2, 7, 11, 12};
  const auto missing = index_->Reconcile(live);
  ASSERT_TRUE(missing.ok());
  EXPECT_THAT(*missing, ElementsAre(2, 12));
  EXPECT_THAT(Ids("word"), ElementsAre(1, 7, 11));
  const std::vector<std::uint64_t> unsorted = {2, 1};
  EXPECT_EQ(index_->Reconcile(unsorted).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(*index_->Reconcile({}), IsEmpty());
  EXPECT_THAT(Ids("word"), IsEmpty());
}

TEST_F(TextIndexTest, ADamagedSegmentIsReportedRemovedAndItsPassagesAreMissing) {
  Add(1, "one");
  ASSERT_TRUE(index_->Flush().ok());
  Add(2, "two");
  ASSERT_TRUE(index_->Flush().ok());
  const std::vector<std::string> names = SegmentFiles();
  ASSERT_THAT(names, SizeIs(2));
  std::string bytes = *disk_.Read(names[0], 1_MiB);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  ASSERT_TRUE(disk_.WriteAtomically(names[0], bytes).ok());
  Open({});
  ASSERT_THAT(index_->problems(), SizeIs(1));
  EXPECT_THAT(index_->problems()[0], HasSubstr(names[0]));
  EXPECT_THAT(SegmentFiles(), ElementsAre(names[1]));
  EXPECT_THAT(*index_->Reconcile(std::vector<std::uint64_t>{1, 2}), ElementsAre(1));
  EXPECT_THAT(Ids("one two"), ElementsAre(2));
}

TEST_F(TextIndexTest, ATornOrMissingOrEmptySegmentIsReported) {
  Add(1, "one");
  ASSERT_TRUE(index_->Flush().ok());
  const std::string name = SegmentFiles().at(0);
  const std::string whole = *disk_.Read(name, 1_MiB);
  const std::string manifest = *disk_.Read("/data/text/manifest", 1_MiB);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, whole.size() - 1}) {
    ASSERT_TRUE(disk_.WriteAtomically(name, whole.substr(0, size)).ok());
    Open({});
    EXPECT_THAT(index_->problems(), SizeIs(1)) << size;
    EXPECT_THAT(Ids("one"), IsEmpty());
    EXPECT_THAT(SegmentFiles(), IsEmpty());
    Open({});
    EXPECT_THAT(index_->problems(), IsEmpty()) << "told once";
    Add(1, "one");
    ASSERT_TRUE(index_->Flush().ok());
    ASSERT_TRUE(disk_.Remove(SegmentFiles().at(0)).ok());
    Open({});
    EXPECT_THAT(index_->problems(), SizeIs(1)) << "named by the manifest and not there";
    ASSERT_TRUE(disk_.WriteAtomically(name, whole).ok());
    ASSERT_TRUE(disk_.WriteAtomically("/data/text/manifest", manifest).ok());
  }
}

TEST_F(TextIndexTest, WithoutAManifestAllSegmentsCountAndTheNewestWins) {
  Add(1, "old");
  ASSERT_TRUE(index_->Flush().ok());
  Add(1, "new");
  ASSERT_TRUE(index_->Flush().ok());
  for (const std::string& damage : {std::string("nonsense"), std::string()}) {
    ASSERT_TRUE(disk_.WriteAtomically("/data/text/manifest", damage).ok());
    Open({});
    ASSERT_THAT(index_->problems(), SizeIs(1));
    EXPECT_THAT(index_->problems()[0], HasSubstr("manifest"));
    EXPECT_THAT(Ids("old"), IsEmpty());
    EXPECT_THAT(Ids("new"), ElementsAre(1));
  }
}

TEST_F(TextIndexTest, AHalfFinishedMergeLeavesNoDuplicates) {
  Open({.merge_fanout = 2});
  Add(1, "one");
  ASSERT_TRUE(index_->Flush().ok());
  Add(2, "two");
  ASSERT_TRUE(index_->Flush().ok());
  files_.FailNext(sys::FileOperation::kWrite, sys::IoError("/data/text/manifest"), 1);  // after the merged segment
  EXPECT_FALSE(index_->Maintain(1_MiB).ok());
  EXPECT_THAT(Ids("one two"), ElementsAre(1, 2));
  EXPECT_THAT(SegmentFiles(), SizeIs(3)) << "a crash now leaves inputs and result";
  Open({});
  EXPECT_THAT(index_->problems(), SizeIs(1));
  EXPECT_THAT(Ids("one two"), ElementsAre(1, 2));
  EXPECT_EQ(index_->statistics().passages_live, 2U);
  EXPECT_THAT(SegmentFiles(), SizeIs(2));
}

TEST_F(TextIndexTest, AFullDiskLosesNothingThatIsSearchable) {
  AddAndPublish(1, "one");
  files_.FailAlways(sys::FileOperation::kWrite, sys::DiskFullError("/data"));
  Add(2, "two");
  EXPECT_FALSE(index_->Flush().ok());
  EXPECT_THAT(Ids("one two"), ElementsAre(1, 2));
  EXPECT_EQ(index_->statistics().segments_on_disk, 0U);
  files_.Heal();
  ASSERT_TRUE(index_->Flush().ok());
  EXPECT_GT(index_->statistics().segments_on_disk, 0U);
  Open({});
  EXPECT_THAT(Ids("one two"), ElementsAre(1, 2));
}

TEST_F(TextIndexTest, UnreadableFilesAreErrorsOfOpenNotDataLoss) {
  Add(1, "one");
  ASSERT_TRUE(index_->Flush().ok());
  index_ = nullptr;
  files_.FailNext(sys::FileOperation::kMap, sys::IoError("/data/text/x"));
  EXPECT_FALSE(TextIndex::Open(files_, clock_, "/data/text", {}).ok());
  EXPECT_THAT(SegmentFiles(), SizeIs(1)) << "an I/O error may pass; the file stays";
  Open({});
  EXPECT_THAT(Ids("one"), ElementsAre(1));
}

TEST_F(TextIndexTest, AFullBuildBufferBecomesASegmentByItself) {
  Open({.build_bytes_max = 64_KiB});
  for (std::uint64_t id = 0; id < 2000; ++id) {
    Add(id, "word number" + std::to_string(id));
    ASSERT_LE(index_->bytes(), 4_MiB);
  }
  EXPECT_GT(index_->statistics().passages_live, 1000U);
}

TEST_F(TextIndexTest, TooLargePassagesAreRefusedByName) {
  const std::string large(kBodyBytesMax.count() + 1, 'x');
  const Status status = index_->Add({.id = 77, .body = large});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(status.error().message(), HasSubstr("77"));
  EXPECT_FALSE(index_->Add({.id = 1, .path = std::string_view(large).substr(0, kNameBytesMax.count() + 1)}).ok());
  EXPECT_TRUE(index_->Add({.id = 1, .path = std::string_view(large).substr(0, kNameBytesMax.count())}).ok());
}

TEST_F(TextIndexTest, LimitsOfSearchAreChecked) {
  for (const std::size_t limit : {std::size_t{0}, kLimitMax + 1}) {
    EXPECT_EQ(index_->Search(ParseQuery("x"), {}, {.limit = limit}).error().code(), ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(index_->Search(ParseQuery("x"), {}, {.limit = kLimitMax}).ok());
}

TEST_F(TextIndexTest, ASearchOutOfTimeIsAnErrorAtEveryStage) {
  for (std::uint64_t id = 0; id < 3000; ++id) {
    Add(id, "alpha beta word" + std::to_string(id));
  }
  ASSERT_TRUE(index_->Flush().ok());
  index_ = nullptr;
  int finished = 0;
  for (int looks = 0; looks < 40; ++looks) {
    const CountdownClock clock(looks);
    auto index = TextIndex::Open(disk_, clock, "/data/text", {});
    ASSERT_TRUE(index.ok());
    const auto top = (*index)->Search(ParseQuery("alpha \"alpha beta\" word*"), {},
                                      {.limit = 1000, .deadline = TimePoint() + std::chrono::minutes(1)});
    if (top.ok()) {
      ++finished;
      EXPECT_THAT(top->hits, SizeIs(1000));
    } else {
      EXPECT_EQ(top.error().code(), ErrorCode::kDeadline);
      EXPECT_EQ(finished, 0) << "more time never hurts";
    }
  }
  EXPECT_GT(finished, 0);
}

TEST_F(TextIndexTest, DroppedTermsAndExpansionsAreNoted) {
  std::string body;
  for (int i = 0; i < 300; ++i) {
    body += "prefix" + std::string(1, static_cast<char>('a' + i % 26)) +
            std::string(1, static_cast<char>('a' + i / 26)) + " ";
  }
  AddAndPublish(1, body);
  EXPECT_THAT(Search("prefix*").notes, ElementsAre(HasSubstr("44 more were left out")));
  std::string words;
  for (int i = 0; i < 40; ++i) {
    words += "aaBb" + std::string(1, static_cast<char>('a' + i % 26)) + " ";
  }
  EXPECT_THAT(Search(words).notes, ElementsAre(HasSubstr("terms count")));
  EXPECT_THAT(Search("+++ x").notes, ElementsAre(HasSubstr("contains no word")));
}

TEST_F(TextIndexTest, WhatIsHeldMovesToDiskAndWhatIsMappedGoes) {
  std::string body;
  for (int i = 0; i < 2000; ++i) {
    body += "word" + std::to_string(i) + " ";
  }
  for (std::uint64_t id = 0; id < 20; ++id) {
    AddAndPublish(id, body);
  }
  const Bytes before = index_->bytes();
  EXPECT_EQ(index_->ReleaseMapped(before), 0_B) << "nothing is on disk yet";
  EXPECT_EQ(index_->bytes(), before);
  EXPECT_GT(index_->ReleaseHeld(), 0_B);
  EXPECT_LT(index_->bytes(), before);
  EXPECT_EQ(index_->statistics().segments_on_disk, index_->statistics().segments);
  EXPECT_THAT(Ids("word77"), SizeIs(10));
}

TEST_F(TextIndexTest, AConfigurationThatMakesNoSenseNamesItsField) {
  const auto error = [](const TextIndexConfig& config) { return Validate(config).error().message(); };
  EXPECT_THAT(error({.build_bytes_max = 1_KiB}), HasSubstr("build_bytes_max"));
  EXPECT_THAT(error({.segment_bytes_max = 1_B}), HasSubstr("segment_bytes_max"));
  EXPECT_THAT(error({.merge_fanout = 1}), HasSubstr("merge_fanout"));
  EXPECT_THAT(error({.deleted_share_max = 0}), HasSubstr("deleted_share_max"));
  EXPECT_THAT(error({.boosts = {.body = 17}}), HasSubstr("boosts"));
  EXPECT_THAT(error({.k1 = -1}), HasSubstr("k1"));
  EXPECT_THAT(error({.b = 2}), HasSubstr("b is"));
  EXPECT_TRUE(Validate({}).ok());
}

}  // namespace
}  // namespace attune::index
