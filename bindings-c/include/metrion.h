/* Metrion: metrics for C. metrion.hpp is the same for C++, README.md says how to begin.
 *
 * Generated from bindings-c/src by cbindgen: change it there.
 *
 * Every function may be called from any thread, and returns a metrion_status unless it says otherwise;
 * metrion_last_error() is the message that goes with one that is not METRION_STATUS_OK. What is written
 * through the last parameter is zero then. Whoever calls keeps what it passes in: the library copies.
 *
 * A handle (metrion_registry, metrion_family, metrion_series, metrion_collector, metrion_server) is a small
 * value that is copied freely. It is freed once, by its metrion_..._free(); all its copies end then, and
 * every further use of one is METRION_STATUS_NOT_FOUND. All zero is the null handle, whose use is
 * METRION_STATUS_INVALID_VALUE. Each handle keeps what it needs: a registry and its families and series
 * may be freed in any order. The one thing that is not checked is a handle that is freed while a call with
 * it goes on, in another thread or around a function that the library calls.
 */

#ifndef METRION_H
#define METRION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* Of the inline functions; see metrion_inline.h. */
typedef struct metrion_slot metrion_slot;
typedef struct metrion_thread_slab metrion_thread_slab;

// What became of a call. 0 is success. Numbers are added at the end, and never change.
typedef enum metrion_status {
  // It was done.
  METRION_STATUS_OK = 0,
  // A family of that name exists with another schema, or its sample names clash with another's.
  METRION_STATUS_METRIC_EXISTS = 1,
  // Label values or names do not fit the label names of the family.
  METRION_STATUS_LABEL_MISMATCH = 2,
  // A label value that is not UTF-8.
  METRION_STATUS_INVALID_LABEL_VALUE = 3,
  // A metric or label name that the exposition formats do not allow.
  METRION_STATUS_INVALID_NAME = 4,
  // A label name that Metrion or Prometheus keeps for itself.
  METRION_STATUS_RESERVED_NAME = 5,
  // A value that cannot be taken: a negative counter add, a null pointer or handle.
  METRION_STATUS_INVALID_VALUE = 6,
  // Histogram bounds that are not strictly increasing numbers.
  METRION_STATUS_INVALID_BUCKETS = 7,
  // A summary's quantiles or their allowed errors are not what they must be.
  METRION_STATUS_INVALID_OBJECTIVES = 8,
  // An exemplar whose labels are too long or have wrong names.
  METRION_STATUS_INVALID_EXEMPLAR = 9,
  // Text or bytes that are not of the format that they should be in.
  METRION_STATUS_PARSE_ERROR = 10,
  // A bound on families, series, memory or the caller's buffer is reached.
  METRION_STATUS_LIMIT_REACHED = 11,
  // Something that is not there, or a handle that was freed.
  METRION_STATUS_NOT_FOUND = 12,
  // The operation does not exist for this kind of metric.
  METRION_STATUS_UNSUPPORTED = 13,
  // A listening address is taken.
  METRION_STATUS_ADDRESS_IN_USE = 14,
  // Any other failure of the operating system.
  METRION_STATUS_IO = 15,
  // A fault of the library itself. Please report it.
  METRION_STATUS_INTERNAL = 16,
  // The file of a shared registry is damaged, or is no such file.
  METRION_STATUS_DAMAGED = 17,
  // The file of a shared registry is of another version of Metrion.
  METRION_STATUS_OTHER_VERSION = 18,
} metrion_status;

// The formats in which a registry is written.
typedef enum metrion_format {
  // The Prometheus text format 0.0.4.
  METRION_FORMAT_TEXT = 0,
  // OpenMetrics 1.0.
  METRION_FORMAT_OPENMETRICS = 1,
  // Delimited protocol buffer messages.
  METRION_FORMAT_PROTOBUF = 2,
  // JSON.
  METRION_FORMAT_JSON = 3,
} metrion_format;

