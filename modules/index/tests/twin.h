#pragma once
// The slow, obvious twin of TextIndex: every passage is tokenised again for every query, nothing is skipped. It follows
// the documentation (query.h, bm25.h, README), not the code.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "attune/index/query.h"
#include "attune/index/text_index.h"
#include "length_code.h"
#include "stemmer.h"
#include "tokenizer.h"

namespace attune::index::twin {

struct Document {
  std::uint64_t id = 0;
  std::string source, path, language, role, symbol, body;
  std::uint8_t kind = 0;
  std::int64_t time_ms = 0;
  bool prose = false;
  bool deleted = false;  // stored, counted, not found

  Passage AsPassage() const {
    Passage passage;
    passage.id = id;
    passage.source = source;
    passage.path = path;
    passage.language = language;
    passage.role = role;
    passage.kind = kind;
    passage.time_ms = time_ms;
    passage.symbol = symbol;
    passage.body = body;
    passage.prose = prose;
    return passage;
  }
};

struct Term {
  std::string text;
  bool advances = true;
  std::uint32_t position = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

inline std::vector<Term> Terms(std::string_view text) {
  class Sink final : public TokenSink {
   public:
    void OnToken(const Token& token) override {
      position += token.advances ? 1U : 0U;
      terms.push_back({std::string(token.term()), token.advances, position - 1, token.begin, token.end});
    }
    std::vector<Term> terms;
    std::uint32_t position = 0;
  };
  Sink sink;
  Tokenize(text, sink);
  return sink.terms;
}

struct Scored {
  std::uint64_t id = 0;
  std::uint64_t units = 0;
  std::array<std::uint64_t, kFields> parts{};
};

// term -> positions (their number is the frequency)
using FieldTerms = std::map<std::string, std::vector<std::uint32_t>>;

class Index {
 public:
  Index(std::vector<Document> documents, const TextIndexConfig& config)
      : documents_(std::move(documents)), config_(config) {
    for (const Document& document : documents_) {
      std::array<FieldTerms, kFields> fields;
      std::uint32_t length = 0;
      for (const Term& term : Terms(document.body)) {
        fields[0][term.text].push_back(term.position);
        length += term.advances ? 1U : 0U;
        const std::string stem(stemmer_.Stem(term.text));
        if (document.prose && !stem.empty()) {
          fields[1][stem].push_back(0);
        }
      }
      for (const Term& term : Terms(document.symbol)) {
        fields[2][term.text].push_back(0);
      }
      for (const Term& term : Terms(document.path)) {
        fields[3][term.text].push_back(0);
      }
      for (std::size_t f = 0; f < kFields; ++f) {
        for (const auto& [term, positions] : fields[f]) {
          inverted_[f][term][fields_.size()] = static_cast<std::uint32_t>(positions.size());
        }
      }
      lengths_.push_back(DecodeLength(EncodeLength(length)));
      fields_.push_back(std::move(fields));
    }
    std::uint64_t positions = 0;
    for (const std::uint32_t length : lengths_) {
      positions += length;
    }
    const double mean =
        documents_.empty() ? 1.0 : static_cast<double>(positions) / static_cast<double>(documents_.size());
    mean_ = static_cast<float>(std::max(mean, 1.0));
  }

  std::vector<Scored> Search(const Query& query, const Filters& filters, std::size_t limit) const {
    lists_.clear();
    known_.clear();
    std::vector<std::pair<Clause::Need, std::vector<std::set<std::size_t>>>> conditions;
    bool asks = false;
    for (const Clause& clause : query.clauses) {
      asks = asks || clause.need != Clause::Need::kMustNot;
      auto documents = Evaluate(clause);
      if (documents) {
        conditions.emplace_back(clause.need, std::vector{*documents});
      }
    }
    std::vector<Scored> hits;
    const bool nothing = !asks && conditions.empty() && filters.empty() && query.filters.empty();
    for (std::size_t d = 0; d < documents_.size() && !nothing; ++d) {
      Scored hit;
      hit.id = documents_[d].id;
      bool matches = !asks;
      for (const List& list : lists_) {
        const auto found = list.frequencies.find(d);
        if (list.weight > 0 && found != list.frequencies.end()) {
          const std::uint64_t units = Units(list.field, list.weight, found->second, lengths_[d]);
          hit.units += units;
          hit.parts[static_cast<std::size_t>(list.field)] += units;
          matches = true;
        }
      }
      for (const auto& [need, sets] : conditions) {
        const bool holds = sets.front().contains(d);
        matches = matches && (need == Clause::Need::kShould || holds == (need == Clause::Need::kMust));
      }
      if (matches && !documents_[d].deleted && Allows(filters, documents_[d]) && Allows(query.filters, documents_[d])) {
        hits.push_back(hit);
      }
    }
    std::sort(hits.begin(), hits.end(),
              [](const Scored& a, const Scored& b) { return a.units != b.units ? a.units > b.units : a.id < b.id; });
    hits.resize(std::min(hits.size(), limit));
    return hits;
  }

