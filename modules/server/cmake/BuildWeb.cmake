# cmake -D SOURCE=web -D BUILD=dir -D OUTPUT=file.cc -D NPM=npm -D NODE_VERSION=18.20.4 -P BuildWeb.cmake
#
# Copies SOURCE to BUILD/page, runs npm there and writes the result as OUTPUT. A stamp holds the
# hash of everything that went in; while it fits, nothing happens. Where the page cannot be built,
# BUILD/failed.txt says why in one line; tools/build shows it.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/WriteAssets.cmake")

file(GLOB_RECURSE files RELATIVE "${SOURCE}" LIST_DIRECTORIES false "${SOURCE}/*")
list(FILTER files EXCLUDE REGEX "^(node_modules|dist|tests)/")
list(SORT files)
set(sum "${NODE_VERSION}")
file(SHA256 "${CMAKE_CURRENT_LIST_DIR}/WriteAssets.cmake" hash)
string(APPEND sum "\n${hash}")
foreach(file IN LISTS files)
  file(SHA256 "${SOURCE}/${file}" hash)
  string(APPEND sum "\n${file} ${hash}")
endforeach()
string(SHA256 wanted "${sum}")

set(page "${BUILD}/page")
set(stamp "${BUILD}/built.stamp")
if(EXISTS "${stamp}" AND EXISTS "${OUTPUT}")
  file(READ "${stamp}" built)
  if(built STREQUAL wanted)
    return()
  endif()
endif()

# Leaves the library buildable and says what is missing.
function(give_up step output)
  message(WARNING "attune: the page could not be built (${step}); the server shows a plain one instead.\n${output}\n"
                  "The next build tries again. To build without it: -DATTUNE_BUILD_WEB=OFF")
  file(REMOVE "${stamp}")
  string(REGEX MATCH "[^\n]*(ERR|rror)[^\n]*" words "${output}")
  file(WRITE "${BUILD}/failed.txt" "${step}: ${words}\n")
  if(NOT EXISTS "${OUTPUT}")
    attune_write_assets("${OUTPUT}" "" "")
  endif()
endfunction()

# Everything but node_modules is replaced, so that a file that was deleted is gone here, too.
file(GLOB old "${page}/*" "${page}/.*")
list(FILTER old EXCLUDE REGEX "/node_modules$")
if(old)
  file(REMOVE_RECURSE ${old})
endif()
foreach(file IN LISTS files)
  get_filename_component(folder "${file}" DIRECTORY)
  file(COPY "${SOURCE}/${file}" DESTINATION "${page}/${folder}")
endforeach()

file(SHA256 "${SOURCE}/package-lock.json" lock)
set(lock "${lock} ${NODE_VERSION}")
set(installed "")
if(EXISTS "${BUILD}/installed.stamp")
  file(READ "${BUILD}/installed.stamp" installed)
endif()
if(NOT installed STREQUAL lock OR NOT EXISTS "${page}/node_modules")
  message(STATUS "attune: installing what builds the page (npm ci)")
  execute_process(COMMAND ${NPM} ci --prefer-offline --no-audit --no-fund --fetch-retries=1
    WORKING_DIRECTORY "${page}" RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    # npm refuses a lock file that lacks packages of foreign platforms, which a partial mirror
    # may not have. The versions that count are pinned by the lock file all the same.
    message(STATUS "attune: npm ci refused; trying npm install with the same lock file")
    execute_process(COMMAND ${NPM} install --prefer-offline --no-audit --no-fund --fetch-retries=1
      WORKING_DIRECTORY "${page}" RESULT_VARIABLE failed OUTPUT_VARIABLE ignored ERROR_VARIABLE ignored)
  endif()
  if(failed)
    file(REMOVE "${BUILD}/installed.stamp")
    give_up("npm ci" "${output}")
    return()
  endif()
  file(WRITE "${BUILD}/installed.stamp" "${lock}")
endif()

execute_process(COMMAND ${NPM} run build WORKING_DIRECTORY "${page}" RESULT_VARIABLE failed OUTPUT_VARIABLE output
  ERROR_VARIABLE output)
if(failed OR NOT EXISTS "${page}/dist/index.html")
  give_up("npm run build" "${output}")
  return()
endif()

attune_write_assets("${OUTPUT}" "${page}/dist" "${BUILD}/packed")
file(WRITE "${stamp}" "${wanted}")
file(REMOVE "${BUILD}/failed.txt")
message(STATUS "attune: the page is built")
