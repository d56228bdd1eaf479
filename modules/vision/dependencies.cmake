# Static libraries pass their private dependencies on to whoever links them.
find_dependency(PkgConfig)
pkg_check_modules(ATTUNE_OCR IMPORTED_TARGET tesseract lept libpng libjpeg)
pkg_check_modules(ATTUNE_POPPLER IMPORTED_TARGET poppler-cpp)