 private:
  struct List {
    Field field = Field::kBody;
    float weight = 0;
    std::map<std::size_t, std::uint32_t> frequencies;  // by document
  };

  std::uint64_t Units(Field field, float weight, std::uint32_t tf, std::uint32_t length) const {
    const bool normalises = field == Field::kBody || field == Field::kStem;
    const float norm =
        normalises ? config_.k1 * (1.0F - config_.b + config_.b * static_cast<float>(length) / mean_) : config_.k1;
    const auto frequency = static_cast<float>(tf);
    return static_cast<std::uint64_t>(weight * (frequency / (frequency + norm)));
  }

  double Idf(std::size_t containing) const {
    const auto n = static_cast<double>(containing);
    return std::log(1.0 + (static_cast<double>(documents_.size()) - n + 0.5) / (n + 0.5));
  }

  float Weight(Field field, double idf) const {
    const std::array<float, kFields> boosts = {config_.boosts.body, config_.boosts.stem, config_.boosts.symbol,
                                               config_.boosts.path};
    return static_cast<float>(idf) * boosts[static_cast<std::size_t>(field)] * (config_.k1 + 1.0F) * 16384.0F;
  }

  const std::map<std::size_t, std::uint32_t>& Frequencies(Field field, const std::string& term) const {
    static const std::map<std::size_t, std::uint32_t> kNone;
    const auto& terms = inverted_[static_cast<std::size_t>(field)];
    const auto found = terms.find(term);
    return found == terms.end() ? kNone : found->second;
  }

  static std::set<std::size_t> Keys(const std::map<std::size_t, std::uint32_t>& map) {
    std::set<std::size_t> keys;
    for (const auto& [key, value] : map) {
      keys.insert(key);
    }
    return keys;
  }

  static bool Wants(const Clause& clause, Field field) {
    return !clause.field || *clause.field == field || (field == Field::kStem && *clause.field == Field::kBody);
  }

  // The documents with the word, by the clause's fields; adds its lists.
  std::set<std::size_t> Word(const Clause& clause, const std::string& term, bool stems) const {
    const bool excluded = clause.need == Clause::Need::kMustNot;
    std::set<std::size_t> documents;
    std::size_t most = 0;
    for (const Field field : {Field::kBody, Field::kSymbol, Field::kPath}) {
      most = std::max(most, Frequencies(field, term).size());
    }
    for (const Field field : {Field::kBody, Field::kSymbol, Field::kPath}) {
      if (Wants(clause, field)) {
        Add(field, term, excluded ? 0 : Weight(field, Idf(most)), documents);
      }
    }
    const std::string stem(stems && !excluded && Wants(clause, Field::kStem) ? stemmer_.Stem(term) : "");
    if (!stem.empty()) {
      Add(Field::kStem, stem, Weight(Field::kStem, Idf(Frequencies(Field::kStem, stem).size())), documents);
    }
    return documents;
  }

  void Add(Field field, const std::string& term, float weight, std::set<std::size_t>& documents) const {
    documents.merge(Keys(Frequencies(field, term)));
    if (known_.insert({weight > 0, field, term}).second) {
      lists_.push_back({field, weight, Frequencies(field, term)});
    }
  }

  // The documents that meet the clause; nothing if it contains no word.
  std::optional<std::set<std::size_t>> Evaluate(const Clause& clause) const {
    const std::vector<Term> terms = Terms(clause.text);
    if (terms.empty()) {
      return std::nullopt;
    }
    std::vector<std::string> parts;
    for (const Term& term : terms) {
      if (term.advances) {
        parts.push_back(term.text);
      }
    }
    if (clause.kind == Clause::Kind::kPhrase && parts.size() > 1 && Wants(clause, Field::kBody)) {
      return Phrase(clause, parts);
    }
    if (clause.kind == Clause::Kind::kPrefix) {
      return Prefix(clause, terms);
    }
    const bool word = clause.kind == Clause::Kind::kWord;
    std::set<std::size_t> whole;
    std::vector<std::set<std::size_t>> all;
    for (const Term& term : terms) {
      if (!term.advances && !word) {
        continue;
      }
      auto documents = Word(clause, term.text, word);
      if (term.advances) {
        all.push_back(std::move(documents));
      } else if (term.begin == terms.front().begin && term.end == terms.back().end) {
        whole.merge(documents);
      }
    }
    whole.merge(Intersection(all));
    return whole;
  }

