#include "case.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <variant>

namespace {

constexpr double START = 1700000000;

// By their numbers.
constexpr std::string_view MODES[] = {"last", "up_down", "all", "liveall", "min", "livemin", "max",
                                      "livemax", "sum", "livesum", "mostrecent", "livemostrecent"};

template <class... Metrics>
using HandleOf = std::variant<metrion::Family<Metrics>..., Metrics...>;
using Handle = HandleOf<metrion::Counter, metrion::Gauge, metrion::Histogram, metrion::Summary, metrion::Info,
                        metrion::StateSet>;

template <class T> struct FamilyOf : std::false_type {};
template <class Metric> struct FamilyOf<metrion::Family<Metric>> : std::true_type {
    using metric = Metric;
};

template <class T> constexpr bool is_family = FamilyOf<std::decay_t<T>>::value;

template <class T> constexpr bool counts = std::is_same_v<T, metrion::Counter> || std::is_same_v<T, metrion::Gauge>;

using metrion::detail::check;

std::string lines(const Json &written) {
    std::string text;
    for (const Json &line : written)
        text += line.get<std::string>() + "\n";
    return text;
}

std::string bytes(const std::string &hexadecimal) {
    std::string all;
    for (std::size_t i = 0; i < hexadecimal.size(); i += 2)
        all.push_back(static_cast<char>(std::stoi(hexadecimal.substr(i, 2), nullptr, 16)));
    return all;
}

// Delimited messages: each behind its length as a variable-length integer.
std::string messages(const Json &written) {
    std::string all;
    for (const Json &message : written) {
        const std::string own = bytes(message);
        std::size_t length = own.size();
        for (; length >= 0x80; length >>= 7)
            all.push_back(static_cast<char>(length | 0x80));
        all.push_back(static_cast<char>(length));
        all += own;
    }
    return all;
}

bool same_json(const Json &a, const Json &b) {
    if (a.is_number() && b.is_number())
        return same(a.get<double>(), b.get<double>());
    if (a.type() != b.type() || a.size() != b.size())
        return false;
    if (!a.is_structured())
        return a == b;
    for (auto x = a.begin(), y = b.begin(); x != a.end(); ++x, ++y)
        if (!same_json(*x, *y) || (a.is_object() && x.key() != y.key()))
            return false;
    return true;
}

void expect(const std::string &found, const std::string &expected) {
    require(found == expected, "the page is\n" + found + "and should be\n" + expected);
}

class Run {
public:
    Run(Fields setup, Updates updates) : registry_(make(setup)), updates_(updates) {}

    void apply(const std::string &op, Fields &f) {
        if (op == "create")
            create(f);
        else if (op == "labels")
            labels(f);
        else if (op == "curry")
            with_family(f, [&](auto &family) { bind(f.text("id"), family.curry(pairs(f.at("names")))); });
        else if (op == "inc")
            with_child(f, [&](auto &child) { inc(child); });
        else if (op == "add")
            with_child(f, [&](auto &child) { add(child, number(f.at("value")), f.find("exemplar")); });
        else if (op == "dec")
            with_child(f, [&](auto &child) { dec(child, number(f.at("value"))); });
        else if (op == "set")
            with_child(f, [&](auto &child) { set(child, number(f.at("value"))); });
        else if (op == "observe")
            with_child(f, [&](auto &child) { observe(child, number(f.at("value")), f.find("exemplar")); });
        else if (op == "set_info")
            set_info(f);
        else if (op == "set_state")
            with_child(f, [&](auto &child) {
                if constexpr (std::is_same_v<std::decay_t<decltype(child)>, metrion::StateSet>)
                    child.set(f.text("state"));
                else
                    throw Mismatch("set_state is for state sets");
            });
        else if (op == "advance")
            *clock_ += number(f.at("seconds"));
        else if (op == "collect")
            collectors_.push_back(register_families(registry_.handle(), f.at("families")));
        else if (op == "parse")
            parse(f);
        else if (op == "serve")
            serve(f);
        else if (op == "remove")
            with_family(f, [&](auto &family) { family.remove(f.at("values").get<std::vector<std::string>>()); });
        else if (op == "remove_matching")
            with_family(f, [&](auto &family) { family.remove_matching(pairs(f.at("names"))); });
        else if (op == "clear")
            with_family(f, [](auto &family) { family.clear(); });
        else if (op == "reset")
            with_family(f, [](auto &family) { family.reset(); });
        else if (op == "unregister")
            with_family(f, [&](auto &family) { registry_.unregister(family); });
        else if (op == "expect_text")
            expect_text(f.at("text"), f.get<std::vector<std::string>>("filter", {}));
        else if (op == "expect_page")
            expect_page(f);
        else if (op == "expect_values")
            expect_values(f.at("values"));
        else
            throw Mismatch("unknown operation " + op);
    }

