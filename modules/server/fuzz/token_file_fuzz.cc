// Token files: what is taken for a token is the file's first line, long enough and visible.
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/check.h"
#include "attune/base/clock.h"
#include "attune/server/serve.h"
#include "attune/sys/in_memory_file_system.h"

namespace {

void Read(const std::string& content) {
  attune::sys::InMemoryFileSystem files(attune::SystemClock());
  ATTUNE_CHECK(files.WriteAtomically("/token", content).ok(), "memory has room");
  const auto token = attune::server::ReadToken(files, "/token");
  if (!token.ok()) return;
  ATTUNE_CHECK(token->size() >= 16 && content.starts_with(*token), "the beginning of the file");
  ATTUNE_CHECK(token->size() == content.size() || content[token->size()] == '\n' || content[token->size()] == '\r',
               "a whole line");
  for (const char c : *token) ATTUNE_CHECK(c > ' ' && c <= '~', "visible");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Read(text);
  Read("0123456789abcde" + text);
  return 0;
}
