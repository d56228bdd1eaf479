# Precompiled headers: the standard library (1.9 of the 2.4 seconds that a small file takes) and GoogleTest
# (2.2 of 4.4) are parsed once for all modules. They hide no missing #include: the presets `dev` and `clang` do
# without them, and so does the check that every public header stands alone.
#
#   attune_precompile(attune_store library)
#   attune_precompile(store_tests test)
include_guard(GLOBAL)

set(_attune_standard_headers
  <algorithm> <array> <atomic> <bit> <chrono> <condition_variable> <cstdint> <cstring> <functional> <limits> <map>
  <memory> <mutex> <optional> <set> <span> <string> <string_view> <thread> <unordered_map> <utility> <variant>
  <vector>)

# Only targets of one kind share: libraries are compiled with -fPIC, programs with -fPIE.
function(attune_define_precompiled)
  if(NOT ATTUNE_PRECOMPILE)
    return()
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess) # for ccache
    # g++ 12 forgets that a precompiled header is the system's, and shows its own false alarms inside std::string
    # (GCC bug 105651). The presets without precompiled headers still look for the real ones.
    add_compile_options(-Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
  endif()
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    add_compile_options("SHELL:-Xclang -fno-pch-timestamp") # likewise
  endif()
  file(WRITE ${PROJECT_BINARY_DIR}/precompiled/nothing.cc "int main() {}\n")
  add_library(attune_precompiled_library OBJECT ${PROJECT_BINARY_DIR}/precompiled/nothing.cc)
  target_precompile_headers(attune_precompiled_library PRIVATE ${_attune_standard_headers})
  target_link_libraries(attune_precompiled_library PRIVATE attune_build_flags)
  if(ATTUNE_BUILD_TESTS)
    add_executable(attune_precompiled_test ${PROJECT_BINARY_DIR}/precompiled/nothing.cc)
    target_precompile_headers(attune_precompiled_test PRIVATE
      <gmock/gmock.h> <gtest/gtest.h> ${_attune_standard_headers})
    target_link_libraries(attune_precompiled_test PRIVATE attune_build_flags attune_test_flags
      GTest::gtest GTest::gmock)
  endif()
endfunction()

function(attune_precompile target kind)
  if(TARGET attune_precompiled_${kind})
    target_precompile_headers(${target} REUSE_FROM attune_precompiled_${kind})
  endif()
endfunction()