    void expect_text(const Json &text, const std::vector<std::string> &filter) const {
        metrion::EncodeOptions options;
        options.names = filter;
        expect(registry_.encode(options).body, lines(text));
    }

    void expect_page(Fields &f) const {
        static const std::map<std::string, metrion_format> FORMATS = {{"text", METRION_FORMAT_TEXT},
                                                                      {"openmetrics", METRION_FORMAT_OPENMETRICS},
                                                                      {"protobuf", METRION_FORMAT_PROTOBUF},
                                                                      {"json", METRION_FORMAT_JSON}};
        const std::string format = f.text("format");
        require(FORMATS.count(format) == 1, "unknown format " + format);
        metrion::EncodeOptions options;
        options.format = FORMATS.at(format);
        if (format == "text" || format == "openmetrics")
            options.created = f.get("created", false);
        if (format != "json")
            options.escaping = f.text("escaping", "");
        const metrion::Page page = registry_.encode(options);
        if (format == "json") {
            require(same_json(Json::parse(keep_negative_zeros(page.body)), f.at("json")),
                    "the JSON is\n" + page.body + "and should be\n" + f.at("json").dump());
        } else {
            expect(page.body, format == "protobuf" ? messages(f.at("messages")) : lines(f.at("lines")));
            std::vector<std::string> left_out;
            for (metrion_status status : page.left_out)
                left_out.push_back(metrion_status_code(status));
            require(left_out == f.get<std::vector<std::string>>("left_out", {}), "other families are left out");
        }
    }

    void expect_values(const Json &values) {
        for (const auto &[id, expected] : values.items()) {
            const Json &own = expected;
            const std::string name = id;
            with_child(name, [&](auto &child) { expect_value(child, own, name); });
        }
    }

private:
    metrion::Registry make(Fields &setup) {
        metrion::RegistryOptions options;
        options.utf8_names = setup.get("utf8_names", false);
        options.constant_labels = pairs(setup.get<Json>("constant_labels", Json::array()));
        options.max_entries = setup.get<std::size_t>("max_entries", 0);
        options.clock = [clock = clock_] { return *clock; };
        setup.finish();
        const char *shared = std::getenv("METRION_VECTORS_SHARED");
        if (shared == nullptr)
            return metrion::Registry(options);
        options.shared = shared;
        metrion::Registry registry(options);
        // It goes on without a name, and the next case has a file of its own.
        require(std::remove(shared) == 0, "the shared file is not there");
        return registry;
    }

    Handle &handle(const std::string &id) {
        auto found = handles_.find(id);
        require(found != handles_.end(), "there is no handle " + id);
        return found->second;
    }

    template <class T> void bind(const std::string &id, T made) {
        require(handles_.emplace(id, std::move(made)).second, "the id " + id + " is used twice");
    }

    template <class Then> void with_family(Fields &f, Then then) {
        std::visit(
            [&](auto &own) {
                if constexpr (is_family<decltype(own)>)
                    then(own);
                else
                    throw Mismatch("this handle is not a family");
            },
            handle(f.text("family")));
    }

