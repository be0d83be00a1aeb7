package metrion

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func code(err error) string {
	var own *Error
	if !errors.As(err, &own) {
		return fmt.Sprint(err)
	}
	return own.Code
}

func TestShared(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("registries are shared on Linux only")
	}
	path := filepath.Join(t.TempDir(), "registry")
	for _, registry := range []*Registry{must(SharedRegistry(path)), must(SharedRegistry(path))} {
		must(must(registry.Counter("jobs", "")).With()).Inc()
	}
	if value := must(must(must(must(SharedRegistry(path)).Counter("jobs", "")).With()).Value()); value != 2 {
		t.Fatalf("the counter is %v", value)
	}
	if _, err := SharedRegistry(filepath.Join(path, "none")); code(err) != "io" {
		t.Fatal(err)
	}
}

func TestTypes(t *testing.T) {
	registry := must(NewRegistry())
	requests := must(registry.Counter("requests", "Requests.", "method", "path"))
	get := must(requests.With("GET", "/ä\x00"))
	get.Inc()
	if err := get.Add(1.5); err != nil {
		t.Fatal(err)
	}
	if value := must(get.Value()); value != 2.5 {
		t.Fatalf("the counter is %v", value)
	}
	heat := must(must(registry.Gauge("heat", "")).With())
	if err := heat.Set(20); err != nil {
		t.Fatal(err)
	}
	if err := heat.Add(-2); err != nil {
		t.Fatal(err)
	}
	waits := must(must(registry.Histogram("wait_seconds", "", []float64{1, 2})).With())
	if err := waits.Observe(1.5); err != nil {
		t.Fatal(err)
	}
	page := string(must(registry.Encode(Text)))
	for _, line := range []string{
		"requests_total{method=\"GET\",path=\"/ä\x00\"} 2.5\n", "heat 18\n", "wait_seconds_bucket{le=\"2\"} 1\n",
	} {
		if !strings.Contains(page, line) {
			t.Errorf("no %q in\n%s", line, page)
		}
	}
	if page := must(registry.Encode(JSON)); page[0] != '{' {
		t.Errorf("%s", page)
	}
}

func TestErrors(t *testing.T) {
	registry := must(NewRegistry())
	requests := must(registry.Counter("requests", "", "method"))
	get := must(requests.With("GET"))
	_, conflict := registry.Gauge("requests", "")
	_, mismatch := requests.With("GET", "/")
	_, wrong := registry.Counter("no-name", "")
	_, number := must(must(registry.Histogram("h", "", nil)).With()).Value()
	_, format := registry.Encode(9)
	for _, own := range []struct {
		err  error
		code string
	}{
		{conflict, "metric_exists"},
		{mismatch, "label_mismatch"},
		{wrong, "invalid_name"},
		{number, "unsupported"},
		{format, "unsupported"},
		{get.Add(-1), "invalid_value"},
	} {
		if code(own.err) != own.code {
			t.Errorf("%v is not %s", own.err, own.code)
		}
	}
}

func TestGoroutines(t *testing.T) {
	registry := must(NewRegistry())
	counter := must(must(registry.Counter("n", "")).With())
	var all sync.WaitGroup
	for i := 0; i < 50; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := 0; i < 1000; i++ {
				counter.Inc()
				if i%100 == 0 {
					runtime.Gosched() // to another thread, perhaps
				}
			}
		}()
	}
	all.Wait()
	if value := must(counter.Value()); value != 50_000 {
		t.Fatalf("the counter is %v", value)
	}
}

func TestServer(t *testing.T) {
	registry := must(NewRegistry())
	must(must(registry.Counter("n", "")).With()).Inc()
	server := must(registry.Serve(0))
	defer server.Close()
	answer := must(http.Get(fmt.Sprintf("http://127.0.0.1:%d/metrics", server.Port)))
	defer answer.Body.Close()
	if page := string(must(io.ReadAll(answer.Body))); !strings.Contains(page, "n_total 1\n") {
		t.Fatal(page)
	}
	if _, err := registry.Serve(server.Port); code(err) != "address_in_use" {
		t.Fatal(err)
	}
}

func BenchmarkInc(b *testing.B) {
	registry := must(NewRegistry())
	counter := must(must(registry.Counter("n", "")).With())
	for i := 0; i < b.N; i++ {
		counter.Inc()
	}
}
