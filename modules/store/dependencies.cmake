find_dependency(SQLite3 3.40)
find_dependency(PkgConfig)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd>=1.5)
