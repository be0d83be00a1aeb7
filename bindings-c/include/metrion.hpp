// Metrion: metrics for C++17. README.md says how to begin.
//
// Objects own their handles and are moved, not copied; every object may be used from any thread. What fails
// throws metrion::Error, whose code() is the same text in every language. Recording never throws, but for
// amounts that a counter does not take: try_add() says so without.
#ifndef METRION_HPP
#define METRION_HPP

#include <functional>
#include <memory>

#include "metrion_series.hpp"

namespace metrion {

// All series of one name.
template <class Metric> class Family {
public:
    explicit Family(metrion_family handle) noexcept : handle_(handle) {}

    // The handle of the C interface; it stays this object's.
    metrion_family handle() const noexcept { return handle_.get(); }

    // The series with these label values, in the order of the label names; made when it is new. Keep it
    // where it is used often.
    template <class List = Values> Metric labels(const List &values) const {
        detail::ValueArray array(values);
        metrion_series series;
        detail::check(metrion_labels(handle(), array.data(), array.size(), &series));
        return Metric(series);
    }
    // The same with the labels named in any order: labels_by_name({{"method", "GET"}}).
    template <class List = Labels> Metric labels_by_name(const List &named) const {
        auto labels = detail::labels(named);
        metrion_series series;
        detail::check(metrion_labels_by_name(handle(), labels.data(), labels.size(), &series));
        return Metric(series);
    }
    // A view in which these labels have a fixed value.
    template <class List = Labels> Family curry(const List &fixed) const {
        auto labels = detail::labels(fixed);
        metrion_family view;
        detail::check(metrion_curry(handle(), labels.data(), labels.size(), &view));
        return Family(view);
    }

    // Updates of the series with these label values, without an object for it.
    template <class List = Values> void inc(const List &values) { add(values, 1); }
    template <class List = Values> void add(const List &values, double amount) {
        detail::ValueArray array(values);
        detail::check(metrion_family_add(handle(), array.data(), array.size(), amount));
    }
    template <class List = Values> void set(const List &values, double value) {
        detail::ValueArray array(values);
        detail::check(metrion_family_set(handle(), array.data(), array.size(), value));
    }
    template <class List = Values> void observe(const List &values, double value) {
        detail::ValueArray array(values);
        detail::check(metrion_family_observe(handle(), array.data(), array.size(), value));
    }

    // Lets a function without arguments give the value of one series of a counter or gauge from now on: a
    // number, or an empty std::optional<double> to leave the series out. When it throws, that is left out,
    // too. It is called on whatever thread collects.
    template <class Function> void set_callback(const Metric &series, Function function) {
        auto call = [](void *user, double *value) -> bool {
            try {
                std::optional<double> given = (*static_cast<Function *>(user))();
                *value = given.value_or(0);
                return given.has_value();
            } catch (...) {
                return false;
            }
        };
        auto own = std::make_unique<Function>(std::move(function));
        // The library releases it, also when this fails.
        detail::check(metrion_set_callback(handle(), series.handle(), call, own.release(),
                                           detail::Callable<Function>::release));
    }

    template <class List = Values> void remove(const List &values) {
        detail::ValueArray array(values);
        detail::check(metrion_remove(handle(), array.data(), array.size()));
    }
    // Removes every series that has these labels among its own; how many there were.
    template <class List = Labels> std::size_t remove_matching(const List &named) {
        auto labels = detail::labels(named);
        std::size_t removed = 0;
        detail::check(metrion_remove_matching(handle(), labels.data(), labels.size(), &removed));
        return removed;
    }
    void clear() { detail::check(metrion_clear(handle())); }
    // Sets all series to zero.
    void reset() { detail::check(metrion_reset(handle())); }
    // How many series there are.
    std::size_t size() const {
        std::size_t count;
        detail::check(metrion_series_count(handle(), &count));
        return count;
    }

private:
    detail::FamilyHandle handle_;
};

// What every family has; see metrion_family_options.
struct FamilyOptions {
    std::string name = {};
    std::string help = {};
    std::vector<std::string> label_names = {};
    std::string name_space = {};
    std::string subsystem = {};
    std::string unit = {};
    std::vector<std::pair<std::string, std::string>> constant_labels = {};
    std::optional<std::size_t> max_series = {};
    std::optional<double> expire_after_seconds = {};
};

// See metrion_native_options.
struct NativeOptions {
    std::optional<std::int8_t> schema = {};
    std::optional<double> factor = {};
    std::optional<std::size_t> max_buckets = {};
    std::optional<double> zero_threshold = {};
    std::optional<double> max_zero_threshold = {};
    std::optional<double> min_reset_seconds = {};
};

struct HistogramOptions {
    FamilyOptions family = {};
    // The upper bounds; by default those for durations of requests in seconds.
    std::optional<std::vector<double>> buckets = {};
    std::optional<NativeOptions> native = {};
};

struct SummaryOptions {
    FamilyOptions family = {};
    // Quantiles, each with the error that its rank may have.
    std::vector<std::pair<double, double>> objectives = {};
    std::optional<double> max_age_seconds = {};
    std::optional<std::size_t> age_buckets = {};
};

struct RegistryOptions {
    std::vector<std::pair<std::string, std::string>> constant_labels = {};
    // 0 is the default.
    std::size_t max_entries = 0;
    bool utf8_names = false;
    bool self_metrics = false;
    // The time in seconds since the Unix epoch, for tests. It must not throw.
    std::function<double()> clock = {};
    // The path of a file in which any number of processes share the registry; empty is memory of the process.
    std::string shared = {};
    // What a child that fork() makes has of a registry in memory of the process: "separate", a copy to go on
    // with, which is the default, or "share", the registry itself.
    std::string fork = {};
    // Whether a shared file that is damaged, or of another version, is given another name, and a new one made.
    bool move_damaged_aside = false;
};

// A format with what it may leave out or write in more than one way.
struct EncodeOptions {
    metrion_format format = METRION_FORMAT_TEXT;
    bool created = false;
    std::string escaping = {};
    // Only families that have one of these names, or a sample with one; none is all.
    std::vector<std::string> names = {};
};

struct Page {
    std::string body = {};
    // Why families were left out that cannot be written under their escaped names.
    std::vector<metrion_status> left_out = {};
};

// See metrion_serve_options.
struct ServeOptions {
    std::string address = {};
    std::uint16_t port = 0;
    std::string path = {};
    bool created = false;
    std::string tls_certificates = {};
    std::string tls_key = {};
    std::string tls_client_authorities = {};
    bool tls_client_required = false;
    // None is a line on stderr. It must not throw.
    std::function<void(const std::string &)> warn = {};
};

namespace detail {

template <class T> const T *optional(const std::optional<T> &own) { return own ? &*own : nullptr; }

// The C form of options, with the lists that it points to.
class CFamilyOptions {
public:
    explicit CFamilyOptions(const FamilyOptions &own)
        : names_(texts(own.label_names)), labels_(detail::labels(own.constant_labels)) {
        c_.name = text(own.name);
        c_.help = text(own.help);
        c_.namespace_ = text(own.name_space);
        c_.subsystem = text(own.subsystem);
        c_.unit = text(own.unit);
        c_.label_names = names_.data();
        c_.label_name_count = names_.size();
        c_.constant_labels = labels_.data();
        c_.constant_label_count = labels_.size();
        c_.max_series = optional(own.max_series);
        c_.expire_after_seconds = optional(own.expire_after_seconds);
    }

