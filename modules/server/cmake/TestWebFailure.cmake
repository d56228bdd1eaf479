# cmake -D SOURCE=web -D BUILD=dir -P TestWebFailure.cmake
#
# A page that cannot be built leaves a library that can, and says why in one line.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${BUILD}")
file(WRITE "${BUILD}/npm" "#!/bin/sh\necho first; echo 'npm ERR! no network here'; exit 1\n")
file(CHMOD "${BUILD}/npm" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
execute_process(COMMAND ${CMAKE_COMMAND} -D SOURCE=${SOURCE} -D BUILD=${BUILD} -D OUTPUT=${BUILD}/assets.cc
  -D NPM=${BUILD}/npm -D NODE_VERSION=18.20.4 -P ${CMAKE_CURRENT_LIST_DIR}/BuildWeb.cmake
  RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
if(failed OR NOT EXISTS "${BUILD}/assets.cc")
  message(FATAL_ERROR "the library cannot be built without a page")
endif()
file(READ "${BUILD}/failed.txt" words)
if(NOT words STREQUAL "npm ci: npm ERR! no network here\n")
  message(FATAL_ERROR "it says '${words}'")
endif()
