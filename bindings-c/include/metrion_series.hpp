// One series of each type of metric. Part of metrion.hpp, which programs include.
#ifndef METRION_SERIES_HPP
#define METRION_SERIES_HPP

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrion.h"

namespace metrion {

// What went wrong: a stable code, and a message for people.
class Error : public std::runtime_error {
public:
    Error(metrion_status status, const char *message) : std::runtime_error(message), status_(status) {}

    metrion_status status() const noexcept { return status_; }
    // For instance "metric_exists".
    const char *code() const noexcept { return metrion_status_code(status_); }

private:
    metrion_status status_;
};

using Label = std::pair<std::string_view, std::string_view>;
using Labels = std::initializer_list<Label>;
using Values = std::initializer_list<std::string_view>;

namespace detail {

inline void check(metrion_status status) {
    if (status != METRION_STATUS_OK)
        throw Error(status, metrion_last_error());
}

inline metrion_text text(std::string_view own) { return {own.data(), own.size()}; }

inline std::string string(metrion_text own) { return own.length == 0 ? "" : std::string(own.data, own.length); }

template <class List> std::vector<metrion_text> texts(const List &own) {
    std::vector<metrion_text> all;
    all.reserve(own.size());
    for (const auto &one : own)
        all.push_back(text(one));
    return all;
}

template <class List> std::vector<metrion_label> labels(const List &own) {
    std::vector<metrion_label> all;
    all.reserve(own.size());
    for (const auto &[name, value] : own)
        all.push_back({text(name), text(value)});
    return all;
}

// Label values without an allocation, as there are few of them.
class ValueArray {
public:
    template <class List> explicit ValueArray(const List &own) : count_(own.size()) {
        metrion_text *to = few_;
        if (count_ > sizeof few_ / sizeof *few_) {
            many_.resize(count_);
            to = many_.data();
        }
        for (const auto &one : own)
            *to++ = text(one);
    }

    const metrion_text *data() const { return many_.empty() ? few_ : many_.data(); }
    std::size_t size() const { return count_; }

private:
    metrion_text few_[8];
    std::vector<metrion_text> many_;
    std::size_t count_;
};

// Owns a handle of the C interface.
template <class Handle, metrion_status (*release)(Handle)> class Owned {
public:
    Owned() = default;
    explicit Owned(Handle handle) noexcept : handle_(handle) {}
    Owned(Owned &&other) noexcept : handle_(std::exchange(other.handle_, Handle{})) {}
    Owned &operator=(Owned &&other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Owned() { release(handle_); }

    Handle get() const noexcept { return handle_; }

private:
    Handle handle_{};
};

using SeriesHandle = Owned<metrion_series, metrion_series_free>;
using FamilyHandle = Owned<metrion_family, metrion_family_free>;

// A function of the program, as the C interface calls it. What it throws goes no further.
template <class Function> struct Callable {
    static void release(void *user) { delete static_cast<Function *>(user); }
};

} // namespace detail

// What all kinds of series have in common.
class Series {
public:
    explicit Series(metrion_series handle) noexcept : handle_(handle) {}

    // The handle of the C interface; it stays this object's.
    metrion_series handle() const noexcept { return handle_.get(); }

protected:
    detail::SeriesHandle handle_;
};

// A number that only goes up.
class Counter : public Series {
public:
    using Series::Series;

    void inc() noexcept { metrion_inc(handle()); }
    // Throws invalid_value for an amount below 0 and for NaN, and adds nothing then.
    void add(double amount) { detail::check(metrion_add(handle(), amount)); }
    // Whether the amount was added.
    bool try_add(double amount) noexcept { return metrion_add(handle(), amount) == METRION_STATUS_OK; }
    // The labels tell where the amount comes from, for instance trace_id.
    template <class List = Labels> void add(double amount, const List &exemplar) {
        auto labels = detail::labels(exemplar);
        detail::check(metrion_add_with_exemplar(handle(), amount, labels.data(), labels.size()));
    }

    double value() const {
        double value;
        detail::check(metrion_value(handle(), &value));
        return value;
    }
};

// A number that goes up and down.
class Gauge : public Series {
public:
    using Series::Series;

    void inc() noexcept { metrion_add(handle(), 1); }
    void dec() noexcept { metrion_add(handle(), -1); }
    void add(double amount) noexcept { metrion_add(handle(), amount); }
    void sub(double amount) noexcept { metrion_add(handle(), -amount); }
    // Throws unsupported on an up-down gauge.
    void set(double value) { detail::check(metrion_set(handle(), value)); }

