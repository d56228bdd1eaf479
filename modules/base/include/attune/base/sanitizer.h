#pragma once
// Which sanitizer this is compiled with, whatever the compiler calls it: ATTUNE_ASAN and ATTUNE_TSAN are 1 or 0.
//
//   #if ATTUNE_ASAN
//   ASAN_POISON_MEMORY_REGION(slot, size);
//   #endif

#if defined(__has_feature)
#define ATTUNE_HAS_FEATURE(feature) __has_feature(feature)
#else
#define ATTUNE_HAS_FEATURE(feature) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || ATTUNE_HAS_FEATURE(address_sanitizer)
#define ATTUNE_ASAN 1
#else
#define ATTUNE_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__) || ATTUNE_HAS_FEATURE(thread_sanitizer)
#define ATTUNE_TSAN 1
#else
#define ATTUNE_TSAN 0
#endif
