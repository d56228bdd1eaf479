#include "attune/console/ignore.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace attune::console {
namespace {

constexpr PathKind kFile = PathKind::kFile;
constexpr PathKind kDirectory = PathKind::kDirectory;

bool Ignores(std::string_view patterns, std::string_view path, PathKind kind = kFile) {
  IgnoreRules rules;
  rules.Add(IgnoreLayer::kGit, "", patterns);
  return rules.IsIgnored(path, kind);
}

TEST(Ignore, APlainNameMatchesAtEveryDepth) {
  EXPECT_TRUE(Ignores("core", "core"));
  EXPECT_TRUE(Ignores("core", "a/b/core"));
  EXPECT_FALSE(Ignores("core", "core.c"));
  EXPECT_FALSE(Ignores("core", "encore"));
}

TEST(Ignore, APlainNameIsNoSubstring) {
  EXPECT_FALSE(Ignores("lib", "library.py"));
  EXPECT_FALSE(Ignores("lib", "calibrate.py"));
  EXPECT_TRUE(Ignores("lib", "lib/calibrate.py"));
}

TEST(Ignore, ASuffixMatchesAtEveryDepth) {
  EXPECT_TRUE(Ignores("*.log", "x.log"));
  EXPECT_TRUE(Ignores("*.log", "a/.log"));
  EXPECT_FALSE(Ignores("*.log", "x.log2"));
}

TEST(Ignore, ASlashAtTheEndMeansDirectoriesOnly) {
  EXPECT_TRUE(Ignores("build/", "build", kDirectory));
  EXPECT_FALSE(Ignores("build/", "build", kFile));
  EXPECT_TRUE(Ignores("build/", "build/x")) << "because of the directory above it";
}

TEST(Ignore, ASlashElsewhereAnchors) {
  EXPECT_TRUE(Ignores("/a", "a"));
  EXPECT_FALSE(Ignores("/a", "b/a"));
  EXPECT_TRUE(Ignores("doc/a", "doc/a"));
  EXPECT_FALSE(Ignores("doc/a", "x/doc/a"));
}

TEST(Ignore, TheLastMatchingLineDecides) {
  EXPECT_FALSE(Ignores("*.c\n!keep.c\n", "keep.c"));
  EXPECT_TRUE(Ignores("!keep.c\n*.c\n", "keep.c"));
}

TEST(Ignore, NothingIsReincludedBelowAnIgnoredDirectory) {
  EXPECT_TRUE(Ignores("a/\n!a/keep\n", "a/keep"));
  EXPECT_FALSE(Ignores("a/*\n!a/keep\n", "a/keep"));
}

TEST(Ignore, ADoubleStarCrossesDirectories) {
  EXPECT_TRUE(Ignores("**/foo", "foo"));
  EXPECT_TRUE(Ignores("**/foo", "a/b/foo"));
  EXPECT_TRUE(Ignores("a/**/b", "a/b"));
  EXPECT_TRUE(Ignores("a/**/b", "a/x/y/b"));
  EXPECT_TRUE(Ignores("a/**", "a/x/y"));
  EXPECT_FALSE(Ignores("a/**", "a", kDirectory));
  EXPECT_FALSE(Ignores("a/*/b", "a/x/y/b"));
}

TEST(Ignore, ClassesMatchOneByteThatIsNoSlash) {
  EXPECT_TRUE(Ignores("*.[oa]", "x.o"));
  EXPECT_FALSE(Ignores("*.[oa]", "x.c"));
  EXPECT_TRUE(Ignores("[!a]x", "bx"));
  EXPECT_FALSE(Ignores("[^a]x", "ax"));
  EXPECT_TRUE(Ignores("[]x]", "]"));
  EXPECT_TRUE(Ignores("[a-c-]z", "-z"));
  EXPECT_TRUE(Ignores("[[:digit:]]*", "7up"));
  EXPECT_FALSE(Ignores("[[:nonsense:]]*", "7up"));
  EXPECT_FALSE(Ignores("a[/]b", "a/b"));
}

TEST(Ignore, WhatIsNotWellFormedNeverMatches) {
  EXPECT_FALSE(Ignores("[abc", "[abc"));
  EXPECT_FALSE(Ignores("foo\\", "foo\\"));
  EXPECT_FALSE(Ignores("/", "a", kDirectory));
  EXPECT_FALSE(Ignores("!", "!"));
}

TEST(Ignore, ABackslashQuotes) {
  EXPECT_TRUE(Ignores("\\#a", "#a"));
  EXPECT_FALSE(Ignores("#a", "#a"));
  EXPECT_TRUE(Ignores("\\!a", "!a"));
  EXPECT_TRUE(Ignores("a\\*", "a*"));
  EXPECT_FALSE(Ignores("a\\*", "ab"));
}

TEST(Ignore, SpacesAtTheEndCountOnlyWhenQuoted) {
  EXPECT_TRUE(Ignores("a  ", "a"));
  EXPECT_TRUE(Ignores("a\\ ", "a "));
  EXPECT_FALSE(Ignores("a\t", "a")) << "a tab is no space";
}

TEST(Ignore, LineEndsAndByteOrderMarksAreNoPartOfAPattern) {
  EXPECT_TRUE(
      Ignores("\xEF\xBB\xBF"
              "a\r\nb",
              "a"));
  EXPECT_TRUE(Ignores("a\r\nb", "b"));
}

TEST(Ignore, DeeperFilesAreStronger) {
  IgnoreRules rules;
  rules.Add(IgnoreLayer::kGit, "", "*.txt\n");
  rules.Add(IgnoreLayer::kGit, "a", "!*.txt\n/only\n");
  EXPECT_TRUE(rules.IsIgnored("x.txt", kFile));
  EXPECT_FALSE(rules.IsIgnored("a/x.txt", kFile));
  EXPECT_FALSE(rules.IsIgnored("a/b/x.txt", kFile));
  EXPECT_TRUE(rules.IsIgnored("a/only", kFile));
  EXPECT_FALSE(rules.IsIgnored("a/b/only", kFile));
}

TEST(Ignore, TheLayersHaveTheirOrder) {
  IgnoreRules rules;
  rules.Add(IgnoreLayer::kGlobal, "", "a\nb\nc\n");
  rules.Add(IgnoreLayer::kRepository, "", "!a\n");
  rules.Add(IgnoreLayer::kGit, "", "!b\n");
  rules.Add(IgnoreLayer::kAttune, "", "b\n!c\n");
  EXPECT_FALSE(rules.IsIgnored("a", kFile));
  EXPECT_TRUE(rules.IsIgnored("b", kFile));
  EXPECT_FALSE(rules.IsIgnored("c", kFile));
}

TEST(Ignore, AttuneRulesOfTheTopBeatGitRulesBelow) {
  IgnoreRules rules;
  rules.Add(IgnoreLayer::kGit, "a", "x\n");
  rules.Add(IgnoreLayer::kAttune, "", "!a/x\n");
  EXPECT_FALSE(rules.IsIgnored("a/x", kFile));
}

TEST(Ignore, ANestedRepositoryStartsAfresh) {
  IgnoreRules rules;
  rules.Add(IgnoreLayer::kGlobal, "", "g\n");
  rules.Add(IgnoreLayer::kRepository, "", "e\n");
  rules.Add(IgnoreLayer::kGit, "", "x\n");
  rules.Add(IgnoreLayer::kAttune, "", "y\n");
  rules.AddRepositoryTop("sub");
  rules.Add(IgnoreLayer::kRepository, "sub", "f\n");
  EXPECT_FALSE(rules.IsIgnored("sub/x", kFile));
  EXPECT_FALSE(rules.IsIgnored("sub/e", kFile));
  EXPECT_TRUE(rules.IsIgnored("sub/f", kFile));
  EXPECT_TRUE(rules.IsIgnored("sub/y", kFile));
  EXPECT_TRUE(rules.IsIgnored("sub/g", kFile));
  EXPECT_TRUE(rules.IsIgnored("x", kFile));
}

TEST(Ignore, AddingReplacesAndEmptyTextRemoves) {
  IgnoreRules rules;
  rules.Add(IgnoreLayer::kGit, "", "a\n");
  rules.Add(IgnoreLayer::kGit, "", "b\n");
  EXPECT_FALSE(rules.IsIgnored("a", kFile));
  EXPECT_TRUE(rules.IsIgnored("b", kFile));
  EXPECT_EQ(rules.pattern_count(), 1U);
  rules.Add(IgnoreLayer::kGit, "", "");
  EXPECT_FALSE(rules.IsIgnored("b", kFile));
  EXPECT_EQ(rules.pattern_count(), 0U);
}

TEST(Ignore, AScopeAnswersLikeTheWholePath) {
  IgnoreRules rules;
  rules.Add(IgnoreLayer::kGit, "", "*.o\n");
  rules.Add(IgnoreLayer::kGit, "a", "!x.o\n");
  const IgnoreRules::Scope scope = rules.ScopeOf("a/b");
  EXPECT_FALSE(scope.IsIgnored("a/b/x.o", kFile));
  EXPECT_TRUE(scope.IsIgnored("a/b/y.o", kFile));
}

// A pattern of many stars against a long path without a match: exponential for a naive matcher.
TEST(Ignore, HostilePatternsStayCheap) {
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += "*a";
  pattern += "*b";
  EXPECT_FALSE(MatchesPathGlob(pattern, std::string(4000, 'a')));
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "**/a/";
  std::string path;
  for (int i = 0; i < 2000; ++i) path += "a/";
  EXPECT_FALSE(MatchesPathGlob(deep + "b", path + "c"));
}

// --- The same answers as git -----------------------------------------------------------------------------------------

class GitTree {
 public:
  explicit GitTree(std::uint64_t seed) : random_(seed) {
    root_ = std::filesystem::temp_directory_path() /
            ("attune_ignore_" + std::to_string(seed) + "_" + std::to_string(getpid()));
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    Run("init -q .");
    Grow("", 0);
    Write(".git/info/exclude", IgnoreLayer::kRepository, "");
    Write("../" + root_.filename().string() + ".excludes", IgnoreLayer::kGlobal, "");
  }
  GitTree(const GitTree&) = delete;
  GitTree& operator=(const GitTree&) = delete;
  ~GitTree() {
    std::filesystem::remove_all(root_);
    std::filesystem::remove(root_.string() + ".excludes");
  }