    const metrion_family_options *get() const { return &c_; }

private:
    metrion_family_options c_{};
    std::vector<metrion_text> names_;
    std::vector<metrion_label> labels_;
};

} // namespace detail

// A running HTTP server; its end stops it.
class Server {
public:
    explicit Server(metrion_server handle) noexcept : handle_(handle) {}

    std::uint16_t port() const {
        std::uint16_t port;
        detail::check(metrion_server_port(handle_.get(), &port));
        return port;
    }

private:
    detail::Owned<metrion_server, metrion_server_free> handle_;
};

// A set of metrics that are exposed together.
class Registry {
public:
    explicit Registry(const RegistryOptions &options = {}) : handle_(make(options)) {}

    // The registry of the process; METRION_SHARED in the environment shares it with other processes.
    static Registry process() {
        metrion_registry registry;
        detail::check(metrion_registry_default(&registry));
        return Registry(registry);
    }

    // The handle of the C interface; it stays this object's.
    metrion_registry handle() const noexcept { return handle_.get(); }

    // Metrics without labels.
    Counter counter(std::string name, std::string help) {
        return counter_family({std::move(name), std::move(help)}).labels({});
    }
    Gauge gauge(std::string name, std::string help) {
        return gauge_family({std::move(name), std::move(help)}).labels({});
    }
    Histogram histogram(std::string name, std::string help) {
        return histogram_family({{std::move(name), std::move(help)}, {}, {}}).labels({});
    }

    Family<Counter> counter_family(const FamilyOptions &options) {
        metrion_family family;
        detail::check(metrion_counter_family(handle(), detail::CFamilyOptions(options).get(), &family));
        return Family<Counter>(family);
    }

    Family<Gauge> gauge_family(const FamilyOptions &options,
                               metrion_gauge_mode mode = METRION_GAUGE_MODE_LAST_VALUE) {
        metrion_family family;
        detail::check(metrion_gauge_family(handle(), detail::CFamilyOptions(options).get(), mode, &family));
        return Family<Gauge>(family);
    }

