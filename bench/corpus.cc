#include "corpus.h"

#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace attune::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kFileBytesMax = 1U << 20U;
constexpr std::uintmax_t kFileBytesMin = 256;
constexpr int kRoundsMax = 64;

bool IsText(const std::string& text) { return text.find('\0') == std::string::npos; }

// Every line of a further copy gets a word that no other copy has.
std::string Altered(const std::string& text, int round) {
  if (round == 0) return text;
  const std::string word = " round" + std::to_string(round) + "\n";
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    if (c == '\n') {
      out += word;
    } else {
      out += c;
    }
  }
  return out;
}

class Copier {
 public:
  Copier(fs::path target, Bytes wanted, std::uint64_t files_max)
      : target_(std::move(target)), wanted_(wanted), files_max_(files_max) {}

  bool enough() const { return size_.bytes >= wanted_ || size_.files >= files_max_; }
  const CorpusSize& size() const { return size_; }

  void CopyTree(const fs::path& root, int round) {
    std::error_code error;
    const auto options = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator it(root, options, error), end; it != end && !enough(); it.increment(error)) {
      if (error) break;
      if (it->is_regular_file(error) && !it->is_symlink(error)) Copy(it->path(), root, round);
    }
  }

 private:
  void Copy(const fs::path& file, const fs::path& root, int round) {
    std::error_code error;
    const std::uintmax_t bytes = fs::file_size(file, error);
    if (error || bytes < kFileBytesMin || bytes > kFileBytesMax) return;
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (text.empty() || !IsText(text)) return;
    const fs::path to =
        target_ / ("copy" + std::to_string(round)) / root.relative_path() / fs::relative(file, root, error);
    fs::create_directories(to.parent_path(), error);
    const std::string content = Altered(text, round);
    std::ofstream(to, std::ios::binary) << content;
    ++size_.files;
    size_.bytes = size_.bytes + Bytes(content.size());
  }

  const fs::path target_;
  const Bytes wanted_;
  const std::uint64_t files_max_;
  CorpusSize size_;
};

}  // namespace

std::vector<fs::path> DefaultCorpusRoots() {
  std::vector<fs::path> roots;
  std::error_code error;
  for (const char* root : {"/usr/include", "/usr/share/doc", "/usr/lib/python3", "/usr/lib/python3.11",
                           "/usr/share/perl", "/usr/share/nodejs", "/usr/lib/node_modules"}) {
    if (fs::is_directory(root, error)) roots.emplace_back(root);
  }
  return roots;
}

Result<CorpusSize> CopyCorpus(const std::vector<fs::path>& roots, const fs::path& target, Bytes wanted,
                              std::uint64_t files_max) {
  Copier copier(target, wanted, files_max);
  for (int round = 0; round < kRoundsMax && !copier.enough(); ++round) {
    const std::uint64_t before = copier.size().files;
    for (const fs::path& root : roots) {
      if (!copier.enough()) copier.CopyTree(root, round);
    }
    if (copier.size().files == before) break;
  }
  if (copier.size().files == 0) {
    return Error(ErrorCode::kNotFound, "no text was found to read; name folders with --corpus DIR");
  }
  return copier.size();
}

}  // namespace attune::bench