  std::set<std::string> IgnoredByGit() {
    std::ofstream list(root_ / ".git" / "paths", std::ios::binary);
    for (const auto& [path, kind] : paths_) list << path << '\0';
    list.close();
    const std::string command = Git() + "-c core.excludesFile='" + root_.string() +
                                ".excludes' check-ignore --no-index -z --stdin < '" +
                                (root_ / ".git" / "paths").string() + "'";
    std::set<std::string> ignored;
    std::FILE* pipe = popen(command.c_str(), "r");
    std::string path;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
      if (c != 0) {
        path += static_cast<char>(c);
        continue;
      }
      ignored.insert(path);
      path.clear();
    }
    pclose(pipe);
    return ignored;
  }

  const std::vector<std::pair<std::string, PathKind>>& paths() const { return paths_; }
  const IgnoreRules& rules() const { return rules_; }
  const std::string& rule_text() const { return rule_text_; }

 private:
  std::string Git() const {
    return "cd '" + root_.string() + "' && env -i PATH=\"$PATH\" HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 git ";
  }
  void Run(const std::string& command) { ASSERT_EQ(std::system((Git() + command).c_str()), 0); }
  std::size_t Below(std::size_t bound) { return random_() % bound; }

  std::string Name() {
    static const std::vector<std::string> kNames = {"a",     "b",   "ab", "foo",  "bar", "a.c", "b.c",
                                                    "foo.o", "x y", "#h", "!n",   "-",   "]",   "a\\b",
                                                    "é",     "A",   "7",  ".dot", "f ",  "foo*"};
    return kNames[Below(kNames.size())];
  }