// How a gauge counts, and what becomes of several processes' values in a registry that they share.
//
// All but the first two keep a value for each process; in a registry of one process they are as the first.
// `LIVE` leaves out processes that have ended. Numbers are added at the end, and never change.
typedef enum metrion_gauge_mode {
  // The last value that was set, by whatever process.
  METRION_GAUGE_MODE_LAST_VALUE = 0,
  // Only added to and subtracted from, each thread in its own cell: for things in flight. What a process
  // has in flight when it ends is dropped.
  METRION_GAUGE_MODE_UP_DOWN = 1,
  // A series for each process, told apart by the label `pid`.
  METRION_GAUGE_MODE_ALL = 2,
  // The same of processes that live.
  METRION_GAUGE_MODE_LIVE_ALL = 3,
  // The least value.
  METRION_GAUGE_MODE_MIN = 4,
  // The least value of processes that live.
  METRION_GAUGE_MODE_LIVE_MIN = 5,
  // The greatest value.
  METRION_GAUGE_MODE_MAX = 6,
  // The greatest value of processes that live.
  METRION_GAUGE_MODE_LIVE_MAX = 7,
  // The sum of the values.
  METRION_GAUGE_MODE_SUM = 8,
  // The sum of the values of processes that live.
  METRION_GAUGE_MODE_LIVE_SUM = 9,
  // The value that was set last.
  METRION_GAUGE_MODE_MOST_RECENT = 10,
  // The value that was set last by a process that lives.
  METRION_GAUGE_MODE_LIVE_MOST_RECENT = 11,
} metrion_gauge_mode;

// The types of families that a collector yields.
typedef enum metrion_family_type {
  // A number that only goes up.
  METRION_FAMILY_TYPE_COUNTER = 0,
  // A number that goes up and down.
  METRION_FAMILY_TYPE_GAUGE = 1,
  // Counts by upper bound, and their sum.
  METRION_FAMILY_TYPE_HISTOGRAM = 2,
  // As a histogram, but its counts go down too.
  METRION_FAMILY_TYPE_GAUGE_HISTOGRAM = 3,
  // Quantiles, a sum and a count.
  METRION_FAMILY_TYPE_SUMMARY = 4,
  // Text, as labels with the value 1.
  METRION_FAMILY_TYPE_INFO = 5,
  // Which of some named states hold.
  METRION_FAMILY_TYPE_STATE_SET = 6,
  // A number of which nothing more is known.
  METRION_FAMILY_TYPE_UNKNOWN = 7,
} metrion_family_type;

// Where a collector's families go during a collection.
typedef struct metrion_families metrion_families;

// What a reading points into.
typedef struct metrion_memory metrion_memory;

// What all handles are inside. All zero is the null handle.
typedef struct metrion_handle {
  const metrion_slot *slot;
  uint64_t generation;
} metrion_handle;

// A metric family: all series of one name. `metrion_family_free` gives the handle back; the family
// stays in its registry.
typedef struct metrion_family {
  struct metrion_handle handle;
} metrion_family;

// One series of a family, or a metric without labels. `metrion_series_free` gives the handle back; the
// series stays in its family.
typedef struct metrion_series {
  struct metrion_handle handle;
} metrion_series;

// Writes a value and returns true; false leaves the series out of this collection. No lock is held.
typedef bool (*metrion_value_function)(void *user, double *value);

// Called once, when the library will not use `user` any more. A lock of the family may be held then: it
// may free handles, but call no other function of Metrion.
typedef void (*metrion_release_function)(void *user);

// A set of metrics that are exposed together. `metrion_registry_free` gives it back.
typedef struct metrion_registry {
  struct metrion_handle handle;
} metrion_registry;

// Gives the families of this moment by `metrion_yield_family` and `metrion_yield_series`. What it
// returns other than 0, a `metrion_status`, is why they are not to be had; they are left out of that collection, and counted.
typedef int32_t (*metrion_collect_function)(void *user, struct metrion_families *families);

// A collector that is registered. `metrion_collector_free` takes it out.
typedef struct metrion_collector {
  struct metrion_handle handle;
} metrion_collector;

// UTF-8 text of a given length, so that it may hold any character. Whoever passes one keeps it; the
// library copies what it needs. `{NULL, 0}` is empty text.
typedef struct metrion_text {
  // The bytes. No NUL need follow them.
  const char *data;
  // How many bytes.
  size_t length;
} metrion_text;

// What a collector's family is, apart from its numbers.
typedef struct metrion_family_schema {
  // A `metrion_family_type`.
  int32_t family_type;
  // The name.
  struct metrion_text name;
  // One sentence for people.
  struct metrion_text help;
  // The base unit; the name ends with it.
  struct metrion_text unit;
  // The names of the labels.
  const struct metrion_text *label_names;
  // How many.
  size_t label_name_count;
  // A histogram's finite upper bounds.
  const double *bounds;
  // How many.
  size_t bound_count;
  // A summary's quantiles.
  const double *quantiles;
  // How many.
  size_t quantile_count;
  // A state set's states.
  const struct metrion_text *states;
  // How many.
  size_t state_count;
} metrion_family_schema;

