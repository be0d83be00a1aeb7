/* The inline functions of metrion.h, which includes this file.
 *
 * An update adds to the calling thread's own cell: a relaxed load, an addition and a relaxed store, as no
 * other thread writes to it. core/slab/src/lib.rs says why the numbers are right. Where the cell is not to
 * be had so, the function of the library does the same: the first update of a page of cells by a thread,
 * threads without a slab of their own, other types, wrong values, handles that were freed.
 *
 * An update that is interrupted by a signal handler which updates the same series may lose one of the two.
 */
#ifndef METRION_INLINE_H
#define METRION_INLINE_H

#include <string.h>

/* In C++ the functions are the same in all parts of a program, as its own inline functions call them. */
#ifdef __cplusplus
#define METRION_INLINE inline
#define METRION_THREAD_LOCAL inline thread_local
extern "C" {
#else
#define METRION_INLINE static inline
#define METRION_THREAD_LOCAL static _Thread_local
#endif

/* A constant text: metrion_text name = METRION_TEXT("requests"); */
#define METRION_TEXT(literal) {literal, sizeof(literal) - 1}

/* The text of a string that ends with NUL; null is empty text. */
METRION_INLINE metrion_text metrion_string(const char *string)
{
    metrion_text text;
    text.data = string;
    text.length = string == NULL ? 0 : strlen(string);
    return text;
}

/* The layouts are those of bindings-c/src/handle.rs and core/slab/src/thread.rs. */

typedef struct metrion_buckets {
    const double *bounds;
    size_t count;
    const uint16_t *table;
    uint64_t last_place;
    uint64_t lowest;
    uint32_t shift;
} metrion_buckets;

struct metrion_slot {
    uint64_t generation;
    uint64_t segment;
    uint64_t *last;
    const metrion_buckets *bounds;
    double least;
    uint32_t cell;
};

struct metrion_thread_slab {
    uint64_t segment;
    uint64_t *cells;
    size_t count;
    size_t number;
};

#define METRION_THREAD_SLABS 8

#if defined(__GNUC__)

/* Here and not in the library: access to a shared library's would be a call. */
METRION_THREAD_LOCAL const metrion_thread_slab *metrion_own_slabs;

/* The slot of a handle, if that was not freed. */
METRION_INLINE const metrion_slot *metrion_live(metrion_handle handle)
{
    const metrion_slot *slot = handle.slot;
    if (__builtin_expect(slot == NULL, 0) ||
        __builtin_expect(__atomic_load_n(&slot->generation, __ATOMIC_ACQUIRE) != handle.generation, 0))
        return NULL;
    return slot;
}

/* The calling thread's cells from a slot's first on, if `count` of them are there. */
METRION_INLINE uint64_t *metrion_own_cells(const metrion_slot *slot, size_t count)
{
    const metrion_thread_slab *slab = metrion_own_slabs;
    if (__builtin_expect(slab == NULL, 0))
        slab = metrion_own_slabs = metrion_thread_slabs();
    slab += slot->segment % METRION_THREAD_SLABS;
    if (__builtin_expect(slab->segment != slot->segment || (uint64_t)slot->cell + count > slab->count, 0))
        return NULL;
    return slab->cells + slot->cell;
}

METRION_INLINE double metrion_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

METRION_INLINE uint64_t metrion_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Whether a count's word is a whole number; see core/slab/src/word.rs. */
METRION_INLINE int metrion_is_whole(uint64_t word)
{
    return (int64_t)word >= (int64_t)0x7FFC << 48;
}

/* Adds one to a count whose only writer is the calling thread, if it is a whole number before and after. */
METRION_INLINE int metrion_count_whole(uint64_t *cell)
{
    uint64_t next = __atomic_load_n(cell, __ATOMIC_RELAXED) + 1;
    if (__builtin_expect(!metrion_is_whole(next), 0))
        return 0;
    __atomic_store_n(cell, next, __ATOMIC_RELAXED);
    return 1;
}

/* Adds to an f64 whose only writer is the calling thread. `seen` is what it just had. */
METRION_INLINE void metrion_add_exclusive(uint64_t *cell, uint64_t seen, double amount)
{
    __atomic_store_n(cell, metrion_bits(metrion_double(seen) + amount), __ATOMIC_RELAXED);
}

/* Adds one to a counter or gauge, or another amount. A counter takes amounts from 0 up.
 *
 * Fails with METRION_STATUS_INVALID_VALUE for a wrong amount and METRION_STATUS_UNSUPPORTED for other
 * types: nothing is added then. Programs need not look. */
METRION_INLINE metrion_status metrion_add(metrion_series series, double amount)
{
    const metrion_slot *slot = metrion_live(series.handle);
    if (slot != NULL && amount >= slot->least) {
        uint64_t *cell = metrion_own_cells(slot, 1);
        uint64_t seen;
        if (cell != NULL) {
            seen = __atomic_load_n(cell, __ATOMIC_RELAXED);
            if (metrion_is_whole(seen)) {
                /* With 2^52 added, a whole number below that is in the low bits. */
                double shifted = amount + 4503599627370496.0;
                uint64_t sum = seen + (metrion_bits(shifted) - metrion_bits(4503599627370496.0));
                if (amount < 1125899906842624.0 && shifted - 4503599627370496.0 == amount &&
                    metrion_is_whole(sum)) {
                    __atomic_store_n(cell, sum, __ATOMIC_RELAXED);
                    return METRION_STATUS_OK;
                }
            } else if (__builtin_expect(seen != 0, 1)) {
                /* A cell that is not zero has been written: its page is marked. */
                metrion_add_exclusive(cell, seen, amount);
                return METRION_STATUS_OK;
            }
        } else if (slot->last != NULL) {
            seen = __atomic_load_n(slot->last, __ATOMIC_RELAXED);
            while (seen != 0)
                if (__atomic_compare_exchange_n(slot->last, &seen,
                                                metrion_bits(metrion_double(seen) + amount), 1,
                                                __ATOMIC_RELAXED, __ATOMIC_RELAXED))
                    return METRION_STATUS_OK;
        }
    }
    return metrion_series_add(series, amount);
}

/* Adds one to what is no count, or not a whole one. Not inline, so that metrion_inc is small enough to be. */
__attribute__((cold)) METRION_INLINE metrion_status metrion_inc_otherwise(metrion_series series)
{
    return metrion_add(series, 1.0);
}

/* Sets a gauge. Fails with METRION_STATUS_UNSUPPORTED for other types and up-down gauges. */
METRION_INLINE metrion_status metrion_set(metrion_series series, double value)
{
    const metrion_slot *slot = metrion_live(series.handle);
    if (slot != NULL && slot->last != NULL && __atomic_load_n(slot->last, __ATOMIC_RELAXED) != 0) {
        __atomic_store_n(slot->last, metrion_bits(value), __ATOMIC_RELAXED);
        return METRION_STATUS_OK;
    }
    return metrion_series_set(series, value);
}

/* The index of the first bound that is not below a value which is a number. */
METRION_INLINE size_t metrion_bucket(const metrion_buckets *buckets, double value)
{
    /* With 0 added, -0 is 0. */
    uint64_t bits = metrion_bits(value + 0.0);
    uint64_t place = (bits >> 63 == 0 ? bits | (uint64_t)1 << 63 : ~bits) >> buckets->shift;
    size_t bucket;
    place = place > buckets->lowest ? place - buckets->lowest : 0;
    bucket = buckets->table[place < buckets->last_place ? place : buckets->last_place];
    /* Behind the last bound is infinity, which is below nothing. */
    while (value > buckets->bounds[bucket])
        bucket++;
    return bucket;
}

/* Gives a histogram or summary an observation. NaN is dropped, and counted in the registry's
 * own metrics. Fails with METRION_STATUS_UNSUPPORTED for other types. */
METRION_INLINE metrion_status metrion_observe(metrion_series series, double value)
{
    const metrion_slot *slot = metrion_live(series.handle);
    const metrion_buckets *buckets = slot == NULL ? NULL : slot->bounds;
    if (buckets != NULL && value == value) {
        /* The buckets, the one to infinity, and the sum. */
        uint64_t *cells = metrion_own_cells(slot, buckets->count + 2);
        if (cells != NULL) {
            uint64_t *bucket = cells + metrion_bucket(buckets, value);
            uint64_t *sum = cells + buckets->count + 1;
            uint64_t seen = __atomic_load_n(sum, __ATOMIC_RELAXED);
            if (__builtin_expect(seen != 0, 1) && metrion_count_whole(bucket)) {
                metrion_add_exclusive(sum, seen, value);
                return METRION_STATUS_OK;
            }
        }
    }
    return metrion_series_observe(series, value);
}

#else /* A compiler without GCC's atomic builtins takes the functions of the library. */

METRION_INLINE metrion_status metrion_add(metrion_series series, double amount)
{
    return metrion_series_add(series, amount);
}

METRION_INLINE metrion_status metrion_inc_otherwise(metrion_series series)
{
    return metrion_series_add(series, 1.0);
}

METRION_INLINE metrion_status metrion_set(metrion_series series, double value)
{
    return metrion_series_set(series, value);
}

METRION_INLINE metrion_status metrion_observe(metrion_series series, double value)
{
    return metrion_series_observe(series, value);
}

#endif

/* Adds one to a counter or gauge. */
METRION_INLINE metrion_status metrion_inc(metrion_series series)
{
#if defined(__GNUC__)
    const metrion_slot *slot = metrion_live(series.handle);
    uint64_t *cell = slot == NULL ? NULL : metrion_own_cells(slot, 1);
    if (__builtin_expect(cell != NULL, 1) && metrion_count_whole(cell))
        return METRION_STATUS_OK;
#endif
    return metrion_inc_otherwise(series);
}

/* Takes an amount off a gauge. */
METRION_INLINE metrion_status metrion_sub(metrion_series series, double amount)
{
    return metrion_add(series, -amount);
}

/* The one series of a family without labels; the family's handle is freed. */
METRION_INLINE metrion_status metrion_single(metrion_status made, metrion_family family,
                                            metrion_series *out)
{
    metrion_status status;
    if (made != METRION_STATUS_OK) {
        if (out != NULL)
            memset(out, 0, sizeof *out);
        return made;
    }
    status = metrion_labels(family, NULL, 0, out);
    metrion_family_free(family);
    return status;
}

/* The counter without labels of this name; made when it is new. */
METRION_INLINE metrion_status metrion_counter(metrion_registry registry, const char *name,
                                             const char *help, metrion_series *out)
{
    metrion_family_options options;
    metrion_family family;
    memset(&options, 0, sizeof options);
    options.name = metrion_string(name);
    options.help = metrion_string(help);
    return metrion_single(metrion_counter_family(registry, &options, &family), family, out);
}

/* The gauge without labels of this name, which keeps the last value; made when it is new. */
METRION_INLINE metrion_status metrion_gauge(metrion_registry registry, const char *name,
                                           const char *help, metrion_series *out)
{
    metrion_family_options options;
    metrion_family family;
    memset(&options, 0, sizeof options);
    options.name = metrion_string(name);
    options.help = metrion_string(help);
    return metrion_single(
        metrion_gauge_family(registry, &options, METRION_GAUGE_MODE_LAST_VALUE, &family), family, out);
}

/* The histogram without labels of this name, with the default bounds; made when it is new. */
METRION_INLINE metrion_status metrion_histogram(metrion_registry registry, const char *name,
                                               const char *help, metrion_series *out)
{
    metrion_histogram_options options;
    metrion_family family;
    memset(&options, 0, sizeof options);
    options.family.name = metrion_string(name);
    options.family.help = metrion_string(help);
    return metrion_single(metrion_histogram_family(registry, &options, &family), family, out);
}

#ifdef __cplusplus
}
#endif

#endif
