#include <attune/base/bytes.h>
int main() { return *attune::ParseBytes("2G") == attune::Bytes(2ULL << 30U) ? 0 : 1; }
