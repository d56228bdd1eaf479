#pragma once
// What tests of the whole engine share: a project folder, a data folder, and an engine over both.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "attune/engine/engine.h"
#include "attune/metrics/log.h"
#include "attune/sys/file_system.h"

namespace attune::engine {

namespace fs = std::filesystem;
// An engine on a folder of its own, gone afterwards.
class EngineTest : public testing::Test {
 protected:
  EngineTest() {
    const auto* const info = testing::UnitTest::GetInstance()->current_test_info();
    base_ = fs::temp_directory_path() / ("attune-engine-" + std::to_string(::getpid()) + "-" + info->name());
    fs::remove_all(base_);
    fs::create_directories(base_ / "project");
  }
  ~EngineTest() override {
    engine_.reset();
    fs::remove_all(base_);
  }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((base_ / "project" / path).parent_path());
    std::ofstream(base_ / "project" / path, std::ios::binary) << text;
  }

  EngineConfig Config() {
    EngineConfig config;
    config.data_dir = (base_ / "data").string();
    config.roots = {(base_ / "project").string()};
    config.memory = Bytes(512U << 20U);
    config.ocr = false;
    return config;
  }

  void Open(EngineConfig config) {
    engine_.reset();
    auto opened = Engine::Open(std::move(config), {*clock_, *files_, log_});
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    engine_ = *std::move(opened);
  }
  void Read() {
    engine_->Start();
    engine_->WaitUntilRead({});
  }
  std::vector<std::string> Paths(const std::string& query) {
    const auto answer = engine_->Search({.query = query, .limit = 50});
    EXPECT_TRUE(answer.ok()) << answer.error().message();
    std::vector<std::string> paths;
    if (answer.ok()) {
      for (const SearchHit& hit : answer->hits) paths.push_back(hit.path);
    }
    return paths;
  }
  static CacheStatus StatusOf(const std::vector<CacheStatus>& caches, const std::string& name) {
    const auto found = std::ranges::find(caches, name, &CacheStatus::name);
    EXPECT_NE(found, caches.end()) << name;
    return found == caches.end() ? CacheStatus{} : *found;
  }
  // A watched change takes a moment; the events say when it is done.
  bool WaitFor(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000; ++i) {
      if (condition()) return true;
      ::usleep(5000);
    }
    return condition();
  }
  template <typename T>
  static std::pair<std::function<void(Result<T>)>, std::future<Result<T>>> Reply() {
    auto promise = std::make_shared<std::promise<Result<T>>>();
    auto future = promise->get_future();
    return {[promise](Result<T> result) { promise->set_value(std::move(result)); }, std::move(future)};
  }

  fs::path base_;
  metrics::MemorySink sink_;
  metrics::Logger log_{SystemClock(), sink_};
  // The world; a test that wants another one sets it before Open.
  const Clock* clock_ = &SystemClock();
  sys::FileSystem* files_ = &sys::RealFileSystem();
  std::unique_ptr<Engine> engine_;
};

}  // namespace attune::engine