  std::string Component() {
    static const std::vector<std::string> kParts = {
        "*",    "**",          "?",       "*.c",         "[ab]", "[!a]", "[a-c]o",       "fo*",   "*o",
        "\\a",  "a**",         "**b",     "[]]",         "[",    "a[",   "[[:alpha:]]*", "?o?",   "[^.]*",
        "***",  "f\\*",        "b?",      "*a*b",        "[a-",  "\\",   "[\\]]",        "[--a]", "\\#h",
        "\\!n", "[[:upper:]]", "[[:x:]]", "[a-f]*.[co]", "* *",  "*\\",  "[!-~]*",       "[b-a]", "**.c"};
    return Below(2) == 0 ? Name() : kParts[Below(kParts.size())];
  }

  std::string Pattern() {
    std::string line;
    if (Below(4) == 0) line += '!';
    if (Below(5) == 0) line += '/';
    const std::size_t components = 1 + (Below(2) == 0 ? 0 : Below(3));
    for (std::size_t i = 0; i < components; ++i) line += (i == 0 ? "" : "/") + Component();
    if (Below(5) == 0) line += '/';
    if (Below(12) == 0) line += "  ";
    if (Below(20) == 0) line += "\\ ";
    if (Below(20) == 0) line += "\r";
    if (Below(30) == 0) line += "\t";
    return line;
  }