// The index and the count of a native bucket that is not empty.
typedef struct metrion_native_bucket {
  // The bucket above `2^((index - 1) * 2^-schema)` and up to `2^(index * 2^-schema)`.
  int32_t index;
  // How many observations.
  double count;
} metrion_native_bucket;

// The native buckets of a histogram.
typedef struct metrion_native_histogram {
  // The resolution, -4 to 8.
  int8_t schema;
  // The width of the zero bucket.
  double zero_threshold;
  // The count of the zero bucket.
  double zero_count;
  // The buckets above zero, by their indices.
  const struct metrion_native_bucket *positive;
  // How many.
  size_t positive_count;
  // The buckets below zero, by their indices.
  const struct metrion_native_bucket *negative;
  // How many.
  size_t negative_count;
} metrion_native_histogram;

// One series of a collector's family.
typedef struct metrion_series_data {
  // The values of the labels.
  const struct metrion_text *values;
  // How many.
  size_t value_count;
  // Its numbers. Of a histogram the count of each bucket alone, the one to infinity last, and the sum;
  // of a summary the values of its quantiles, the sum and the count; of a state set one for each state;
  // one alone of every other type.
  const double *row;
  // How many.
  size_t row_count;
  // A histogram's native buckets; null is none.
  const struct metrion_native_histogram *native;
  // When it began, in seconds since the Unix epoch; null where that is not known.
  const double *created;
  // Of when its numbers are, in seconds since the Unix epoch; null is now.
  const double *timestamp;
} metrion_series_data;

// A name and a value: of a label.
typedef struct metrion_label {
  // The label's name.
  struct metrion_text name;
  // The label's value.
  struct metrion_text value;
} metrion_label;

// What a page may leave out or write in more than one way. All zero is the default.
typedef struct metrion_encode_options {
  // Whether the text formats tell when each counter, histogram and summary began.
  bool created;
  // How names are written that are not classic: `underscores` (also when it is empty), `dots`, `values`
  // or `allow-utf-8`.
  struct metrion_text escaping;
  // Only families that have one of these names, or a sample with one; none is all families.
  const struct metrion_text *names;
  // How many.
  size_t name_count;
} metrion_encode_options;

// An encoded registry. `metrion_page_free` gives its memory back.
typedef struct metrion_page {
  // The bytes. No NUL follows them.
  uint8_t *data;
  // How many.
  size_t length;
  // Why families were left out that cannot be written under their escaped names, in order.
  enum metrion_status *left_out;
  // How many.
  size_t left_out_count;
} metrion_page;

// What a series reads, of all threads together. `metrion_reading_free` gives its memory back.
typedef struct metrion_reading {
  // Of a counter or gauge.
  double value;
  // Of a histogram: the count of each bucket alone, the one to infinity last. Of a summary: the value
  // of each objective, NaN when there is none.
  const double *numbers;
  // How many.
  size_t number_count;
  // The sum of the observations.
  double sum;
  // The count of a summary's observations.
  double count;
  // Of a histogram that has native buckets, else null.
  const struct metrion_native_histogram *native;
  // What an info says.
  const struct metrion_label *labels;
  // How many.
  size_t label_count;
  // The states of a state set that hold.
  const struct metrion_text *states;
  // How many.
  size_t state_count;
  // What all the pointers point into; the library's.
  struct metrion_memory *memory;
} metrion_reading;

// Gives the time in seconds since the Unix epoch. It must not call Metrion.
typedef double (*metrion_clock_function)(void *user);

// Of a registry.
typedef struct metrion_registry_options {
  // Labels that every family gets.
  const struct metrion_label *constant_labels;
  // How many.
  size_t constant_label_count;
  // How many metrics, series, and exemplars and the like of a series there is room for, rounded up to
  // a power of two; 0 is the default, 262,144.
  size_t max_entries;
  // Allows metric and label names of any text that is not empty.
  bool utf8_names;
  // Whether pages tell of the registry itself.
  bool self_metrics;
  // Where time comes from, for tests; null is the system's clocks.
  metrion_clock_function clock;
  // What the clock is called with.
  void *clock_user;
  // Called when the clock is not used any more; may be null.
  metrion_release_function clock_release;
  // The path of a file in which any number of processes share the registry, best one in a file system in
  // memory, as `/dev/shm` is; it is made when it is not there, and need never be removed. Any of the
  // processes answers a scrape for all. Empty is memory of the process. 64-bit Linux only.
  struct metrion_text shared;
  // What a child that fork() makes has of a registry in memory of the process: `separate` (also when it is
  // empty), a copy to go on with; `share`, the registry itself. Not with `shared`, which children share anyway.
  struct metrion_text fork;
  // Whether a shared file that is damaged, or of another version of Metrion, is given another name
  // (`.damaged-1`), and a new one made. If not, it is an error.
  bool move_damaged_aside;
} metrion_registry_options;