    Family<Histogram> histogram_family(const HistogramOptions &options) {
        detail::CFamilyOptions common(options.family);
        metrion_native_options native{};
        metrion_histogram_options own{};
        // The address of something, as no bounds and the default are two things.
        const double none = 0;
        own.family = *common.get();
        if (options.buckets) {
            own.buckets = options.buckets->empty() ? &none : options.buckets->data();
            own.bucket_count = options.buckets->size();
        }
        if (options.native) {
            native.schema = detail::optional(options.native->schema);
            native.factor = detail::optional(options.native->factor);
            native.max_buckets = detail::optional(options.native->max_buckets);
            native.zero_threshold = detail::optional(options.native->zero_threshold);
            native.max_zero_threshold = detail::optional(options.native->max_zero_threshold);
            native.min_reset_seconds = detail::optional(options.native->min_reset_seconds);
            own.native = &native;
        }
        metrion_family family;
        detail::check(metrion_histogram_family(handle(), &own, &family));
        return Family<Histogram>(family);
    }

    Family<Summary> summary_family(const SummaryOptions &options) {
        detail::CFamilyOptions common(options.family);
        std::vector<metrion_objective> objectives;
        for (const auto &[quantile, error] : options.objectives)
            objectives.push_back({quantile, error});
        metrion_summary_options own{};
        own.family = *common.get();
        own.objectives = objectives.data();
        own.objective_count = objectives.size();
        own.max_age_seconds = detail::optional(options.max_age_seconds);
        own.age_buckets = detail::optional(options.age_buckets);
        metrion_family family;
        detail::check(metrion_summary_family(handle(), &own, &family));
        return Family<Summary>(family);
    }

    Family<Info> info_family(const FamilyOptions &options) {
        metrion_family family;
        detail::check(metrion_info_family(handle(), detail::CFamilyOptions(options).get(), &family));
        return Family<Info>(family);
    }

    // The first of the states holds at the start.
    Family<StateSet> state_set_family(const FamilyOptions &options, const std::vector<std::string> &states) {
        auto names = detail::texts(states);
        metrion_family family;
        detail::check(metrion_state_set_family(handle(), detail::CFamilyOptions(options).get(), names.data(),
                                               names.size(), &family));
        return Family<StateSet>(family);
    }

    // Takes a family out.
    template <class Metric> void unregister(const Family<Metric> &family) {
        detail::check(metrion_unregister(handle(), family.handle()));
    }

    // All metrics in the Prometheus text format.
    std::string text() const { return encode({}).body; }

    Page encode(const EncodeOptions &options) const {
        auto names = detail::texts(options.names);
        metrion_encode_options own{};
        own.created = options.created;
        own.escaping = detail::text(options.escaping);
        own.names = names.data();
        own.name_count = names.size();
        metrion_page page;
        detail::check(metrion_encode_page(handle(), options.format, &own, &page));
        struct Guard {
            metrion_page *page;
            ~Guard() { metrion_page_free(page); }
        } guard{&page};
        return {std::string(reinterpret_cast<const char *>(page.data), page.length),
                std::vector<metrion_status>(page.left_out, page.left_out + page.left_out_count)};
    }

    // Serves the metrics over HTTP until the server's end.
    Server serve(const ServeOptions &options = {}) const {
        metrion_serve_options own{};
        own.address = detail::text(options.address);
        own.port = options.port;
        own.path = detail::text(options.path);
        own.created = options.created;
        own.tls_certificates = detail::text(options.tls_certificates);
        own.tls_key = detail::text(options.tls_key);
        own.tls_client_authorities = detail::text(options.tls_client_authorities);
        own.tls_client_required = options.tls_client_required;
        if (options.warn) {
            own.warn_user = const_cast<ServeOptions *>(&options);
            own.warn = [](void *user, const char *message) {
                static_cast<const ServeOptions *>(user)->warn(message);
            };
        }
        metrion_server server;
        detail::check(metrion_serve(handle(), &own, &server));
        return Server(server);
    }

private:
    explicit Registry(metrion_registry handle) noexcept : handle_(handle) {}

    static metrion_registry make(const RegistryOptions &options) {
        auto labels = detail::labels(options.constant_labels);
        metrion_registry_options own{};
        own.constant_labels = labels.data();
        own.constant_label_count = labels.size();
        own.max_entries = options.max_entries;
        own.utf8_names = options.utf8_names;
        own.self_metrics = options.self_metrics;
        own.shared = detail::text(options.shared);
        own.fork = detail::text(options.fork);
        own.move_damaged_aside = options.move_damaged_aside;
        using Clock = std::function<double()>;
        if (options.clock) {
            own.clock = [](void *user) noexcept { return (*static_cast<Clock *>(user))(); };
            own.clock_user = new Clock(options.clock);
            own.clock_release = detail::Callable<Clock>::release;
        }
        metrion_registry registry;
        detail::check(metrion_registry_new(&own, &registry));
        return registry;
    }

    detail::Owned<metrion_registry, metrion_registry_free> handle_;
};

} // namespace metrion

#endif
