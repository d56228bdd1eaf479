// Whatever a value holds, the line stays one line, valid UTF-8, without control characters; and so does a scrape.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/check.h"
#include "attune/metrics/log.h"
#include "attune/metrics/prometheus.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace attune::metrics;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const attune::ManualClock clock;
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    MemorySink sink;
    {
      Logger log(clock, sink, {.format = format});
      log.Info(text, {{"value", text}, {"size", size}});
    }
    ATTUNE_CHECK(sink.lines().size() == 1, "one event, one line");
    const std::string line = sink.lines()[0];
    for (const char c : line) ATTUNE_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "no control characters");
    if (format == LogFormat::kJson) ATTUNE_CHECK(line.front() == '{' && line.back() == '}', "one object");
  }

  Registry registry;
  registry.AddCounterFamily({"a_total", std::string(text)}, {"label"}).With({std::string(text)}).Add();
  const std::string page = WritePrometheus(registry);
  std::size_t lines = 0;
  for (const char c : page) lines += c == '\n' ? 1U : 0U;
  ATTUNE_CHECK(lines == 3 && page.ends_with("\"} 1\n"), "HELP, TYPE, value");
  return 0;
}
