#pragma once
// Stemmer: English snowball stems of folded terms.
//
// Threads    none; one per thread.
// Cost       about 0.25 us per word, so callers remember results per distinct term.

#include <memory>
#include <string_view>

namespace attune::index {

class Stemmer {
 public:
  Stemmer();
  ~Stemmer();
  Stemmer(Stemmer&&) noexcept;
  Stemmer& operator=(Stemmer&&) noexcept;

  // The stem of an ASCII word of letters; empty for anything else (digits, other scripts). Valid until the next call.
  std::string_view Stem(std::string_view term);

 private:
  struct Deleter {
    void operator()(void* stemmer) const noexcept;
  };
  std::unique_ptr<void, Deleter> stemmer_;
};

}  // namespace attune::index
