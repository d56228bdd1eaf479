#include "stemmer.h"

#include <libstemmer.h>

#include <algorithm>

#include "attune/base/check.h"

namespace attune::index {

Stemmer::Stemmer() : stemmer_(sb_stemmer_new("english", "UTF_8")) {
  ATTUNE_CHECK(stemmer_ != nullptr, "libstemmer has English");
}
Stemmer::~Stemmer() = default;
Stemmer::Stemmer(Stemmer&&) noexcept = default;
Stemmer& Stemmer::operator=(Stemmer&&) noexcept = default;

void Stemmer::Deleter::operator()(void* stemmer) const noexcept {
  sb_stemmer_delete(static_cast<sb_stemmer*>(stemmer));
}

std::string_view Stemmer::Stem(std::string_view term) {
  const bool letters = std::all_of(term.begin(), term.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (!letters || term.empty()) {
    return {};
  }
  auto* const stemmer = static_cast<sb_stemmer*>(stemmer_.get());
  const sb_symbol* stem =
      sb_stemmer_stem(stemmer, reinterpret_cast<const sb_symbol*>(term.data()), static_cast<int>(term.size()));
  if (stem == nullptr) {
    return {};  // out of memory inside the library
  }
  return {reinterpret_cast<const char*>(stem), static_cast<std::size_t>(sb_stemmer_length(stemmer))};
}

}  // namespace attune::index
