# Builds the page in web/ with npm and embeds it into the server library.
#
# The sources are copied to the build folder first, so that the tree stays clean. The script
# runs with every build and does nothing while web/ is unchanged. Where the page cannot be
# built (no Node, no network and nothing cached) the library has a plain page that says so.

set(web_source "${PROJECT_SOURCE_DIR}/web")
set(web_build "${CMAKE_CURRENT_BINARY_DIR}/web")
set(web_data "${web_build}/embedded_assets.cc")

set(web_reason "")
set(web_failed "${web_build}/failed.txt") # not there where no page is wanted
file(REMOVE "${web_failed}")
if(NOT ATTUNE_BUILD_WEB)
  set(web_reason "ATTUNE_BUILD_WEB is off")
elseif(ATTUNE_SANITIZE OR ATTUNE_BUILD_FUZZERS)
  set(web_reason "sanitizer and fuzz builds do not need it")
elseif(NOT EXISTS "${web_source}/package-lock.json")
  set(web_reason "there is no web/package-lock.json")
else()
  find_program(ATTUNE_NODE node)
  find_program(ATTUNE_NPM npm)
  set(node_version "")
  if(ATTUNE_NODE)
    execute_process(COMMAND ${ATTUNE_NODE} --version OUTPUT_VARIABLE node_version OUTPUT_STRIP_TRAILING_WHITESPACE
                    ERROR_QUIET)
    string(REGEX REPLACE "^v" "" node_version "${node_version}")
  endif()
  if(NOT ATTUNE_NODE OR NOT ATTUNE_NPM)
    set(web_reason "node and npm were not found; install them with: apt-get install nodejs npm")
    file(WRITE "${web_failed}" "${web_reason}\n")
  elseif(node_version VERSION_LESS 18)
    set(web_reason "node is ${node_version}, and 18 or newer is needed")
    file(WRITE "${web_failed}" "${web_reason}\n")
  endif()
endif()

if(web_reason)
  message(STATUS "attune: the page is not built (${web_reason}); the server shows a plain one instead")
  include("${CMAKE_CURRENT_LIST_DIR}/WriteAssets.cmake")
  attune_write_assets("${web_data}" "" "")
else()
  add_custom_target(attune_web
    COMMAND ${CMAKE_COMMAND} -D SOURCE=${web_source} -D BUILD=${web_build} -D OUTPUT=${web_data}
            -D NPM=${ATTUNE_NPM} -D NODE_VERSION=${node_version} -P ${CMAKE_CURRENT_LIST_DIR}/BuildWeb.cmake
    BYPRODUCTS ${web_data}
    COMMENT "Checking the page" VERBATIM)
  add_dependencies(attune_server attune_web)
  if(ATTUNE_BUILD_TESTS)
    foreach(script test check) # vitest over src/lib; types and accessibility
      add_test(NAME web.${script} COMMAND ${CMAKE_COMMAND} -D SOURCE=${web_source} -D BUILD=${web_build}
        -D NPM=${ATTUNE_NPM} -D SCRIPT=${script} -P ${CMAKE_CURRENT_LIST_DIR}/TestWeb.cmake)
      set_tests_properties(web.${script} PROPERTIES LABELS web TIMEOUT 240 RESOURCE_LOCK web)
    endforeach()
    add_test(NAME web.failure COMMAND ${CMAKE_COMMAND} -D SOURCE=${web_source} -D BUILD=${web_build}_failing
      -P ${CMAKE_CURRENT_LIST_DIR}/TestWebFailure.cmake)
    set_tests_properties(web.failure PROPERTIES LABELS web TIMEOUT 60)
  endif()
endif()
target_sources(attune_server PRIVATE "${web_data}")
