// A statement that is normalised stays as it is when it is normalised again, never grows, and no database reads it
// differently.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../tests/reference_sql.h"
#include "attune/base/check.h"
#include "attune/cache/sql_fingerprint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view sql(reinterpret_cast<const char*>(data), size);
  const std::string once = attune::cache::NormaliseSql(sql);
  ATTUNE_CHECK(once.size() <= sql.size(), "it never grows");
  ATTUNE_CHECK(attune::cache::NormaliseSql(once) == once, "it is idempotent");
  ATTUNE_CHECK(attune::cache::SqlFingerprint(sql) == attune::cache::SqlFingerprint(once), "and so is the fingerprint");
  ATTUNE_CHECK(!attune::cache::DialectThatReadsAnother(sql, once).has_value(), "no dialect reads it differently");
  return 0;
}
