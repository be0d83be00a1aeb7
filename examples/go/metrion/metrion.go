// Package metrion is a small Go package over Metrion's C interface, by cgo.
//
// A call through cgo costs tens of nanoseconds whatever it does, so the metrics here are for programs that share a
// registry with C or C++ code, or want its formats; see the README for the number.
package metrion

/*
#cgo pkg-config: metrion
#include <stdlib.h>
#include <metrion.h>

// Go cannot pass Go memory that holds pointers to other Go memory, so the values of labels come as one text with
// their lengths, and become a list here.
enum { MOST_LABELS = 32 };

static metrion_status list_values(const char *text, const size_t *lengths, size_t count, metrion_text *list)
{
    if (count > MOST_LABELS)
        return METRION_STATUS_LABEL_MISMATCH;
    for (size_t i = 0; i < count; i++) {
        list[i].data = text;
        list[i].length = lengths[i];
        text += lengths[i];
    }
    return METRION_STATUS_OK;
}

// What failed, with its message, in one call: the next one may be on another thread.
typedef struct failure {
    metrion_status status;
    char *message;
} failure;

static failure fail(metrion_status status)
{
    failure own = {status, NULL};
    if (status != METRION_STATUS_OK) {
        size_t size = strlen(metrion_last_error()) + 1;
        own.message = malloc(size);
        if (own.message != NULL)
            memcpy(own.message, metrion_last_error(), size);
    }
    return own;
}

static failure new_registry(const char *shared, size_t shared_length, metrion_registry *out)
{
    metrion_registry_options options = {0};
    options.shared = (metrion_text){shared, shared_length};
    return fail(metrion_registry_new(&options, out));
}

enum kind { COUNTER, GAUGE, HISTOGRAM };

static failure new_family(metrion_registry registry, int kind, const char *name, size_t name_length, const char *help,
                          size_t help_length, const char *labels, const size_t *lengths, size_t count,
                          const double *buckets, size_t bucket_count, metrion_family *out)
{
    metrion_text names[MOST_LABELS];
    metrion_histogram_options options = {0};
    metrion_status status = list_values(labels, lengths, count, names);
    if (status != METRION_STATUS_OK) {
        failure own = {status, NULL};
        return own;
    }
    options.family.name = (metrion_text){name, name_length};
    options.family.help = (metrion_text){help, help_length};
    options.family.label_names = names;
    options.family.label_name_count = count;
    options.buckets = buckets;
    options.bucket_count = bucket_count;
    if (kind == COUNTER)
        return fail(metrion_counter_family(registry, &options.family, out));
    if (kind == GAUGE)
        return fail(metrion_gauge_family(registry, &options.family, METRION_GAUGE_MODE_LAST_VALUE, out));
    return fail(metrion_histogram_family(registry, &options, out));
}

static failure find_series(metrion_family family, const char *values, const size_t *lengths, size_t count,
                           metrion_series *out)
{
    metrion_text list[MOST_LABELS];
    metrion_status status = list_values(values, lengths, count, list);
    if (status != METRION_STATUS_OK) {
        failure own = {status, NULL};
        return own;
    }
    return fail(metrion_labels(family, list, count, out));
}

static failure add(metrion_series series, double amount) { return fail(metrion_add(series, amount)); }
static failure set(metrion_series series, double value) { return fail(metrion_set(series, value)); }
static failure observe(metrion_series series, double value) { return fail(metrion_observe(series, value)); }
static failure value(metrion_series series, double *out) { return fail(metrion_value(series, out)); }
static void inc(metrion_series series) { metrion_inc(series); }

static failure encode(metrion_registry registry, int format, metrion_page *out)
{
    return fail(metrion_encode_page(registry, format, NULL, out));
}

static failure serve(metrion_registry registry, uint16_t port, metrion_server *out)
{
    metrion_serve_options options = {0};
    options.port = port;
    return fail(metrion_serve(registry, &options, out));
}
*/
import "C"

