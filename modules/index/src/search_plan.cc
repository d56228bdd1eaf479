#include "search_plan.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "length_code.h"
#include "phrase.h"
#include "prefix.h"
#include "stemmer.h"
#include "tokenizer.h"

namespace attune::index {
namespace {

struct Word {
  std::string term;
  bool advances = true;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

std::vector<Word> WordsOf(std::string_view text) {
  class Sink final : public TokenSink {
   public:
    void OnToken(const Token& token) override {
      words.push_back({std::string(token.term()), token.advances, token.begin, token.end});
    }
    std::vector<Word> words;
  };
  Sink sink;
  Tokenize(text, sink);
  return std::move(sink.words);
}

float BoostOf(const Boosts& boosts, Field field) {
  switch (field) {
    case Field::kBody:
      return boosts.body;
    case Field::kStem:
      return boosts.stem;
    case Field::kSymbol:
      return boosts.symbol;
    case Field::kPath:
      return boosts.path;
  }
  return 0;
}

class Planner {
 public:
  Planner(const Segments& segments, const Bm25& bm25, const Boosts& boosts, const Deadline& deadline)
      : segments_(segments), bm25_(bm25), boosts_(boosts), deadline_(deadline) {}

  Result<SearchPlan> Run(const Query& query) {
    plan_.notes = query.notes;
    bool asks = false;
    for (const Clause& clause : query.clauses) {
      asks = asks || clause.need != Clause::Need::kMustNot;
      clause_ = &clause;
      condition_ = {};
      ATTUNE_RETURN_IF_ERROR(AddClause());
    }
    plan_.match_all = !asks;
    if (terms_dropped_ != 0) {
      plan_.notes.push_back("only the first " + std::to_string(kTermsMax) + " terms count; " +
                            std::to_string(terms_dropped_) + " were ignored");
    }
    for (std::size_t i = 0; i < plan_.lists.size(); ++i) {
      if (plan_.lists[i].weight > 0 && plan_.lists[i].passages != 0) {
        plan_.scored.push_back(i);
      }
    }
    const auto rarer = [](const Condition& a, const Condition& b) { return a.passages < b.passages; };
    std::sort(plan_.required.begin(), plan_.required.end(), rarer);
    return std::move(plan_);
  }

 private:
  bool excluded() const { return clause_->need == Clause::Need::kMustNot; }

  Status AddClause() {
    const std::vector<Word> words = WordsOf(clause_->text);
    if (words.empty()) {
      plan_.notes.push_back("'" + clause_->text + "' contains no word and was ignored");
      return OkStatus();
    }
    switch (clause_->kind) {
      case Clause::Kind::kWord:
        AddWords(words);
        break;
      case Clause::Kind::kPhrase:
        ATTUNE_RETURN_IF_ERROR(AddPhrase(words));
        break;
      case Clause::Kind::kPrefix:
        ATTUNE_RETURN_IF_ERROR(AddPrefix(words));
        break;
    }
    if (condition_.alternatives.empty()) {
      return OkStatus();
    }
    if (clause_->need == Clause::Need::kMust) {
      plan_.required.push_back(std::move(condition_));
    } else if (excluded()) {
      plan_.excluded.push_back(std::move(condition_));
    }
    return OkStatus();
  }

  // False when the query has as many terms as count.
  bool TakeTerm() {
    if (terms_ == kTermsMax) {
      ++terms_dropped_;
      return false;
    }
    ++terms_;
    return true;
  }

  void Highlight(std::string term, HighlightTerm::Match match) {
    HighlightTerm highlight{std::move(term), match};
    if (!excluded() && std::find(plan_.terms.begin(), plan_.terms.end(), highlight) == plan_.terms.end()) {
      plan_.terms.push_back(std::move(highlight));
    }
  }

  // All parts, or, when the clause is one compound word, the whole.
  void AddWords(const std::vector<Word>& words) {
    std::vector<Condition::Atom> parts;
    for (const Word& word : words) {
      if (!TakeTerm()) {
        break;
      }
      Condition::Atom atom = AddWord(word.term, true);
      if (word.advances) {
        parts.push_back(std::move(atom));
      } else if (word.begin == words.front().begin && word.end == words.back().end) {
        AddAlternative({std::move(atom)});
      }
    }
    AddAlternative(std::move(parts));
  }

