// How fast text is read, beside what does the same job elsewhere: ctags for definitions, git for the walk. Peers are
// processes, and their processor time is compared; starting them does not matter with megabytes of input.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "attune/console/html.h"
#include "attune/console/ignore.h"
#include "attune/console/scan.h"
#include "attune/console/text_document.h"
#include "attune/console/walk.h"

namespace {

using namespace attune::console;
namespace fs = std::filesystem;

constexpr std::size_t kCorpusBytes = 4'000'000;  // of one language; more than the second-level cache holds

struct Corpus {
  std::vector<std::string> paths;
  std::vector<std::string> texts;
  std::size_t bytes = 0;
};

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  std::string bytes(static_cast<std::size_t>(std::max<std::streamoff>(0, in.tellg())), '\0');
  in.seekg(0);
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

// Stands in where the machine has no such sources, so that the benchmark runs everywhere.
std::string Invented(Language language) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    const std::string n = std::to_string(i);
    if (language == Language::kPython) {
      text += "def function_" + n + "(first, second):\n    \"\"\"Adds them.\"\"\"\n    return first + second * " + n +
              "\n\n";
    } else {
      text += "/* Adds them. */\nint function_" + n + "(int first, int second) {\n  return first + second * " + n +
              ";\n}\n\n";
    }
  }
  return text;
}

Corpus Load(Language language, const std::vector<fs::path>& roots) {
  Corpus corpus;
  std::error_code ignored;
  for (const fs::path& root : roots) {
    for (fs::recursive_directory_iterator it(root, fs::directory_options::skip_permission_denied, ignored), end;
         !ignored && it != end && corpus.bytes < kCorpusBytes; it.increment(ignored)) {
      if (!it->is_regular_file(ignored) || it->is_symlink(ignored)) continue;
      if (DetectLanguage(it->path().string(), "") != language) continue;
      std::string text = ReadFile(it->path());
      if (DetectLanguage(it->path().string(), text) != language || ValidUtf8Prefix(text) != text.size()) continue;
      corpus.bytes += text.size();
      corpus.paths.push_back(it->path().string());
      corpus.texts.push_back(std::move(text));
    }
  }
  if (corpus.bytes == 0) {
    corpus.texts.push_back(Invented(language));
    corpus.bytes = corpus.texts[0].size();
  }
  return corpus;
}

const Corpus& CorpusOf(Language language) {
  static const Corpus c =
      Load(Language::kC, {"/usr/src", "/usr/include/linux", "/usr/include/x86_64-linux-gnu", "/usr/include"});
  static const Corpus python = Load(Language::kPython, {"/usr/lib/python3.11", "/usr/lib/python3"});
  static const Corpus script =
      Load(Language::kJavaScript, {"/usr/lib/node_modules", "/usr/share/javascript", "/usr/share/nodejs"});
  static const Corpus cpp = Load(Language::kCpp, {"/usr/include/boost", "/usr/include"});
  switch (language) {
    case Language::kC:
      return c;
    case Language::kPython:
      return python;
    case Language::kCpp:
      return cpp;
    default:
      return script;
  }
}

void Report(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes));
}

// Definitions and passages, text in memory.
void BM_Scan(benchmark::State& state) {
  const auto language = static_cast<Language>(state.range(0));
  const Corpus& corpus = CorpusOf(language);
  for (auto _ : state) {
    for (const std::string& text : corpus.texts) benchmark::DoNotOptimize(ScanDocument(language, text).passages.size());
  }
  Report(state, corpus.bytes);
  state.SetLabel(std::string(ToString(language)));
}
BENCHMARK(BM_Scan)
    ->Arg(static_cast<int>(Language::kC))
    ->Arg(static_cast<int>(Language::kCpp))
    ->Arg(static_cast<int>(Language::kPython))
    ->Arg(static_cast<int>(Language::kJavaScript))
    ->Unit(benchmark::kMillisecond);

// The whole way from the file: read, decode, detect, scan. The same work as the next one, and passages besides.
void BM_ReadFiles(benchmark::State& state) {
  const auto language = static_cast<Language>(state.range(0));
  const Corpus& corpus = CorpusOf(language);
  if (corpus.paths.empty()) return state.SkipWithError("no such sources on this machine");
  for (auto _ : state) {
    for (const std::string& path : corpus.paths) {
      benchmark::DoNotOptimize(ReadTextDocument(path, ReadFile(path), {}).index());
    }
  }
  Report(state, corpus.bytes);
  state.SetLabel(std::string(ToString(language)));
}
BENCHMARK(BM_ReadFiles)
    ->Arg(static_cast<int>(Language::kC))
    ->Arg(static_cast<int>(Language::kCpp))
    ->Arg(static_cast<int>(Language::kPython))
    ->Arg(static_cast<int>(Language::kJavaScript))
    ->Unit(benchmark::kMillisecond);

double ChildSeconds() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Runs the command once an iteration; its processor time is what counts.
void RunPeer(benchmark::State& state, const std::string& command) {
  for (auto _ : state) {
    const double before = ChildSeconds();
    if (std::system(command.c_str()) != 0) return state.SkipWithError("the peer failed or is not installed");
    state.SetIterationTime(ChildSeconds() - before);
  }
}