    // A series, or the one of a family without open labels.
    template <class Then> void with_child(const std::string &id, Then then) {
        std::visit(
            [&](auto &own) {
                if constexpr (is_family<decltype(own)>) {
                    auto child = own.labels({});
                    then(child);
                } else {
                    then(own);
                }
            },
            handle(id));
    }

    template <class Then> void with_child(Fields &f, Then then) { with_child(f.text("on"), then); }

    void create(Fields &f) {
        const std::string type = f.text("type"), id = f.text("id");
        metrion::FamilyOptions family;
        family.name = f.text("name");
        family.help = f.text("help", "");
        family.name_space = f.text("namespace", "");
        family.subsystem = f.text("subsystem", "");
        family.unit = f.text("unit", "");
        family.label_names = f.get<std::vector<std::string>>("label_names", {});
        family.constant_labels = pairs(f.get<Json>("constant_labels", Json::array()));
        if (const Json *limit = f.find("max_series"))
            family.max_series = limit->get<std::size_t>();
        family.expire_after_seconds = f.number("expire_after");
        if (type == "counter") {
            bind(id, registry_.counter_family(family));
        } else if (type == "gauge") {
            const auto mode = std::find(std::begin(MODES), std::end(MODES), f.text("mode", "last"));
            require(mode != std::end(MODES), "unknown mode");
            bind(id, registry_.gauge_family(family, static_cast<metrion_gauge_mode>(mode - std::begin(MODES))));
        } else if (type == "histogram") {
            metrion::HistogramOptions options;
            options.family = family;
            if (const Json *buckets = f.find("buckets"))
                options.buckets = numbers(*buckets);
            if (const Json *own = f.find("native"))
                options.native = native(*own);
            bind(id, registry_.histogram_family(options));
        } else if (type == "summary") {
            metrion::SummaryOptions options;
            options.family = family;
            for (const Json &pair : f.get<Json>("objectives", Json::array()))
                options.objectives.emplace_back(number(pair.at(0)), number(pair.at(1)));
            options.max_age_seconds = f.number("max_age");
            if (const Json *slices = f.find("age_buckets"))
                options.age_buckets = slices->get<std::size_t>();
            bind(id, registry_.summary_family(options));
        } else if (type == "info") {
            bind(id, registry_.info_family(family));
        } else {
            require(type == "state_set", "unknown type " + type);
            bind(id, registry_.state_set_family(family, f.get<std::vector<std::string>>("states", {})));
        }
    }

    static metrion::NativeOptions native(const Json &written) {
        Fields f(written);
        metrion::NativeOptions options;
        if (const Json *schema = f.find("schema"))
            options.schema = schema->get<std::int8_t>();
        options.factor = f.number("factor");
        if (const Json *most = f.find("max_buckets"))
            options.max_buckets = most->get<std::size_t>();
        options.zero_threshold = f.number("zero_threshold");
        options.max_zero_threshold = f.number("max_zero_threshold");
        options.min_reset_seconds = f.number("min_reset");
        f.finish();
        return options;
    }

    void labels(Fields &f) {
        const Json *values = f.find("values"), *names = f.find("names");
        require((values == nullptr) != (names == nullptr), "one of values and names");
        with_family(f, [&](auto &family) {
            if (values != nullptr)
                bind(f.text("id"), family.labels(values->get<std::vector<std::string>>()));
            else
                bind(f.text("id"), family.labels_by_name(pairs(*names)));
        });
    }

    template <class Metric> void inc(Metric &metric) const {
        if (updates_ != Updates::classes)
            add(metric, 1, nullptr);
        else if constexpr (counts<Metric>)
            metric.inc();
        else
            throw Mismatch("inc is for counters and gauges");
    }

    template <class Metric> void add(Metric &metric, double amount, const Json *exemplar) const {
        if (exemplar != nullptr) {
            if constexpr (std::is_same_v<Metric, metrion::Counter>)
                metric.add(amount, pairs(*exemplar));
            else
                throw Mismatch("exemplars of additions are for counters");
        } else if (updates_ == Updates::inlined) {
            check(metrion_add(metric.handle(), amount));
        } else if (updates_ == Updates::calls) {
            check(metrion_series_add(metric.handle(), amount));
        } else if constexpr (counts<Metric>) {
            metric.add(amount);
        } else {
            throw Mismatch("add is for counters and gauges");
        }
    }