  static std::set<std::size_t> Intersection(const std::vector<std::set<std::size_t>>& sets) {
    std::set<std::size_t> result = sets.front();
    for (const auto& set : sets) {
      std::erase_if(result, [&](std::size_t d) { return !set.contains(d); });
    }
    return result;
  }

  std::set<std::size_t> Phrase(const Clause& clause, const std::vector<std::string>& parts) const {
    List list;
    double idf = 0;
    for (const std::string& part : parts) {
      std::size_t most = 0;
      for (const Field field : {Field::kBody, Field::kSymbol, Field::kPath}) {
        most = std::max(most, Frequencies(field, part).size());
      }
      idf += Idf(most);
    }
    list.weight = clause.need == Clause::Need::kMustNot ? 0 : Weight(Field::kBody, idf);
    for (std::size_t d = 0; d < documents_.size(); ++d) {
      const FieldTerms& body = fields_[d][0];
      const auto first = body.find(parts.front());
      for (std::size_t i = 0; first != body.end() && i < first->second.size(); ++i) {
        bool follows = true;
        for (std::size_t p = 1; p < parts.size(); ++p) {
          const auto next = body.find(parts[p]);
          follows = follows && next != body.end() &&
                    std::find(next->second.begin(), next->second.end(), first->second[i] + p) != next->second.end();
        }
        if (follows) {
          ++list.frequencies[d];
        }
      }
    }
    auto documents = Keys(list.frequencies);
    lists_.push_back(std::move(list));
    return documents;
  }

  std::set<std::size_t> Prefix(const Clause& clause, const std::vector<Term>& terms) const {
    std::size_t last = terms.size() - 1;
    for (std::size_t i = 0; i < terms.size(); ++i) {
      if (!terms[i].advances && terms[i].end == terms.back().end) {
        last = i;
      }
    }
    std::vector<std::set<std::size_t>> all;
    for (std::size_t i = 0; i < last; ++i) {
      if (terms[i].advances && terms[i].end <= terms[last].begin) {
        all.push_back(Word(clause, terms[i].text, true));
      }
    }
    std::set<std::size_t> documents;
    std::size_t most = 0;
    std::vector<List> lists;
    for (const Field field : {Field::kBody, Field::kSymbol, Field::kPath}) {
      lists.push_back(PrefixList(field, terms[last].text));
      most = std::max(most, lists.back().frequencies.size());
    }
    for (List& list : lists) {
      if (Wants(clause, list.field)) {
        list.weight = clause.need == Clause::Need::kMustNot ? 0 : Weight(list.field, Idf(most));
        documents.merge(Keys(list.frequencies));
        lists_.push_back(std::move(list));
      }
    }
    all.push_back(std::move(documents));
    return Intersection(all);
  }

  List PrefixList(Field field, const std::string& prefix) const {
    std::map<std::string, std::size_t> terms;
    for (const auto& [term, documents] : inverted_[static_cast<std::size_t>(field)]) {
      if (term.starts_with(prefix)) {
        terms[term] = documents.size();
      }
    }
    std::vector<std::pair<std::string, std::size_t>> chosen(terms.begin(), terms.end());
    std::sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    chosen.resize(std::min(chosen.size(), kPrefixExpansionsMax));
    List list;
    list.field = field;
    for (const auto& [term, documents] : chosen) {
      for (const auto& [d, tf] : Frequencies(field, term)) {
        list.frequencies[d] += tf;
      }
    }
    return list;
  }

  static bool Allows(const Filters& filters, const Document& document) {
    const auto among = [](const auto& values, const auto& value) {
      return values.empty() || std::find(values.begin(), values.end(), value) != values.end();
    };
    return among(filters.languages, document.language) && among(filters.sources, document.source) &&
           among(filters.roles, document.role) && among(filters.kinds, document.kind) &&
           document.time_ms >= filters.after_ms.value_or(INT64_MIN) &&
           document.time_ms < filters.before_ms.value_or(INT64_MAX) &&
           (filters.path_globs.empty() ||
            std::any_of(
                filters.path_globs.begin(), filters.path_globs.end(),
                [&](const std::string& glob) { return PathMatches(glob, document.path); }));
  }

  std::vector<Document> documents_;
  TextIndexConfig config_;
  std::vector<std::array<FieldTerms, kFields>> fields_;
  std::array<std::map<std::string, std::map<std::size_t, std::uint32_t>>, kFields> inverted_;
  std::vector<std::uint32_t> lengths_;
  float mean_ = 1;
  mutable Stemmer stemmer_;
  // Of the query that is being evaluated.
  mutable std::vector<List> lists_;
  mutable std::set<std::tuple<bool, Field, std::string>> known_;
};

}  // namespace attune::index::twin
