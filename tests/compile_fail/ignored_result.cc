#include "attune/base/duration.h"
void Use() {
#if BAD
  attune::ParseDuration("50ms");
#else
  static_cast<void>(attune::ParseDuration("50ms"));
#endif
}