import (
	"runtime"
	"strings"
	"unsafe"
)

// Error is what failed: a code that is the same in every language, and a message for people.
type Error struct {
	Code    string
	Message string
}

func (e *Error) Error() string { return e.Message + " [" + e.Code + "]" }

func check(own C.failure) error {
	if own.status == C.METRION_STATUS_OK {
		return nil
	}
	failed := &Error{Code: C.GoString(C.metrion_status_code(C.int32_t(own.status)))}
	if own.message == nil {
		failed.Message = "the labels are too many"
		return failed
	}
	failed.Message = C.GoString(own.message)
	C.free(unsafe.Pointer(own.message))
	return failed
}

// Format is the format of a page.
type Format int

// The formats.
const (
	Text        Format = C.METRION_FORMAT_TEXT
	OpenMetrics Format = C.METRION_FORMAT_OPENMETRICS
	Protobuf    Format = C.METRION_FORMAT_PROTOBUF
	JSON        Format = C.METRION_FORMAT_JSON
)

// Registry is a set of metrics that are exposed together.
type Registry struct{ handle C.metrion_registry }

// NewRegistry makes a registry in memory of its own.
func NewRegistry() (*Registry, error) { return SharedRegistry("") }

// SharedRegistry opens the registry in a file that any number of processes share, in any language.
func SharedRegistry(path string) (*Registry, error) {
	registry := &Registry{}
	if err := check(C.new_registry(data(path), C.size_t(len(path)), &registry.handle)); err != nil {
		return nil, err
	}
	runtime.SetFinalizer(registry, func(own *Registry) { C.metrion_registry_free(own.handle) })
	return registry, nil
}

// family is what the three kinds have in common.
type family struct{ handle C.metrion_family }

// series is what the three kinds have in common.
type series struct{ handle C.metrion_series }

// CounterVec is a family of counters, GaugeVec of gauges, HistogramVec of histograms.
type (
	CounterVec   struct{ family }
	GaugeVec     struct{ family }
	HistogramVec struct{ family }
)

// Counter is a number that only goes up.
type Counter struct{ series }

// Gauge is a number that goes up and down.
type Gauge struct{ series }

// Histogram counts observations by upper bound.
type Histogram struct{ series }

// Counter makes a counter family, or gets the one of the same schema.
func (r *Registry) Counter(name, help string, labels ...string) (*CounterVec, error) {
	made := &CounterVec{}
	return made, r.family(&made.family, C.COUNTER, name, help, labels, nil)
}

// Gauge makes a gauge family, or gets the one of the same schema.
func (r *Registry) Gauge(name, help string, labels ...string) (*GaugeVec, error) {
	made := &GaugeVec{}
	return made, r.family(&made.family, C.GAUGE, name, help, labels, nil)
}

// Histogram makes a histogram family, or gets the one of the same schema. Nil buckets are those for durations of
// requests in seconds.
func (r *Registry) Histogram(name, help string, buckets []float64, labels ...string) (*HistogramVec, error) {
	made := &HistogramVec{}
	return made, r.family(&made.family, C.HISTOGRAM, name, help, labels, buckets)
}

func (r *Registry) family(made *family, kind C.int, name, help string, labels []string, buckets []float64) error {
	text, lengths := join(labels)
	var bounds *C.double
	if len(buckets) > 0 {
		bounds = (*C.double)(unsafe.Pointer(&buckets[0]))
	}
	failed := C.new_family(r.handle, kind, data(name), C.size_t(len(name)), data(help), C.size_t(len(help)),
		data(text), first(lengths), C.size_t(len(labels)), bounds, C.size_t(len(buckets)), &made.handle)
	runtime.KeepAlive(r)
	if err := check(failed); err != nil {
		return err
	}
	runtime.SetFinalizer(made, func(own *family) { C.metrion_family_free(own.handle) })
	return nil
}