// What every family has.
typedef struct metrion_family_options {
  // The name. A counter's may end with `_total` or not: its sample always does.
  struct metrion_text name;
  // One sentence for people.
  struct metrion_text help;
  // What the name begins with, before an underscore; empty for nothing.
  struct metrion_text namespace_;
  // What follows the namespace, before an underscore; empty for nothing.
  struct metrion_text subsystem;
  // The base unit, for instance `seconds`. The name gets it as its end if it has not.
  struct metrion_text unit;
  // The names of the labels that tell the series apart.
  const struct metrion_text *label_names;
  // How many.
  size_t label_name_count;
  // Labels with one value for the whole family.
  const struct metrion_label *constant_labels;
  // How many.
  size_t constant_label_count;
  // At most that many series, writes to further ones go to one overflow series; null is no limit.
  const size_t *max_series;
  // Series that did not change for that many seconds are left out until they do; null is never.
  const double *expire_after_seconds;
} metrion_family_options;

// How a histogram counts in native (exponential) buckets. Null members have the core's defaults, which
// are those of Prometheus' Go client.
typedef struct metrion_native_options {
  // The resolution, -4 to 8; null is 3, or what follows from `factor`.
  const int8_t *schema;
  // The growth from one bucket to the next, above 1; null is to go by `schema`.
  const double *factor;
  // At most that many buckets; null is 160.
  const size_t *max_buckets;
  // Up to which absolute value observations are in the zero bucket; null is 2^-128.
  const double *zero_threshold;
  // How far the zero bucket may be widened; null is not at all.
  const double *max_zero_threshold;
  // After how many seconds a full histogram may be reset; null is never.
  const double *min_reset_seconds;
} metrion_native_options;

// Of a histogram family.
typedef struct metrion_histogram_options {
  // What every family has.
  struct metrion_family_options family;
  // The upper bounds, strictly increasing; null is 0.005 to 10, as for durations in seconds. With a
  // count of 0, but not null, there are none.
  const double *buckets;
  // How many.
  size_t bucket_count;
  // Native buckets beside the others, or alone; null is none.
  const struct metrion_native_options *native;
} metrion_histogram_options;

// A quantile and the error that its rank may have, both 0 to 1.
typedef struct metrion_objective {
  // The quantile.
  double quantile;
  // The allowed error.
  double error;
} metrion_objective;

// Of a summary family.
typedef struct metrion_summary_options {
  // What every family has.
  struct metrion_family_options family;
  // The quantiles, strictly increasing; none is just a count and a sum.
  const struct metrion_objective *objectives;
  // How many.
  size_t objective_count;
  // How many seconds an observation counts for quantiles; null is 600.
  const double *max_age_seconds;
  // In how many steps observations age; null is 5.
  const size_t *age_buckets;
} metrion_summary_options;

// Hears of something that people should know, in UTF-8. The text is good during the call. No lock is held.
typedef void (*metrion_warning_function)(void *user, const char *message);

// Where metrics are served. All zero is the default: plain HTTP at any free port of 127.0.0.1, under
// `/metrics`.
typedef struct metrion_serve_options {
  // The address to listen on, or a name; empty is `127.0.0.1`, so that nobody outside this machine reads
  // the metrics unless that is wanted. `0.0.0.0` and `::` are every address.
  struct metrion_text address;
  // The port; 0 takes any free one.
  uint16_t port;
  // The path; empty is `/metrics`.
  struct metrion_text path;
  // Whether the text formats tell when each counter, histogram and summary began.
  bool created;
  // The file of the server's certificates, in PEM: serves HTTPS. Empty is HTTP.
  struct metrion_text tls_certificates;
  // The file of the private key, in PEM.
  struct metrion_text tls_key;
  // The file of the authorities whose clients are known, in PEM; empty asks no client.
  struct metrion_text tls_client_authorities;
  // Whether a client without a certificate is refused.
  bool tls_client_required;
  // Hears, before `metrion_serve` returns, that another process serves this shared registry, too: each answers
  // for all, so only one may be scraped. Once for each registry and process. Null is a line on stderr.
  metrion_warning_function warn;
  // What `warn` is called with.
  void *warn_user;
} metrion_serve_options;