  void AddAlternative(std::vector<Condition::Atom> atoms) {
    if (atoms.empty()) {
      return;
    }
    std::uint64_t rarest = ~std::uint64_t{0};
    for (const Condition::Atom& atom : atoms) {
      std::uint64_t passages = 0;
      for (const std::size_t list : atom) {
        passages += plan_.lists[list].passages;
      }
      rarest = std::min(rarest, passages);
    }
    condition_.passages += rarest;
    condition_.alternatives.push_back(std::move(atoms));
  }

  bool Wants(Field field) const {
    return !clause_->field || *clause_->field == field || (field == Field::kStem && *clause_->field == Field::kBody);
  }

  Condition::Atom AddWord(const std::string& term, bool stems) {
    Condition::Atom atom;
    std::array<std::vector<std::optional<TermInfo>>, kFields> found;
    std::uint64_t most = 0;
    for (const Field field : {Field::kBody, Field::kSymbol, Field::kPath}) {
      auto& info = found[static_cast<std::size_t>(field)];
      most = std::max(most, LookUp(field, term, info));
    }
    for (const Field field : {Field::kBody, Field::kSymbol, Field::kPath}) {
      if (Wants(field)) {
        atom.push_back(AddList(field, term, most, std::move(found[static_cast<std::size_t>(field)])));
      }
    }
    Highlight(term, HighlightTerm::Match::kExact);
    if (stems && !excluded() && Wants(Field::kStem)) {
      const std::string stem(stemmer_.Stem(term));
      if (!stem.empty()) {
        std::vector<std::optional<TermInfo>> info;
        const std::uint64_t passages = LookUp(Field::kStem, stem, info);
        if (passages != 0) {
          atom.push_back(AddList(Field::kStem, stem, passages, std::move(info)));
          Highlight(stem, HighlightTerm::Match::kStem);
        }
      }
    }
    return atom;
  }

  std::uint64_t LookUp(Field field, const std::string& term, std::vector<std::optional<TermInfo>>& info) const {
    std::uint64_t passages = 0;
    info.reserve(segments_.size());
    for (const auto& segment : segments_) {
      info.push_back(segment->Find(field, term));
      passages += info.back() ? info.back()->passages : 0;
    }
    return passages;
  }

  std::size_t AddList(Field field, const std::string& term, std::uint64_t containing,
                      std::vector<std::optional<TermInfo>> info) {
    const auto [known, added] = known_.try_emplace({excluded(), field, term}, plan_.lists.size());
    if (added) {
      PlannedList list;
      list.field = field;
      list.term = term;
      list.weight = WeightOf(field, bm25_.Idf(containing));
      for (const auto& entry : info) {
        list.passages += entry ? entry->passages : 0;
      }
      list.info = std::move(info);
      plan_.lists.push_back(std::move(list));
    }
    return known->second;
  }

  float WeightOf(Field field, double idf) const {
    return excluded() ? 0.0F : bm25_.Weight(idf, BoostOf(boosts_, field));
  }

