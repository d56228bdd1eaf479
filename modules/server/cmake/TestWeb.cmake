# cmake -D SOURCE=web -D BUILD=dir -D NPM=npm -D SCRIPT=test -P TestWeb.cmake
#
# Runs a script of web/package.json ("test": vitest, "check": svelte-check) where BuildWeb.cmake has
# built the page, so that the packages are installed once and the tree stays clean.
cmake_minimum_required(VERSION 3.25)

set(page "${BUILD}/page")
if(NOT EXISTS "${BUILD}/built.stamp" OR NOT EXISTS "${page}/node_modules")
  message(FATAL_ERROR "The page was not built, so it cannot be tested; why is said at the end of: cmake --build . --target attune_web")
endif()
file(REMOVE_RECURSE "${page}/tests")
file(COPY "${SOURCE}/tests" DESTINATION "${page}")
execute_process(COMMAND ${NPM} run ${SCRIPT} WORKING_DIRECTORY "${page}" RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "npm run ${SCRIPT} failed")
endif()