// A running HTTP server. `metrion_server_free` stops it.
typedef struct metrion_server {
  struct metrion_handle handle;
} metrion_server;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Lets a function give the value of one series of a counter or gauge from now on, at every collection,
// on whatever thread collects. `release`, which may be null, is called when that has ended: also when
// this call fails.
//
// Fails with `unsupported` for other types, and for a series of another family's type.
enum metrion_status metrion_set_callback(struct metrion_family family,
                                         struct metrion_series series,
                                         metrion_value_function function,
                                         void *user,
                                         metrion_release_function release);

// Adds a collector to a registry. It is called once now, to find names that are taken, and then at every
// collection, on whatever thread collects. `release`, which may be null, is called when that has ended:
// also when this call fails.
//
// Fails with `metric_exists` when a name is taken, and with the errors of a wrong schema.
enum metrion_status metrion_register(struct metrion_registry registry,
                                     metrion_collect_function function,
                                     void *user,
                                     metrion_release_function release,
                                     struct metrion_collector *out);

// Takes a collector out of its registry. A null handle is no error, one that was freed is `not_found`.
enum metrion_status metrion_collector_free(struct metrion_collector collector);

// Begins a family, during a collection.
enum metrion_status metrion_yield_family(struct metrion_families *families,
                                         const struct metrion_family_schema *schema);

// Adds a series to the family that was begun last.
//
// Fails with `label_mismatch` and `invalid_value` for a series of another shape than its family.
enum metrion_status metrion_yield_series(struct metrion_families *families,
                                         const struct metrion_series_data *series);

// Adds an exemplar to the series that was added last: of the bucket `place`, or 0 for a counter.
// `timestamp`, in seconds since the Unix epoch, may be null.
//
// Fails with `invalid_exemplar` when the labels are too long or wrong.
enum metrion_status metrion_yield_exemplar(struct metrion_families *families,
                                           size_t place,
                                           const struct metrion_label *labels,
                                           size_t count,
                                           double value,
                                           const double *timestamp);

// Writes a registry into the caller's buffer. `format` is a `metrion_format`; `options` may be null.
// `needed`, which may be null, gets how many bytes the page has. When they are more than `capacity`,
// that is `limit_reached`, and nothing is written; the next page may be longer still.
//
// Fails with `unsupported` for a format or an escaping that there is not.
enum metrion_status metrion_encode(struct metrion_registry registry,
                                   int32_t format,
                                   const struct metrion_encode_options *options,
                                   uint8_t *buffer,
                                   size_t capacity,
                                   size_t *needed);

// Writes a registry into memory of the library, which `metrion_page_free` gives back. `format` is a
// `metrion_format`; `options` may be null.
enum metrion_status metrion_encode_page(struct metrion_registry registry,
                                        int32_t format,
                                        const struct metrion_encode_options *options,
                                        struct metrion_page *out);

// Gives back the memory of a page, and makes it empty; null is no error.
enum metrion_status metrion_page_free(struct metrion_page *page);

// The value of `Content-Type` for a format; empty for what is no `metrion_format`.
const char *metrion_content_type(int32_t format);

// Checks that bytes are an exposition in the text format or in OpenMetrics. Fails with `parse_error`
// and a message with line and column when they are not, `unsupported` for another format.
enum metrion_status metrion_check(int32_t format,
                                  const uint8_t *data,
                                  size_t length);

// Gives a handle back; the family stays in its registry. A null handle is no error, one that was freed
// is `not_found`.
enum metrion_status metrion_family_free(struct metrion_family family);

// The series with these label values, in the order of the label names; made when it is new. Past the
// series limit it is the overflow series. The handle is the caller's to free; for one update without a
// handle see `metrion_family_add`.
//
// Fails with `label_mismatch` when their number is not that of the label names, `invalid_label_value`
// for what is not UTF-8.
enum metrion_status metrion_labels(struct metrion_family family,
                                   const struct metrion_text *values,
                                   size_t count,
                                   struct metrion_series *out);