    template <class Metric> void dec(Metric &metric, double amount) const {
        if constexpr (!std::is_same_v<Metric, metrion::Gauge>)
            throw Mismatch("dec is for gauges");
        else if (updates_ == Updates::classes)
            metric.sub(amount);
        else
            add(metric, -amount, nullptr);
    }

    template <class Metric> void set(Metric &metric, double value) const {
        if (updates_ == Updates::inlined)
            check(metrion_set(metric.handle(), value));
        else if (updates_ == Updates::calls)
            check(metrion_series_set(metric.handle(), value));
        else if constexpr (std::is_same_v<Metric, metrion::Gauge>)
            metric.set(value);
        else
            throw Mismatch("set is for gauges");
    }

    template <class Metric> void observe(Metric &metric, double value, const Json *exemplar) const {
        if (exemplar != nullptr) {
            if constexpr (std::is_same_v<Metric, metrion::Histogram>)
                metric.observe(value, pairs(*exemplar));
            else
                throw Mismatch("exemplars of observations are for histograms");
        } else if (updates_ == Updates::inlined) {
            check(metrion_observe(metric.handle(), value));
        } else if (updates_ == Updates::calls) {
            check(metrion_series_observe(metric.handle(), value));
        } else if constexpr (std::is_same_v<Metric, metrion::Histogram> || std::is_same_v<Metric, metrion::Summary>) {
            metric.observe(value);
        } else {
            throw Mismatch("observe is for histograms and summaries");
        }
    }

    void set_info(Fields &f) {
        with_child(f, [&](auto &child) {
            if constexpr (std::is_same_v<std::decay_t<decltype(child)>, metrion::Info>)
                child.set(pairs(f.at("labels")));
            else
                throw Mismatch("set_info is for infos");
        });
    }

    static void parse(Fields &f) {
        const std::string format = f.text("format"), text = lines(f.at("lines"));
        require(format == "text" || format == "openmetrics", "unknown format " + format);
        check(metrion_check(format == "text" ? METRION_FORMAT_TEXT : METRION_FORMAT_OPENMETRICS,
                            reinterpret_cast<const std::uint8_t *>(text.data()), text.size()));
    }

    void serve(Fields &f) {
        metrion::ServeOptions options;
        options.address = f.text("host", "");
        if (const Json *other = f.find("port_of"))
            options.port = servers_.at(other->get<std::string>()).port();
        servers_.emplace(f.text("id"), registry_.serve(options));
    }

    template <class Metric> static void expect_value(const Metric &metric, const Json &expected, const std::string &id) {
        const auto found = metric.value();
        if constexpr (std::is_same_v<Metric, metrion::Counter> || std::is_same_v<Metric, metrion::Gauge>) {
            ::expect(found, number(expected), id);
        } else if constexpr (std::is_same_v<Metric, metrion::Histogram>) {
            Fields f(expected);
            expect_numbers(found.counts, numbers(f.at("counts")), id);
            ::expect(found.sum, number(f.at("sum")), id);
            expect_native(found.native, f.find("native"), id);
            f.finish();
        } else if constexpr (std::is_same_v<Metric, metrion::Summary>) {
            Fields f(expected);
            const auto quantiles = numbers(f.at("quantiles"));
            require(found.quantiles.size() == quantiles.size(), id + " has other quantiles");
            for (std::size_t i = 0; i < quantiles.size(); i++)
                require(same(found.quantiles[i], quantiles[i]) ||
                            std::abs(found.quantiles[i] - quantiles[i]) <= 0.01 * std::abs(quantiles[i]),
                        id + " has another quantile: " + std::to_string(found.quantiles[i]));
            ::expect(found.sum, number(f.at("sum")), id);
            ::expect(found.count, number(f.at("count")), id);
            f.finish();
        } else if constexpr (std::is_same_v<Metric, metrion::Info>) {
            require(found == pairs(expected), id + " says something else");
        } else {
            require(found == expected.get<std::vector<std::string>>(), id + " has other states");
        }
    }