void BM_CtagsProcess(benchmark::State& state) {
  const auto language = static_cast<Language>(state.range(0));
  const Corpus& corpus = CorpusOf(language);
  const fs::path list = fs::temp_directory_path() / ("attune_bench_list." + std::to_string(getpid()));
  std::ofstream out(list);
  for (const std::string& path : corpus.paths) out << path << '\n';
  out.close();
  RunPeer(state, "ctags -f - --sort=no -L '" + list.string() + "' >/dev/null 2>&1");
  fs::remove(list);
  Report(state, corpus.bytes);
  state.SetLabel(std::string(ToString(language)));
}
BENCHMARK(BM_CtagsProcess)
    ->Arg(static_cast<int>(Language::kC))
    ->Arg(static_cast<int>(Language::kCpp))
    ->Arg(static_cast<int>(Language::kPython))
    ->Arg(static_cast<int>(Language::kJavaScript))
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

// --- Walking ---------------------------------------------------------------------------------------------------------

// 10,000 files in 400 directories, with the ignore rules of an ordinary project.
class Tree {
 public:
  Tree() : root_(fs::temp_directory_path() / ("attune_bench_tree." + std::to_string(getpid()))) {
    fs::create_directories(root_);
    std::ofstream(root_ / ".gitignore") << "*.o\n*.log\n*.py[cod]\n/build/\nnode_modules/\n!keep.log\n.env\n*~\n"
                                           "**/generated/**\ndocs/_build/\n.cache\n.idea\n*.swp\ndist\ntarget/\n";
    for (int d = 0; d < 400; ++d) {
      const fs::path directory = root_ / ("module_" + std::to_string(d % 20)) / ("part_" + std::to_string(d / 20));
      fs::create_directories(directory);
      if (d % 10 == 0) std::ofstream(directory / ".gitignore") << "*.tmp\n/local\n";
      for (int f = 0; f < 25; ++f) std::ofstream(directory / ("file_" + std::to_string(f) + ".cc")) << "int x;\n";
    }
    fs::create_directories(root_ / "node_modules" / "deep" / "er");
    if (std::system(("git -C '" + root_.string() + "' init -q . >/dev/null 2>&1").c_str()) != 0) has_git_ = false;
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  std::string root() const { return root_.string(); }
  bool has_git() const { return has_git_; }

 private:
  fs::path root_;
  bool has_git_ = true;
};

const Tree& TheTree() {
  static const Tree tree;
  return tree;
}

class Count final : public WalkVisitor {
 public:
  bool OnFile(const WalkedFile&) override {
    ++files;
    return true;
  }
  std::uint64_t files = 0;
};

void BM_Walk10kFiles(benchmark::State& state) {
  TreeWalker walker(attune::sys::RealFileSystem(), TheTree().root(), {});
  Count count;
  for (auto _ : state) {
    count.files = 0;
    if (!walker.Walk(count).ok()) return state.SkipWithError("the walk failed");
  }
  state.counters["files"] = static_cast<double>(count.files);
}
BENCHMARK(BM_Walk10kFiles)->Unit(benchmark::kMillisecond);

void BM_GitLsFilesProcess10kFiles(benchmark::State& state) {
  if (!TheTree().has_git()) return state.SkipWithError("git is not installed");
  RunPeer(state, "git -C '" + TheTree().root() + "' ls-files -co --exclude-standard >/dev/null");
}
BENCHMARK(BM_GitLsFilesProcess10kFiles)->UseManualTime()->Unit(benchmark::kMillisecond);

void BM_IgnoreDecision(benchmark::State& state) {
  IgnoreRules rules;
  rules.Add(IgnoreLayer::kGit, "",
            "*.o\n*.log\n*.py[cod]\n/build/\nnode_modules/\n!keep.log\n.env\n*~\n**/generated/**\ndocs/_build/\n"
            ".cache\n.idea\n*.swp\ndist\ntarget/\n");
  const IgnoreRules::Scope scope = rules.ScopeOf("module/part");
  for (auto _ : state) benchmark::DoNotOptimize(scope.IsIgnored("module/part/some_file_name.cc", PathKind::kFile));
}
BENCHMARK(BM_IgnoreDecision);

// --- Pages -----------------------------------------------------------------------------------------------------------

void BM_ReadHtml(benchmark::State& state) {
  std::string html = "<!DOCTYPE html><title>Page</title><body>\n";
  for (int i = 0; i < 5'000; ++i) {
    html += "<h2 class=\"section\">Heading " + std::to_string(i) +
            "</h2>\n<p>Some <b>bold</b> words &amp; a <a href=\"https://example.org/\">link</a> in a paragraph of "
            "text.</p>\n";
  }
  for (auto _ : state) benchmark::DoNotOptimize(ReadHtml(html).text.size());
  Report(state, html.size());
}
BENCHMARK(BM_ReadHtml)->Unit(benchmark::kMillisecond);

}  // namespace