// As `metrion_labels`, with the labels named in any order.
enum metrion_status metrion_labels_by_name(struct metrion_family family,
                                           const struct metrion_label *labels,
                                           size_t count,
                                           struct metrion_series *out);

// A view of the family in which these labels have a fixed value. It is a family, too.
//
// Fails with `label_mismatch` when one is not a label of the family or is fixed already.
enum metrion_status metrion_curry(struct metrion_family family,
                                  const struct metrion_label *labels,
                                  size_t count,
                                  struct metrion_family *out);

// Adds to the counter or gauge with these label values, without a handle to it.
//
// Fails as `metrion_labels` and `metrion_add` do; nothing is added then.
enum metrion_status metrion_family_add(struct metrion_family family,
                                       const struct metrion_text *values,
                                       size_t count,
                                       double amount);

// Sets the gauge with these label values, without a handle to it.
enum metrion_status metrion_family_set(struct metrion_family family,
                                       const struct metrion_text *values,
                                       size_t count,
                                       double value);

// Gives the histogram or summary with these label values an observation, without a handle to it.
enum metrion_status metrion_family_observe(struct metrion_family family,
                                           const struct metrion_text *values,
                                           size_t count,
                                           double value);

// Removes one series. It is no error when there is none. Handles to it stay valid and write nowhere
// visible. A family without labels keeps its one series: removing sets it to zero.
enum metrion_status metrion_remove(struct metrion_family family,
                                   const struct metrion_text *values,
                                   size_t count);

// Removes every series that has these labels among its own. `removed`, which may be null, gets how many.
enum metrion_status metrion_remove_matching(struct metrion_family family,
                                            const struct metrion_label *labels,
                                            size_t count,
                                            size_t *removed);

// Removes all series.
enum metrion_status metrion_clear(struct metrion_family family);

// Sets all series to zero and their creation time to now, without removing them.
enum metrion_status metrion_reset(struct metrion_family family);

// How many series the family has, without the overflow series.
enum metrion_status metrion_series_count(struct metrion_family family, size_t *out);

// The value of a counter or gauge. Fails with `unsupported` for other types.
enum metrion_status metrion_value(struct metrion_series series, double *out);

// What a series of any type reads. What does not belong to its type is NaN, null and 0.
enum metrion_status metrion_read(struct metrion_series series, struct metrion_reading *out);

// Gives back the memory of a reading, and makes it empty; null is no error.
enum metrion_status metrion_reading_free(struct metrion_reading *reading);

// A registry; `options` may be null. It is empty, or, of a file that other processes share, has what they put
// into it.
//
// Fails with `limit_reached` when its address space cannot be had, `invalid_name` or `reserved_name` for
// its constant labels, `invalid_value` for options that make no sense; of a shared file with `damaged` and
// `other_version` when it cannot be used, `io` when the operating system refuses or it is somebody else's, and
// `unsupported` where there is no sharing.
enum metrion_status metrion_registry_new(const struct metrion_registry_options *options,
                                         struct metrion_registry *out);

// The registry of the process, the same at every call but for the handle, which is the caller's to free. When
// the environment variable `METRION_SHARED` has the path of a file, it is shared with all processes that have
// that path there, and fails as `metrion_registry_new`.
enum metrion_status metrion_registry_default(struct metrion_registry *out);

// Gives a handle back. The registry ends with the last of its handles, servers and collectors; what is
// left of its families and series then writes nowhere visible. A null handle is no error; one that was
// freed is `not_found`.
enum metrion_status metrion_registry_free(struct metrion_registry registry);

// The counter family of these options; made when it is new.
//
// Fails with `metric_exists` when a family of that name has another schema or a sample name is taken;
// `invalid_name`, `reserved_name`; `invalid_value` for a wrong expiry; `limit_reached` when the registry is
// full. The others fail in the same ways.
enum metrion_status metrion_counter_family(struct metrion_registry registry,
                                           const struct metrion_family_options *options,
                                           struct metrion_family *out);

// The gauge family of these options; made when it is new. `mode` is a `metrion_gauge_mode`.
enum metrion_status metrion_gauge_family(struct metrion_registry registry,
                                         const struct metrion_family_options *options,
                                         int32_t mode,
                                         struct metrion_family *out);

// The histogram family of these options; made when it is new. Fails with `invalid_buckets`, too.
enum metrion_status metrion_histogram_family(struct metrion_registry registry,
                                             const struct metrion_histogram_options *options,
                                             struct metrion_family *out);

