// Strict reading of a vector's JSON: what is missing, unknown or of another kind is an error.
#ifndef METRION_TESTS_FIELDS_HPP
#define METRION_TESTS_FIELDS_HPP

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using Json = nlohmann::json;
using Pairs = std::vector<std::pair<std::string, std::string>>;

// A vector that is wrong, or expects something else than there is. It is no error of the library's.
struct Mismatch : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline void require(bool condition, const std::string &what) {
    if (!condition)
        throw Mismatch(what);
}

// A double. JSON has no text for some: those are strings.
inline double number(const Json &written) {
    if (written.is_number())
        return written.get<double>();
    require(written.is_string(), "not a number: " + written.dump());
    const std::string text = written;
    if (text == "NaN")
        return std::numeric_limits<double>::quiet_NaN();
    if (text == "+Inf" || text == "-Inf")
        return std::numeric_limits<double>::infinity() * (text[0] == '-' ? -1 : 1);
    require(text == "-0", "not a number: " + text);
    return -0.0;
}

inline std::vector<double> numbers(const Json &written) {
    require(written.is_array(), "not an array: " + written.dump());
    std::vector<double> all;
    for (const Json &one : written)
        all.push_back(number(one));
    return all;
}

// Names and values, of an array of pairs or of an object.
inline Pairs pairs(const Json &written) {
    Pairs all;
    if (written.is_object()) {
        for (const auto &[name, value] : written.items())
            all.emplace_back(name, value);
        return all;
    }
    require(written.is_array(), "not pairs: " + written.dump());
    for (const Json &pair : written) {
        require(pair.is_array() && pair.size() == 2, "not a pair: " + pair.dump());
        all.emplace_back(pair[0], pair[1]);
    }
    return all;
}

// The members of an object, each of which must be asked for.
class Fields {
public:
    explicit Fields(const Json &object) : object_(object) { require(object.is_object(), "not an object: " + object.dump()); }

    const Json &at(const std::string &name) {
        const Json *found = find(name);
        require(found != nullptr, "no field " + name + " in " + object_.dump());
        return *found;
    }

    const Json *find(const std::string &name) {
        known_.insert(name);
        auto found = object_.find(name);
        return found == object_.end() ? nullptr : &*found;
    }

    std::string text(const std::string &name, std::optional<std::string> missing = std::nullopt) {
        return missing && find(name) == nullptr ? *missing : at(name).get<std::string>();
    }

    template <class T> T get(const std::string &name, T missing) {
        const Json *found = find(name);
        return found == nullptr ? missing : found->get<T>();
    }

    std::optional<double> number(const std::string &name) {
        const Json *found = find(name);
        return found == nullptr ? std::nullopt : std::optional(::number(*found));
    }

    // After all that is known was asked for.
    void finish() const {
        for (const auto &[name, value] : object_.items())
            require(known_.count(name) == 1, "unknown field " + name + " in " + object_.dump());
    }

private:
    const Json &object_;
    std::set<std::string> known_;
};

#endif
