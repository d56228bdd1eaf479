# One module = one folder = one library target = one test target = one bench.
#
#   attune_module(NAME store LAYER 4 DEPS base sys [PRIVATE_DEPS Threads::Threads]
#                 [BENCH_SMOKE_FILTER regex])   # which benchmarks the tests run; all by default
#
# Picks up, relative to the calling folder:
#   include/attune/<name>/**.h   public headers (their own include root, so another
#                              module sees them only if it links this one)
#   src/*.cc, src/*.h          implementation
#   tests/*_test.cc            one GoogleTest binary: <name>_tests
#   bench/*_bench.cc           one Google Benchmark binary: <name>_bench
#   fuzz/*_fuzz.cc             one binary per file
#   dependencies.cmake         find_dependency() calls for PRIVATE_DEPS, installed
# Globs use CONFIGURE_DEPENDS: a file that exists is a file that is built, so no
# test can silently fall out of a hand-written list.
include_guard(GLOBAL)
include(CMakePackageConfigHelpers)

add_library(attune_build_flags INTERFACE)
target_compile_options(attune_build_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wformat=2
  -Wimplicit-fallthrough
  -Wno-missing-field-initializers  # a struct of defaults is meant to be named in part
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op>
  # libstdc++ 12 sorts with what it calls deprecated itself; g++ knows that it is the system's, and warns of ours.
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety -Wno-deprecated-declarations>
  $<$<BOOL:${ATTUNE_WERROR}>:-Werror>)