func (f *family) with(found *series, values []string) error {
	text, lengths := join(values)
	failed := C.find_series(f.handle, data(text), first(lengths), C.size_t(len(values)), &found.handle)
	runtime.KeepAlive(f)
	if err := check(failed); err != nil {
		return err
	}
	runtime.SetFinalizer(found, func(own *series) { C.metrion_series_free(own.handle) })
	return nil
}

// With is the counter with these label values, in the order of the labels. Keep it where it is used often.
func (v *CounterVec) With(values ...string) (*Counter, error) {
	found := &Counter{}
	return found, v.with(&found.series, values)
}

// With is the gauge with these label values.
func (v *GaugeVec) With(values ...string) (*Gauge, error) {
	found := &Gauge{}
	return found, v.with(&found.series, values)
}

// With is the histogram with these label values.
func (v *HistogramVec) With(values ...string) (*Histogram, error) {
	found := &Histogram{}
	return found, v.with(&found.series, values)
}

// Inc adds one.
func (c *Counter) Inc() {
	C.inc(c.handle)
	runtime.KeepAlive(c)
}

// Add adds an amount from 0 up; another one is an error.
func (c *Counter) Add(amount float64) error { return c.add(amount) }

// Add adds an amount, which may be negative.
func (g *Gauge) Add(amount float64) error { return g.add(amount) }

// Set sets the value.
func (g *Gauge) Set(value float64) error {
	failed := C.set(g.handle, C.double(value))
	runtime.KeepAlive(g)
	return check(failed)
}

// Observe counts an observation.
func (h *Histogram) Observe(value float64) error {
	failed := C.observe(h.handle, C.double(value))
	runtime.KeepAlive(h)
	return check(failed)
}

// Value is what a counter or gauge reads; for a histogram it is an error.
func (s *series) Value() (float64, error) {
	var value C.double
	failed := C.value(s.handle, &value)
	runtime.KeepAlive(s)
	return float64(value), check(failed)
}

func (s *series) add(amount float64) error {
	failed := C.add(s.handle, C.double(amount))
	runtime.KeepAlive(s)
	return check(failed)
}

// Encode is the registry as a page in a format.
func (r *Registry) Encode(format Format) ([]byte, error) {
	var page C.metrion_page
	failed := C.encode(r.handle, C.int(format), &page)
	runtime.KeepAlive(r)
	if err := check(failed); err != nil {
		return nil, err
	}
	defer C.metrion_page_free(&page)
	return C.GoBytes(unsafe.Pointer(page.data), C.int(page.length)), nil
}

// Server is a running HTTP server.
type Server struct {
	handle C.metrion_server
	// Port is where it listens.
	Port uint16
}

// Serve serves the registry over HTTP at a port of 127.0.0.1, or at any free one for 0, until Close.
func (r *Registry) Serve(port uint16) (*Server, error) {
	server := &Server{}
	failed := C.serve(r.handle, C.uint16_t(port), &server.handle)
	runtime.KeepAlive(r)
	if err := check(failed); err != nil {
		return nil, err
	}
	C.metrion_server_port(server.handle, (*C.uint16_t)(&server.Port))
	return server, nil
}

// Close stops the server.
func (s *Server) Close() { C.metrion_server_free(s.handle) }

// join puts texts one behind the other.
func join(texts []string) (string, []C.size_t) {
	lengths := make([]C.size_t, len(texts))
	for i, text := range texts {
		lengths[i] = C.size_t(len(text))
	}
	return strings.Join(texts, ""), lengths
}

// data is a copy of a string's bytes; C only reads them, during the call.
func data(text string) *C.char {
	if text == "" {
		return nil
	}
	return (*C.char)(unsafe.Pointer(&[]byte(text)[0]))
}

func first(lengths []C.size_t) *C.size_t {
	if len(lengths) == 0 {
		return nil
	}
	return &lengths[0]
}
