/* What the tests in C and C++ check with: a failed check says where, and ends the program. */
#ifndef METRION_TESTS_CHECK_H
#define METRION_TESTS_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrion.h"

#define CHECK(condition)                                                              \
    do {                                                                              \
        if (!(condition)) {                                                           \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);   \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

/* That a call succeeds. */
#define OK(call)                                                                      \
    do {                                                                              \
        metrion_status status_ = (call);                                              \
        if (status_ != METRION_STATUS_OK) {                                           \
            fprintf(stderr, "%s:%d: %s: %s [%s]\n", __FILE__, __LINE__, #call,        \
                    metrion_last_error(), metrion_status_code(status_));              \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

/* That a call fails with a code, and with a message. */
#define FAILS(call, code)                                                             \
    do {                                                                              \
        const char *code_ = metrion_status_code(call);                                \
        if (strcmp(code_, code) != 0 || metrion_last_error()[0] == '\0') {            \
            fprintf(stderr, "%s:%d: %s: is %s\n", __FILE__, __LINE__, #call, code_);  \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

/* The series of a gauge without labels that counts in this way. */
static inline metrion_series gauge_of(metrion_registry registry, const char *name, int32_t mode)
{
    metrion_family_options options;
    metrion_family family;
    metrion_series series;
    memset(&options, 0, sizeof options);
    options.name = metrion_string(name);
    OK(metrion_gauge_family(registry, &options, mode, &family));
    OK(metrion_labels(family, NULL, 0, &series));
    OK(metrion_family_free(family));
    return series;
}

#endif