# Several files as one: what stands in an unnamed namespace must have one meaning in a module, and what g++ then takes
# for a header's or for shadowing is neither.
if(CMAKE_UNITY_BUILD)
  target_compile_options(attune_build_flags INTERFACE -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()

if(ATTUNE_SANITIZE)
  list(JOIN ATTUNE_SANITIZE "," _attune_san)
  # Global on purpose: every object, GoogleTest mains included, must agree.
  add_compile_options(-fsanitize=${_attune_san} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer -fno-optimize-sibling-calls)
  add_link_options(-fsanitize=${_attune_san})
endif()
if(ATTUNE_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "ATTUNE_BUILD_FUZZERS needs clang; use the 'fuzz' preset")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# What tests a thing need not be fast, and compiling it takes half the time (measured: 46 and 26 s under
# AddressSanitizer). What is tested keeps the optimisation of its preset, but for what headers bring along.
add_library(attune_test_flags INTERFACE)
target_compile_options(attune_test_flags INTERFACE
  $<IF:$<BOOL:${ATTUNE_SANITIZE}>,-O0,$<$<CONFIG:RelWithDebInfo>:-O1>>)

function(attune_module)
  cmake_parse_arguments(PARSE_ARGV 0 M "" "NAME;LAYER;BENCH_SMOKE_FILTER" "DEPS;PRIVATE_DEPS")
  if(M_UNPARSED_ARGUMENTS OR NOT M_NAME OR NOT DEFINED M_LAYER)
    message(FATAL_ERROR "attune_module: bad arguments: ${ARGV}")
  endif()

  # Layering: every dependency is declared already and lives strictly below.
  foreach(dep IN LISTS M_DEPS)
    if(NOT TARGET attune_${dep})
      message(FATAL_ERROR "module '${M_NAME}' depends on unknown or later module '${dep}'")
    endif()
    get_target_property(dep_layer attune_${dep} ATTUNE_LAYER)
    if(NOT dep_layer LESS M_LAYER)
      message(FATAL_ERROR "layering: '${M_NAME}' (layer ${M_LAYER}) may not depend on "
                          "'${dep}' (layer ${dep_layer})")
    endif()
  endforeach()

  file(GLOB_RECURSE headers CONFIGURE_DEPENDS include/*.h)
  file(GLOB sources CONFIGURE_DEPENDS src/*.cc src/*.h)
  file(GLOB cc_sources CONFIGURE_DEPENDS src/*.cc)
  if(NOT cc_sources)
    message(FATAL_ERROR "module '${M_NAME}' has no src/*.cc; a module compiles something")
  endif()

  add_library(attune_${M_NAME} STATIC ${sources})
  add_library(attune::${M_NAME} ALIAS attune_${M_NAME})
  target_sources(attune_${M_NAME} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${headers})
  target_include_directories(attune_${M_NAME} PRIVATE src)
  target_compile_features(attune_${M_NAME} PUBLIC cxx_std_20)
  list(TRANSFORM M_DEPS PREPEND attune_ OUTPUT_VARIABLE dep_targets)
  target_link_libraries(attune_${M_NAME} PUBLIC ${dep_targets}
    PRIVATE ${M_PRIVATE_DEPS} $<BUILD_INTERFACE:attune_build_flags>)
  set_target_properties(attune_${M_NAME} PROPERTIES
    EXPORT_NAME ${M_NAME} ATTUNE_LAYER ${M_LAYER} ATTUNE_DEPS "${M_DEPS}"
    VERIFY_INTERFACE_HEADER_SETS ON)
  attune_precompile(attune_${M_NAME} library)
  install(TARGETS attune_${M_NAME} EXPORT attuneTargets FILE_SET HEADERS)
  # A static library hands its private dependencies on to whoever links it.
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/dependencies.cmake)
    install(FILES dependencies.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/attune/dependencies RENAME ${M_NAME}.cmake)
  endif()
  set_property(GLOBAL APPEND PROPERTY ATTUNE_MODULES ${M_NAME})

  if(ATTUNE_BUILD_TESTS)
    file(GLOB tests CONFIGURE_DEPENDS tests/*_test.cc)
    if(NOT tests)
      message(FATAL_ERROR "module '${M_NAME}' has no tests/*_test.cc")
    endif()
    add_executable(${M_NAME}_tests ${tests})
    target_link_libraries(${M_NAME}_tests PRIVATE attune_${M_NAME} attune_build_flags attune_test_flags
      GTest::gtest_main GTest::gmock)
    target_include_directories(${M_NAME}_tests PRIVATE src) # white-box tests may see src/*.h
    attune_precompile(${M_NAME}_tests test)
    include(GoogleTest)
    gtest_discover_tests(${M_NAME}_tests TEST_PREFIX "${M_NAME}." PROPERTIES LABELS unit TIMEOUT 60
      DISCOVERY_MODE PRE_TEST)
  endif()

  if(ATTUNE_BUILD_BENCHMARKS)
    file(GLOB benches CONFIGURE_DEPENDS bench/*_bench.cc)
    if(benches)
      add_executable(${M_NAME}_bench ${benches})
      target_link_libraries(${M_NAME}_bench PRIVATE attune_${M_NAME} attune_build_flags benchmark::benchmark_main)
      set_target_properties(${M_NAME}_bench PROPERTIES UNITY_BUILD OFF) # what is measured is compiled alone
      if(ATTUNE_BUILD_TESTS) # no benchmark rot: every benchmark runs once, tiny
        add_test(NAME ${M_NAME}.bench_smoke COMMAND ${M_NAME}_bench --benchmark_min_time=0.001
          "--benchmark_filter=$<IF:$<BOOL:${M_BENCH_SMOKE_FILTER}>,${M_BENCH_SMOKE_FILTER},all>")
        set_tests_properties(${M_NAME}.bench_smoke PROPERTIES LABELS "bench;${M_NAME}" TIMEOUT 60)
      endif()
    endif()
  endif()

  file(GLOB fuzzers CONFIGURE_DEPENDS fuzz/*_fuzz.cc)
  foreach(fuzzer IN LISTS fuzzers)
    get_filename_component(name ${fuzzer} NAME_WE)
    set(target ${M_NAME}_${name})
    if(ATTUNE_BUILD_FUZZERS)
      add_executable(${target} ${fuzzer})
      target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    elseif(ATTUNE_BUILD_TESTS) # same target without libFuzzer: seeded random inputs
      add_executable(${target} ${fuzzer} ${PROJECT_SOURCE_DIR}/tests/support/fuzz_replay_main.cc)
    else()
      continue()
    endif()
    target_link_libraries(${target} PRIVATE attune_${M_NAME} attune_build_flags)
    if(ATTUNE_BUILD_TESTS)
      add_test(NAME ${M_NAME}.${name} COMMAND ${target} -runs=2000)
      set_tests_properties(${M_NAME}.${name} PROPERTIES LABELS "fuzz;${M_NAME}" TIMEOUT 180)
    endif()
  endforeach()
endfunction()

# Declared graph as JSON, for tools/check_layering.py and the docs diagram.
function(attune_write_module_graph path)
  get_property(modules GLOBAL PROPERTY ATTUNE_MODULES)
  set(rows "")
  foreach(m IN LISTS modules)
    get_target_property(layer attune_${m} ATTUNE_LAYER)
    get_target_property(deps attune_${m} ATTUNE_DEPS)
    list(TRANSFORM deps REPLACE "(.+)" "\"\\1\"")
    list(JOIN deps ", " deps)
    list(APPEND rows "  \"${m}\": {\"layer\": ${layer}, \"deps\": [${deps}]}")
  endforeach()
  list(JOIN rows ",\n" rows)
  file(WRITE ${path} "{\n${rows}\n}\n")
endfunction()

function(attune_install_package)
  set(dir ${CMAKE_INSTALL_LIBDIR}/cmake/attune)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/attuneConfig.cmake.in
    ${PROJECT_BINARY_DIR}/attuneConfig.cmake INSTALL_DESTINATION ${dir})
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/attuneConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
  install(EXPORT attuneTargets NAMESPACE attune:: DESTINATION ${dir})
  install(FILES ${PROJECT_BINARY_DIR}/attuneConfig.cmake ${PROJECT_BINARY_DIR}/attuneConfigVersion.cmake
    DESTINATION ${dir})
endfunction()
