// TextIndex against its slow twin: the same hits with the same scores, whatever the query, the filters, the deletions
// and the way the passages are spread over segments.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "attune/index/text_index.h"
#include "attune/sys/in_memory_file_system.h"
#include "twin.h"

namespace attune::index {
namespace {

using twin::Document;

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t Below(std::size_t n) { return engine_() % n; }
  bool OneIn(std::size_t n) { return Below(n) == 0; }
  template <typename T>
  const T& Pick(const std::vector<T>& values) {
    return values[Below(values.size())];
  }

 private:
  std::mt19937_64 engine_;
};

// Few words, so that they meet; frequencies fall off as in real text.
const std::vector<std::string>& Vocabulary() {
  static const std::vector<std::string> words = [] {
    std::vector<std::string> result = {"the",
                                       "parse",
                                       "parser",
                                       "parsing",
                                       "parseHttpRequest",
                                       "parse_http_request",
                                       "HTTPServer",
                                       "http",
                                       "request",
                                       "requests",
                                       "x86_64",
                                       "utf8",
                                       "os",
                                       "naïve",
                                       "Straße",
                                       "日本語",
                                       "std::map",
                                       "value",
                                       "values",
                                       "size_t",
                                       "README",
                                       "redisCommand",
                                       "a",
                                       "b"};
    for (int i = 0; i < 60; ++i) {
      result.push_back("word" + std::string(1, static_cast<char>('a' + i % 26)) +
                       std::string(static_cast<std::size_t>(i / 26), 'q'));
    }
    return result;
  }();
  return words;
}

std::string Text(Random& random, std::size_t words) {
  std::string text;
  for (std::size_t i = 0; i < words; ++i) {
    const std::size_t limit = 1 + random.Below(Vocabulary().size());
    text += Vocabulary()[random.Below(limit)];
    text += random.OneIn(8) ? "\n" : random.OneIn(6) ? ", " : " ";
  }
  return text;
}

Document MakeDocument(Random& random, std::uint64_t id) {
  Document document;
  document.id = id;
  document.source = random.Pick<std::string>({"home", "work"});
  document.language = random.Pick<std::string>({"cpp", "python", "markdown"});
  document.role = random.Pick<std::string>({"", "user", "assistant"});
  document.path = random.Pick<std::string>({"src/", "docs/", "src/net/", ""}) + random.Pick(Vocabulary()) +
                  random.Pick<std::string>({".cc", ".h", ".md"});
  document.kind = static_cast<std::uint8_t>(random.Below(3));
  document.time_ms = static_cast<std::int64_t>(random.Below(1000));
  document.symbol = random.OneIn(3) ? "" : random.Pick(Vocabulary());
  document.prose = random.OneIn(2);
  document.body = Text(random, random.OneIn(20) ? 0 : random.Below(random.OneIn(10) ? 300 : 30));
  return document;
}

std::string MakeQuery(Random& random) {
  std::string query;
  const std::size_t clauses = 1 + random.Below(4);
  for (std::size_t i = 0; i < clauses; ++i) {
    query += random.OneIn(6) ? "+" : random.OneIn(8) ? "-" : "";
    query += random.OneIn(6) ? random.Pick<std::string>({"symbol:", "path:", "body:"}) : "";
    if (random.OneIn(5)) {
      query += "\"" + random.Pick(Vocabulary()) + " " + random.Pick(Vocabulary()) + "\"";
    } else if (random.OneIn(6)) {
      query += random.Pick(Vocabulary()).substr(0, 1 + random.Below(4)) + "*";
    } else {
      query += Vocabulary()[random.Below(1 + random.Below(Vocabulary().size()))];
    }
    query += " ";
  }
  query += random.OneIn(8) ? "lang:cpp " : "";
  query += random.OneIn(8) ? "path:src/* " : "";
  query += random.OneIn(10) ? "kind:1 " : "";
  query += random.OneIn(10) ? "role:user source:home " : "";
  return query;
}

class SearchTwin : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  void Open(const TextIndexConfig& config) {
    config_ = config;
    auto index = TextIndex::Open(files_, clock_, "/index", config);
    ASSERT_TRUE(index.ok()) << index.error().message();
    index_ = *std::move(index);
  }

  void Add(const Document& document) {
    ASSERT_TRUE(index_->Add(document.AsPassage()).ok());
    documents_.push_back(document);
  }