  void Write(const std::string& file, IgnoreLayer layer, const std::string& directory) {
    std::string text = Below(20) == 0 ? "\xEF\xBB\xBF" : "";
    const std::size_t lines = 1 + Below(6);
    for (std::size_t i = 0; i < lines; ++i) text += Pattern() + (i + 1 == lines && Below(3) == 0 ? "" : "\n");
    std::ofstream(root_ / file, std::ios::binary) << text;
    rules_.Add(layer, directory, text);
    rule_text_ += "--- " + file + "\n" + text + "\n";
  }

  // Only directories are made: git asks the disk for nothing but them, and files are slow to make.
  void Grow(const std::string& directory, int depth) {
    const std::string prefix = directory.empty() ? "" : directory + "/";
    if (depth == 0 || Below(3) == 0) Write(prefix + ".gitignore", IgnoreLayer::kGit, directory);
    for (std::size_t i = 0; i < 10; ++i) {
      const std::string path = prefix + Name();
      if (!taken_.insert(path).second) continue;
      if (depth < 4 && Below(2) == 0) {
        std::filesystem::create_directory(root_ / path);
        paths_.emplace_back(path, kDirectory);
        Grow(path, depth + 1);
      } else {
        paths_.emplace_back(path, kFile);
      }
    }
  }

  std::mt19937_64 random_;
  std::filesystem::path root_;
  std::vector<std::pair<std::string, PathKind>> paths_;
  std::set<std::string> taken_;
  IgnoreRules rules_;
  std::string rule_text_;
};

TEST(Ignore, RandomTreesAreIgnoredExactlyAsGitIgnoresThem) {
  if (std::system("git --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "git is not installed";
  constexpr std::uint64_t kSeed = 20261121;
  std::size_t paths = 0;
  std::size_t ignored = 0;
  for (std::uint64_t seed = kSeed; seed < kSeed + 16; ++seed) {
    GitTree tree(seed);
    const std::set<std::string> expected = tree.IgnoredByGit();
    for (const auto& [path, kind] : tree.paths()) {
      ++paths;
      ignored += expected.count(path);
      ASSERT_EQ(tree.rules().IsIgnored(path, kind), expected.count(path) == 1)
          << "seed " << seed << ", path '" << path << "'" << (kind == kDirectory ? " (directory)" : "") << "\n"
          << tree.rule_text();
    }
  }
  std::printf("%zu paths compared with git check-ignore, %zu ignored, first seed %llu\n", paths, ignored,
              static_cast<unsigned long long>(kSeed));
  EXPECT_GT(paths, 3000U);
  EXPECT_GT(ignored, paths / 10);
  EXPECT_LT(ignored, paths);
}

}  // namespace
}  // namespace attune::console