  Status AddPhrase(const std::vector<Word>& words) {
    std::vector<std::string> terms;
    for (const Word& word : words) {
      if (word.advances && TakeTerm()) {
        terms.push_back(word.term);
      }
    }
    const bool has_positions = !clause_->field || *clause_->field == Field::kBody;
    if (terms.size() < 2 || !has_positions) {
      if (terms.size() > 1) {
        plan_.notes.emplace_back("a phrase in symbol: or path: matches its words in any order");
      }
      std::vector<Condition::Atom> parts;
      for (const std::string& term : terms) {
        parts.push_back(AddWord(term, false));
      }
      AddAlternative(std::move(parts));
      return OkStatus();
    }
    double idf = 0;
    std::vector<std::vector<std::optional<TermInfo>>> body(terms.size());
    for (std::size_t i = 0; i < terms.size(); ++i) {
      std::uint64_t most = LookUp(Field::kBody, terms[i], body[i]);
      for (const Field field : {Field::kSymbol, Field::kPath}) {
        std::vector<std::optional<TermInfo>> unused;
        most = std::max(most, LookUp(field, terms[i], unused));
      }
      idf += bm25_.Idf(most);
      Highlight(terms[i], HighlightTerm::Match::kExact);
    }
    PlannedList list;
    list.weight = WeightOf(Field::kBody, idf);
    for (std::size_t s = 0; s < segments_.size(); ++s) {
      std::vector<TermInfo> infos;
      for (const auto& info : body) {
        if (info[s]) {
          infos.push_back(*info[s]);
        }
      }
      MaterialList material;
      if (infos.size() == terms.size()) {
        ATTUNE_ASSIGN_OR_RETURN(material, FindPhrase(*segments_[s], infos, deadline_));
      }
      list.passages += material.docs.size();
      list.material.push_back(std::move(material));
    }
    AddAlternative({{AddComputed(std::move(list))}});
    return OkStatus();
  }

  std::size_t AddComputed(PlannedList list) {
    plan_.lists.push_back(std::move(list));
    return plan_.lists.size() - 1;
  }

  // The last word is the prefix; words before it are plain words. A compound counts as a whole: "parse_ht*" begins
  // "parsehttprequest".
  Status AddPrefix(const std::vector<Word>& words) {
    std::size_t last = words.size() - 1;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (!words[i].advances && words[i].end == words.back().end) {
        last = i;
      }
    }
    std::vector<Condition::Atom> parts;
    for (std::size_t i = 0; i < last; ++i) {
      if (words[i].advances && words[i].end <= words[last].begin && TakeTerm()) {
        parts.push_back(AddWord(words[i].term, true));
      }
    }
    if (!TakeTerm()) {
      return OkStatus();
    }
    Condition::Atom atom;
    const std::string& prefix = words[last].term;
    std::vector<PlannedList> lists;
    std::uint64_t most = 0;
    for (const Field field : {Field::kBody, Field::kSymbol, Field::kPath}) {
      PlannedList list;
      list.field = field;
      ATTUNE_ASSIGN_OR_RETURN(PrefixLists found, FindPrefix(segments_, field, prefix, deadline_));
      if (found.terms_dropped != 0 && Wants(field)) {
        plan_.notes.push_back("'" + prefix + "*' stands for its " + std::to_string(kPrefixExpansionsMax) +
                              " most frequent terms; " + std::to_string(found.terms_dropped) + " more were left out");
      }
      list.material = std::move(found.lists);
      for (const MaterialList& material : list.material) {
        list.passages += material.docs.size();
      }
      most = std::max(most, list.passages);
      lists.push_back(std::move(list));
    }
    for (PlannedList& list : lists) {
      if (Wants(list.field)) {
        list.weight = WeightOf(list.field, bm25_.Idf(most));
        atom.push_back(AddComputed(std::move(list)));
      }
    }
    Highlight(prefix, HighlightTerm::Match::kPrefix);
    parts.push_back(std::move(atom));
    AddAlternative(std::move(parts));
    return OkStatus();
  }

  struct ListKey {
    bool excluded;
    Field field;
    std::string term;
    auto operator<=>(const ListKey&) const = default;
  };

  const Segments& segments_;
  const Bm25& bm25_;
  const Boosts& boosts_;
  const Deadline& deadline_;
  SearchPlan plan_;
  const Clause* clause_ = nullptr;
  Condition condition_;
  std::map<ListKey, std::size_t> known_;
  Stemmer stemmer_;
  std::size_t terms_ = 0;
  std::size_t terms_dropped_ = 0;
};

}  // namespace

PostingCursor PlannedList::Open(const Segment& segment, std::size_t index) const {
  return material.empty() ? PostingCursor(segment, *info[index]) : PostingCursor(material[index]);
}

Result<SearchPlan> MakePlan(const Query& query, const Segments& segments, const Bm25& bm25, const Boosts& boosts,
                            const Deadline& deadline) {
  return Planner(segments, bm25, boosts, deadline).Run(query);
}

}  // namespace attune::index