    double value() const {
        double value;
        detail::check(metrion_value(handle(), &value));
        return value;
    }
};

struct NativeHistogram {
    int schema = 0;
    double zero_threshold = 0;
    double zero_count = 0;
    // Index and count of each bucket that is not empty.
    std::vector<std::pair<std::int32_t, double>> positive;
    std::vector<std::pair<std::int32_t, double>> negative;
};

struct HistogramValue {
    // Of each bucket alone, the one to infinity last.
    std::vector<double> counts;
    double sum = 0;
    std::optional<NativeHistogram> native;
};

struct SummaryValue {
    // Of each objective; NaN when nothing was observed within the window.
    std::vector<double> quantiles;
    double sum = 0;
    double count = 0;
};

namespace detail {

// What a series reads, until it goes out of scope.
class Read {
public:
    explicit Read(metrion_series series) { check(metrion_read(series, &reading_)); }
    Read(const Read &) = delete;
    Read &operator=(const Read &) = delete;
    ~Read() { metrion_reading_free(&reading_); }

    const metrion_reading *operator->() const { return &reading_; }
    std::vector<double> numbers() const {
        return std::vector<double>(reading_.numbers, reading_.numbers + reading_.number_count);
    }

private:
    metrion_reading reading_;
};

inline std::vector<std::pair<std::int32_t, double>> side(const metrion_native_bucket *buckets, std::size_t count) {
    std::vector<std::pair<std::int32_t, double>> side;
    for (std::size_t i = 0; i < count; i++)
        side.emplace_back(buckets[i].index, buckets[i].count);
    return side;
}

} // namespace detail

// Counts of observations by upper bound, and their sum.
class Histogram : public Series {
public:
    using Series::Series;

    void observe(double value) noexcept { metrion_observe(handle(), value); }
    template <class List = Labels> void observe(double value, const List &exemplar) {
        auto labels = detail::labels(exemplar);
        detail::check(metrion_observe_with_exemplar(handle(), value, labels.data(), labels.size()));
    }

    HistogramValue value() const {
        detail::Read read(handle());
        HistogramValue value{read.numbers(), read->sum, std::nullopt};
        if (const metrion_native_histogram *own = read->native)
            value.native = NativeHistogram{own->schema, own->zero_threshold, own->zero_count,
                                           detail::side(own->positive, own->positive_count),
                                           detail::side(own->negative, own->negative_count)};
        return value;
    }
};

// Quantiles of the observations in a sliding window of time, and the count and sum of all.
class Summary : public Series {
public:
    using Series::Series;

    void observe(double value) noexcept { metrion_observe(handle(), value); }

    SummaryValue value() const {
        detail::Read read(handle());
        return {read.numbers(), read->sum, read->count};
    }
};

// Text that describes the program.
class Info : public Series {
public:
    using Series::Series;

    // Says these labels from now on, instead of what it said before.
    template <class List = Labels> void set(const List &said) {
        auto labels = detail::labels(said);
        detail::check(metrion_set_info(handle(), labels.data(), labels.size()));
    }

    std::vector<std::pair<std::string, std::string>> value() const {
        detail::Read read(handle());
        std::vector<std::pair<std::string, std::string>> said;
        for (std::size_t i = 0; i < read->label_count; i++)
            said.emplace_back(detail::string(read->labels[i].name), detail::string(read->labels[i].value));
        return said;
    }
};

// Which of some named states hold.
class StateSet : public Series {
public:
    using Series::Series;

    // Makes one state hold and no other.
    void set(std::string_view state) { detail::check(metrion_set_state(handle(), detail::text(state))); }
    // Makes one state hold, or not, and leaves the others: for one thread at a time.
    void change(std::string_view state, bool holds) {
        detail::check(metrion_change_state(handle(), detail::text(state), holds));
    }

    std::vector<std::string> value() const {
        detail::Read read(handle());
        std::vector<std::string> states;
        for (std::size_t i = 0; i < read->state_count; i++)
            states.push_back(detail::string(read->states[i]));
        return states;
    }
};

// Gives a histogram or summary the seconds from its construction to its end. The metric outlives it.
template <class Metric> class ScopedTimer {
public:
    explicit ScopedTimer(Metric &metric) : metric_(&metric), start_(std::chrono::steady_clock::now()) {}
    ScopedTimer(const ScopedTimer &) = delete;
    ScopedTimer &operator=(const ScopedTimer &) = delete;
    ~ScopedTimer() {
        if (metric_ != nullptr)
            metric_->observe(seconds());
    }

    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }
    // Observes nothing.
    void discard() noexcept { metric_ = nullptr; }

private:
    Metric *metric_;
    std::chrono::steady_clock::time_point start_;
};

} // namespace metrion

#endif