    static void expect_numbers(const std::vector<double> &found, const std::vector<double> &expected,
                               const std::string &id) {
        require(found.size() == expected.size(), id + " has other buckets");
        for (std::size_t i = 0; i < found.size(); i++)
            ::expect(found[i], expected[i], id);
    }

    static void expect_side(const std::vector<std::pair<std::int32_t, double>> &found, const Json &expected,
                            const std::string &id) {
        require(found.size() == expected.size(), id + " has other native buckets");
        for (std::size_t i = 0; i < found.size(); i++) {
            require(found[i].first == expected[i].at(0).get<std::int32_t>(), id + " has another native bucket");
            ::expect(found[i].second, number(expected[i].at(1)), id);
        }
    }

    static void expect_native(const std::optional<metrion::NativeHistogram> &found, const Json *expected,
                              const std::string &id) {
        require(found.has_value() == (expected != nullptr), id + " has native buckets, or has none");
        if (!found)
            return;
        Fields f(*expected);
        require(found->schema == f.at("schema").get<int>(), id + " has another schema");
        ::expect(found->zero_threshold, number(f.at("zero_threshold")), id);
        ::expect(found->zero_count, number(f.at("zero_count")), id);
        expect_side(found->positive, f.at("positive"), id);
        expect_side(found->negative, f.at("negative"), id);
        f.finish();
    }

    std::shared_ptr<double> clock_ = std::make_shared<double>(START);
    metrion::Registry registry_;
    Updates updates_;
    std::map<std::string, Handle> handles_;
    std::vector<Collector> collectors_;
    std::map<std::string, metrion::Server> servers_;
};

} // namespace


std::string keep_negative_zeros(const std::string &json) {
    std::string all;
    bool in_string = false;
    for (std::size_t i = 0; i < json.size(); i++) {
        all.push_back(json[i]);
        if (in_string && json[i] == '\\')
            all.push_back(json[++i]);
        else if (json[i] == '"')
            in_string = !in_string;
        else if (!in_string && json.compare(i, 2, "-0") == 0 && std::strchr(".eE", json[i + 2]) == nullptr &&
                 (i == 0 || std::strchr("eE", json[i - 1]) == nullptr)) {
            all += "0.0";
            i++;
        }
    }
    return all;
}

bool same(double a, double b) { return metrion_bits(a) == metrion_bits(b) || (std::isnan(a) && std::isnan(b)); }

void expect(double found, double expected, const std::string &what) {
    require(same(found, expected),
            what + " is " + std::to_string(found) + " and should be " + std::to_string(expected));
}

void run_case(const Json &written, Updates updates) {
    Fields fields(written);
    fields.text("description");
    const Json none = Json::object();
    const Json *setup = fields.find("registry");
    Run run(Fields(setup == nullptr ? none : *setup), updates);
    const Json &operations = fields.at("operations");
    Fields expected(fields.at("expect"));
    fields.finish();
    for (const Json &operation : operations) {
        Fields step(operation);
        const std::string op = step.text("op"), error = step.text("error", "ok");
        std::string code = "ok", message;
        try {
            run.apply(op, step);
            step.finish();
        } catch (const metrion::Error &failed) {
            code = failed.code();
            message = failed.what();
        }
        require(code == error, operation.dump() + " is " + code + " and should be " + error + ": " + message);
    }
    const Json *text = expected.find("text"), *pages = expected.find("pages"), *values = expected.find("values");
    require(text != nullptr || pages != nullptr || values != nullptr, "the case expects nothing");
    expected.finish();
    if (text != nullptr)
        run.expect_text(*text, {});
    if (pages != nullptr)
        for (const Json &page : *pages) {
            Fields f(page);
            run.expect_page(f);
            f.finish();
        }
    if (values != nullptr)
        run.expect_values(*values);
}