  void ExpectSameHits(Random& random, int queries) {
    const twin::Index slow(documents_, config_);
    for (int i = 0; i < queries; ++i) {
      const std::string text = MakeQuery(random);
      const Query query = ParseQuery(text);
      Filters filters;
      if (random.OneIn(6)) {
        filters.after_ms = static_cast<std::int64_t>(random.Below(800));
      }
      const std::size_t limit = random.OneIn(3) ? 1 + random.Below(100) : 10;
      const auto fast = index_->Search(query, filters, {.limit = limit});
      ASSERT_TRUE(fast.ok()) << fast.error().message();
      const auto expected = slow.Search(query, filters, limit);
      ASSERT_EQ(fast->hits.size(), expected.size()) << text << " seed " << GetParam();
      for (std::size_t h = 0; h < expected.size(); ++h) {
        const Hit& hit = fast->hits[h];
        ASSERT_EQ(hit.id, expected[h].id) << text << " at " << h << " seed " << GetParam();
        const auto value = [](std::uint64_t units) { return static_cast<float>(static_cast<double>(units) / 16384.0); };
        ASSERT_EQ(hit.score, value(expected[h].units)) << text;
        ASSERT_EQ(hit.parts.body, value(expected[h].parts[0])) << text;
        ASSERT_EQ(hit.parts.stem, value(expected[h].parts[1])) << text;
        ASSERT_EQ(hit.parts.symbol, value(expected[h].parts[2])) << text;
        ASSERT_EQ(hit.parts.path, value(expected[h].parts[3])) << text;
      }
      if (expected.size() < limit) {
        EXPECT_TRUE(fast->matched_exact);
        EXPECT_EQ(fast->matched, expected.size());
      }
    }
  }

  ManualClock clock_;
  sys::InMemoryFileSystem files_{clock_};
  TextIndexConfig config_;
  std::unique_ptr<TextIndex> index_;
  std::vector<Document> documents_;
};

TEST_P(SearchTwin, OneSegmentGivesTheSameHits) {
  Random random(GetParam());
  Open({});
  for (std::uint64_t id = 0; id < 400; ++id) {
    Add(MakeDocument(random, id * 7919 % 1000003));
  }
  ASSERT_TRUE(index_->Publish().ok());
  ExpectSameHits(random, 60);
}

TEST_P(SearchTwin, HowPassagesAreSpreadOverSegmentsDoesNotShow) {
  Random random(GetParam());
  Open({.merge_fanout = 3});
  for (std::uint64_t id = 0; id < 500; ++id) {
    Add(MakeDocument(random, id * 7919 % 1000003));
    if (random.OneIn(40)) {
      ASSERT_TRUE(index_->Publish().ok());
    }
    if (random.OneIn(100)) {
      ASSERT_TRUE(index_->Maintain(2_KiB).ok());
    }
  }
  ASSERT_TRUE(index_->Publish().ok());
  ASSERT_GT(index_->statistics().segments, 1U);
  ExpectSameHits(random, 30);
  for (bool more = true; more;) {
    const auto report = index_->Maintain(4_KiB);
    ASSERT_TRUE(report.ok());
    more = report->more;
  }
  ExpectSameHits(random, 15);
  ASSERT_TRUE(index_->Flush().ok());
  ASSERT_EQ(index_->statistics().segments_on_disk, index_->statistics().segments);
  ExpectSameHits(random, 15);
  index_ = nullptr;
  Open(config_);
  EXPECT_TRUE(index_->problems().empty());
  ExpectSameHits(random, 15);
}

TEST_P(SearchTwin, DeletedPassagesAreNeverHits) {
  Random random(GetParam());
  Open({});
  for (std::uint64_t id = 0; id < 300; ++id) {
    Add(MakeDocument(random, id * 31));
    if (id % 100 == 99) {
      ASSERT_TRUE(index_->Publish().ok());
    }
  }
  for (Document& document : documents_) {
    if (random.OneIn(3)) {
      index_->Remove(document.id);
      document.deleted = true;
    }
  }
  ExpectSameHits(random, 40);
  ASSERT_TRUE(index_->Flush().ok());  // merges the deleted ones away, statistics included
  std::erase_if(documents_, [](const Document& document) { return document.deleted; });
  ASSERT_EQ(index_->statistics().passages_stored, documents_.size());
  ExpectSameHits(random, 40);
}

TEST_P(SearchTwin, LongListsGiveTheSameHits) {
  Random random(GetParam());
  Open({});
  for (std::uint64_t id = 0; id < 3000; ++id) {
    Document document = MakeDocument(random, id);
    document.body.resize(std::min<std::size_t>(document.body.size(), 60));
    Add(document);
  }
  ASSERT_TRUE(index_->Flush().ok());
  ExpectSameHits(random, 12);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SearchTwin, ::testing::Range<std::uint64_t>(1, 5));

}  // namespace
}  // namespace attune::index
