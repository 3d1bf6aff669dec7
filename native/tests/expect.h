/* Assertions for tests. A failed one prints where it failed and ends the program. */
#ifndef TPMTBS_EXPECT_H
#define TPMTBS_EXPECT_H

#include <stdio.h>
#include <stdlib.h>

#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__, #condition);                                   \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#define EXPECT_CODE(actual, expected)                                                                                  \
    do {                                                                                                               \
        uint32_t actual_code = (uint32_t)(actual);                                                                     \
        uint32_t expected_code = (uint32_t)(expected);                                                                 \
        if (actual_code != expected_code) {                                                                            \
            fprintf(stderr, "%s:%d: %s gave 0x%08x, expected 0x%08x\n", __FILE__, __LINE__, #actual, actual_code,       \
                    expected_code);                                                                                    \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#define RUN(test)                                                                                                      \
    do {                                                                                                               \
        printf("%s\n", #test);                                                                                         \
        fflush(stdout);                                                                                                \
        test();                                                                                                        \
    } while (0)

#endif