// The summary family of these options; made when it is new. Fails with `invalid_objectives`, too.
enum metrion_status metrion_summary_family(struct metrion_registry registry,
                                           const struct metrion_summary_options *options,
                                           struct metrion_family *out);

// The info family of these options; made when it is new.
enum metrion_status metrion_info_family(struct metrion_registry registry,
                                        const struct metrion_family_options *options,
                                        struct metrion_family *out);

// The state-set family of these options with 1 to 53 states, of which the first holds at the start; made
// when it is new. Fails with `invalid_value` for wrong states, too.
enum metrion_status metrion_state_set_family(struct metrion_registry registry,
                                             const struct metrion_family_options *options,
                                             const struct metrion_text *states,
                                             size_t state_count,
                                             struct metrion_family *out);

// Takes a family out of its registry. Handles to it and to its series stay valid and show nowhere; the
// name is free for another schema. Fails with `not_found` when this family is not in.
enum metrion_status metrion_unregister(struct metrion_registry registry,
                                       struct metrion_family family);

// Gives a handle back; the series stays in its family. A null handle is no error, one that was freed is
// `not_found`.
enum metrion_status metrion_series_free(struct metrion_series series);

// The calling thread's table of slabs, for the inline functions. It is good for as long as the thread
// runs.
const metrion_thread_slab *metrion_thread_slabs(void);

// `metrion_add`, out of line: for languages that cannot inline C.
enum metrion_status metrion_series_add(struct metrion_series series, double amount);

// `metrion_set`, out of line.
enum metrion_status metrion_series_set(struct metrion_series series, double value);

// `metrion_observe`, out of line.
enum metrion_status metrion_series_observe(struct metrion_series series, double value);

// Adds to a counter and keeps what was added as its exemplar. The labels say where it comes from, for
// instance `trace_id`.
//
// Fails with `invalid_value` as `metrion_add`, `invalid_exemplar` when the labels are too long or wrong:
// nothing is added then.
enum metrion_status metrion_add_with_exemplar(struct metrion_series series,
                                              double amount,
                                              const struct metrion_label *labels,
                                              size_t count);

// Gives a histogram an observation and keeps it as its bucket's exemplar.
//
// Fails with `invalid_exemplar` when the labels are too long or wrong: nothing is counted then.
enum metrion_status metrion_observe_with_exemplar(struct metrion_series series,
                                                  double value,
                                                  const struct metrion_label *labels,
                                                  size_t count);

// Sets what an info says, instead of what it said before.
//
// Fails with `invalid_name` and `reserved_name` for wrong names, `label_mismatch` for one that is a label
// of the family, `limit_reached` when the registry is full.
enum metrion_status metrion_set_info(struct metrion_series series,
                                     const struct metrion_label *labels,
                                     size_t count);

// Makes one state of a state set hold and no other. Fails with `invalid_value` when it is not one of the
// family's states.
enum metrion_status metrion_set_state(struct metrion_series series,
                                      struct metrion_text state);

// Makes one state of a state set hold, or not, and leaves the others: for one thread at a time.
enum metrion_status metrion_change_state(struct metrion_series series,
                                         struct metrion_text state,
                                         bool holds);

// Serves a registry over HTTP, from a thread of its own, until `metrion_server_free`; `options` may be
// null. The socket listens when this returns. After fork() the child has no such thread.
//
// Fails with `address_in_use` when another socket has the port, `invalid_value` for options that make no
// sense, `io` for anything else that the operating system refuses.
enum metrion_status metrion_serve(struct metrion_registry registry,
                                  const struct metrion_serve_options *options,
                                  struct metrion_server *out);

// The port on which a server listens.
enum metrion_status metrion_server_port(struct metrion_server server, uint16_t *out);

// Stops a server: sends the answers that are under way, 5 seconds at most, and frees the port. A null
// handle is no error, one that was freed is `not_found`.
enum metrion_status metrion_server_free(struct metrion_server server);

// The message of the calling thread's last failed call, in UTF-8; empty when none has failed.
//
// It is the library's, and good until the next failed call of the same thread.
const char *metrion_last_error(void);

// The stable text of a status, the same in every language: `metric_exists`, `label_mismatch`; `ok`
// for success and `internal` for a fault of the library, or for what is no status.
const char *metrion_status_code(int32_t status);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METRION_H */

#include "metrion_inline.h"
