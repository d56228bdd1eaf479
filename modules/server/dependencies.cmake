find_dependency(Boost 1.81 CONFIG COMPONENTS headers)
find_dependency(ZLIB)
find_dependency(Threads)
