// The classes of metrion.hpp.
#include "metrion.hpp"

#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

namespace {

template <class Function> std::string code_of(Function function) {
    try {
        function();
    } catch (const metrion::Error &error) {
        CHECK(error.what()[0] != '\0');
        return error.code();
    }
    return "no error";
}

bool has(const metrion::Registry &registry, const std::string &line) {
    return registry.text().find(line) != std::string::npos;
}

void test_types() {
    metrion::Registry registry;
    metrion::Counter jobs = registry.counter("jobs", "Jobs done.");
    jobs.inc();
    jobs.add(1.5);
    jobs.add(0.5, {{"trace_id", "ab12"}});
    CHECK(jobs.value() == 3);
    CHECK(!jobs.try_add(-1) && jobs.try_add(1));
    CHECK(code_of([&] { jobs.add(-1); }) == "invalid_value");
    CHECK(code_of([&] { jobs.add(1, {{"", "x"}}); }) == "invalid_exemplar");

    metrion::Gauge heat = registry.gauge("heat", "");
    heat.set(20);
    heat.dec();
    heat.sub(2);
    CHECK(heat.value() == 17);
    auto flights = registry.gauge_family({"flights", ""}, METRION_GAUGE_MODE_UP_DOWN).labels({});
    flights.inc();
    flights.inc();
    flights.dec();
    CHECK(flights.value() == 1);
    CHECK(code_of([&] { flights.set(1); }) == "unsupported");

    metrion::HistogramOptions options;
    options.family = {"wait_seconds", "", {"queue"}};
    options.buckets = {0.5, 1};
    auto waits = registry.histogram_family(options);
    auto wait = waits.labels({"a"});
    wait.observe(0.25);
    wait.observe(7, {{"trace_id", "ab12"}});
    waits.observe({"a"}, 0.75);
    metrion::HistogramValue value = wait.value();
    CHECK((value.counts == std::vector<double>{1, 1, 1}) && value.sum == 8 && !value.native);

    options.family = {"exponential", ""};
    options.buckets = std::vector<double>{};
    options.native = metrion::NativeOptions{};
    auto native = registry.histogram_family(options).labels({});
    native.observe(3);
    CHECK(native.value().native && native.value().native->positive.size() == 1);

    auto summary = registry.summary_family({{"size", ""}, {{0.5, 0.01}}}).labels({});
    CHECK(std::isnan(summary.value().quantiles.at(0)));
    summary.observe(10);
    CHECK(std::abs(summary.value().quantiles.at(0) - 10) < 0.1);

    auto info = registry.info_family({"build", ""}).labels({});
    info.set(std::initializer_list<metrion::Label>{{"version", "1.2"}});
    CHECK(info.value().at(0).second == "1.2");

    auto mode = registry.state_set_family({"mode", ""}, {"on", "off"}).labels({});
    mode.set("off");
    CHECK(mode.value() == std::vector<std::string>{"off"});
    CHECK(code_of([&] { mode.set("broken"); }) == "invalid_value");
}

void test_labels() {
    metrion::Registry registry;
    auto requests = registry.counter_family({"requests", "", {"method", "path"}});
    requests.inc({"GET", "/"});
    requests.labels({"GET", "/"}).inc();
    requests.labels_by_name({{"path", "/"}, {"method", "GET"}}).inc();
    auto gets = requests.curry({{"method", "GET"}});
    gets.add({"/"}, 2);
    // A text is not its beginning.
    requests.inc({std::string_view("GET\0", 4), "/"});
    CHECK(requests.labels({"GET", "/"}).value() == 5);
    CHECK(requests.size() == 2);
    std::vector<std::string> values{"PUT", "/"};
    requests.inc(values);
    CHECK(has(registry, "requests_total{method=\"PUT\",path=\"/\"} 1\n"));
    CHECK(requests.remove_matching({{"method", "PUT"}}) == 1);
    auto kept = requests.labels({"GET", "/"});
    requests.remove({"GET", "/"});
    kept.inc();
    CHECK(requests.size() == 1);
    CHECK(code_of([&] { requests.inc({"GET"}); }) == "label_mismatch");
    CHECK(code_of([&] { registry.gauge("requests", ""); }) == "metric_exists");
    registry.unregister(requests);
    CHECK(registry.text().empty());
}

void test_callback() {
    metrion::Registry registry;
    auto family = registry.gauge_family({"depth", ""});
    auto series = family.labels({});
    auto number = std::make_shared<double>(3);
    family.set_callback(series, [number] { return *number; });
    CHECK(has(registry, "depth 3\n") && number.use_count() == 2);
    family.set_callback(series, []() -> std::optional<double> { return std::nullopt; });
    CHECK(!has(registry, "depth 3\n") && number.use_count() == 1);
    // What a function holds may be handles, of whatever family.
    auto own = std::make_shared<metrion::Gauge>(family.labels({}));
    auto other = std::make_shared<metrion::Counter>(registry.counter("other", ""));
    other->inc();
    family.set_callback(series, [own = std::move(own), other = std::move(other)] { return other->value() + 1; });
    CHECK(has(registry, "depth 2\n"));
    family.set_callback(series, []() -> double { throw std::runtime_error("no"); });
    CHECK(!has(registry, "\ndepth"));
}

void test_timer() {
    metrion::Registry registry;
    auto seconds = registry.histogram("work_seconds", "");
    {
        metrion::ScopedTimer timer(seconds);
        CHECK(timer.seconds() >= 0);
    }
    {
        metrion::ScopedTimer timer(seconds);
        timer.discard();
    }
    double count = 0;
    for (double one : seconds.value().counts)
        count += one;
    CHECK(count == 1);
}

void test_moves() {
    metrion::Registry registry;
    metrion::Counter a = registry.counter("a", "");
    metrion::Counter b = std::move(a);
    b.inc();
    a = registry.counter("b", "");
    a.inc();
    std::swap(a, b);
    CHECK(a.value() == 1 && b.value() == 1);
    metrion::Registry other = metrion::Registry::process();
    other.counter("c", "").inc();
    CHECK(metrion::Registry::process().text() == "# TYPE c_total counter\nc_total 1\n");
    // Objects may outlive their registry.
    other = std::move(registry);
    a.inc();
}

void test_pages_and_server() {
    metrion::RegistryOptions options;
    options.constant_labels = {{"service", "shop"}};
    options.clock = [] { return 1700000000.0; };
    metrion::Registry registry(options);
    registry.counter("a", "").inc();
    metrion::EncodeOptions page;
    page.format = METRION_FORMAT_OPENMETRICS;
    page.created = true;
    CHECK(registry.encode(page).body == "# TYPE a counter\na_total{service=\"shop\"} 1.0\n"
                                        "a_created{service=\"shop\"} 1700000000\n# EOF\n");
    auto server = registry.serve();
    CHECK(server.port() != 0);
    metrion::ServeOptions same;
    same.port = server.port();
    CHECK(code_of([&] { registry.serve(same); }) == "address_in_use");
}

void test_second_server() {
    const auto path = std::filesystem::temp_directory_path() / ("metrion-second-" + std::to_string(getpid()));
    metrion::RegistryOptions options;
    options.shared = path.string();
    const metrion::Registry first(options), second(options);
    std::string heard;
    metrion::ServeOptions serve;
    serve.warn = [&](const std::string &message) { heard += message; };
    auto one = first.serve(serve);
    CHECK(heard.empty());
    auto two = second.serve(serve);
    CHECK(heard.find("scrape only one") != std::string::npos);
    CHECK(std::filesystem::remove(path));
}

} // namespace

int main() {
    test_types();
    test_labels();
    test_callback();
    test_timer();
    test_moves();
    test_pages_and_server();
    // Under valgrind a process cannot tell of itself; see shared.c.
    if (std::getenv("METRION_TEST_COUNTS_ONLY") == nullptr)
        test_second_server();
    std::puts("classes passed");
}
