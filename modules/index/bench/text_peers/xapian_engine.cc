#include <xapian.h>

#include "engine.h"

namespace text_peers {
namespace {

class XapianEngine final : public Engine {
 public:
  explicit XapianEngine(bool positions) : positions_(positions) {}
  std::string name() const override { return positions_ ? "xapian" : "xapian, no positions"; }

  void Index(const Corpus& corpus, const std::string& directory) override {
    directory_ = directory;
    Xapian::WritableDatabase database(directory, Xapian::DB_CREATE_OR_OVERWRITE | Xapian::DB_NO_SYNC);
    Xapian::TermGenerator generator;
    for (const Chunk& chunk : corpus.chunks) {
      Xapian::Document document;
      document.set_data(std::to_string(chunk.id));
      generator.set_document(document);
      generator.set_termpos(0);
      if (positions_) {
        generator.index_text(chunk.body);
      } else {
        generator.index_text_without_positions(chunk.body);
      }
      generator.index_text_without_positions(chunk.path, 1, "XP");
      database.add_document(document);
    }
    database.commit();
  }

  void Prepare() override {
    database_ = Xapian::Database(directory_);
    enquire_ = std::make_unique<Xapian::Enquire>(database_);
  }

  std::size_t Query(const std::vector<std::string>& words) override {
    enquire_->set_query(Xapian::Query(Xapian::Query::OP_OR, words.begin(), words.end()));
    std::size_t hits = 0;
    const Xapian::MSet found = enquire_->get_mset(0, 10);
    for (auto hit = found.begin(); hit != found.end(); ++hit) {
      hits += hit.get_document().get_data().empty() ? 0U : 1U;
    }
    return hits;
  }

 private:
  bool positions_;
  std::string directory_;
  Xapian::Database database_;
  std::unique_ptr<Xapian::Enquire> enquire_;
};

}  // namespace

std::unique_ptr<Engine> MakeXapian(bool positions) { return std::make_unique<XapianEngine>(positions); }

}  // namespace text_peers
