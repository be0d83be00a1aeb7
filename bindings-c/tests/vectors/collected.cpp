// The families of a vector's collector.
#include <map>
#include <memory>

#include "case.hpp"

namespace {

const std::map<std::string, metrion_family_type> TYPES = {
    {"counter", METRION_FAMILY_TYPE_COUNTER},
    {"gauge", METRION_FAMILY_TYPE_GAUGE},
    {"histogram", METRION_FAMILY_TYPE_HISTOGRAM},
    {"gauge_histogram", METRION_FAMILY_TYPE_GAUGE_HISTOGRAM},
    {"summary", METRION_FAMILY_TYPE_SUMMARY},
    {"info", METRION_FAMILY_TYPE_INFO},
    {"state_set", METRION_FAMILY_TYPE_STATE_SET},
    {"unknown", METRION_FAMILY_TYPE_UNKNOWN},
};

std::vector<metrion_native_bucket> side(const Json &written) {
    std::vector<metrion_native_bucket> buckets;
    for (const Json &bucket : written)
        buckets.push_back({bucket.at(0), number(bucket.at(1))});
    return buckets;
}

void yield_exemplar(metrion_families *families, const Json &written) {
    const Pairs own = pairs(written.at(1));
    const auto labels = metrion::detail::labels(own);
    const double time = written.at(3).is_null() ? 0 : number(written.at(3));
    metrion::detail::check(metrion_yield_exemplar(families, written.at(0), labels.data(), labels.size(),
                                                  number(written.at(2)), written.at(3).is_null() ? nullptr : &time));
}

void yield_series(metrion_families *families, const Json &written) {
    Fields fields(written);
    const auto values = fields.get<std::vector<std::string>>("values", {});
    const auto texts = metrion::detail::texts(values);
    const auto row = numbers(fields.at("row"));
    const auto created = fields.number("created");
    const auto timestamp = fields.number("timestamp");
    std::vector<metrion_native_bucket> positive, negative;
    metrion_native_histogram native{};
    metrion_series_data series{};
    series.values = texts.data();
    series.value_count = texts.size();
    series.row = row.data();
    series.row_count = row.size();
    series.created = metrion::detail::optional(created);
    series.timestamp = metrion::detail::optional(timestamp);
    if (const Json *own = fields.find("native")) {
        Fields parts(*own);
        positive = side(parts.at("positive"));
        negative = side(parts.at("negative"));
        native.schema = parts.at("schema");
        native.zero_threshold = number(parts.at("zero_threshold"));
        native.zero_count = number(parts.at("zero_count"));
        native.positive = positive.data();
        native.positive_count = positive.size();
        native.negative = negative.data();
        native.negative_count = negative.size();
        parts.finish();
        series.native = &native;
    }
    metrion::detail::check(metrion_yield_series(families, &series));
    for (const Json &exemplar : fields.get<Json>("exemplars", Json::array()))
        yield_exemplar(families, exemplar);
    fields.finish();
}

void yield_family(metrion_families *families, const Json &written) {
    Fields fields(written);
    const std::string type = fields.text("type"), name = fields.text("name");
    const std::string help = fields.text("help", ""), unit = fields.text("unit", "");
    const auto label_names = fields.get<std::vector<std::string>>("label_names", {});
    const auto states = fields.get<std::vector<std::string>>("states", {});
    const auto bounds = numbers(fields.get<Json>("bounds", Json::array()));
    const auto quantiles = numbers(fields.get<Json>("quantiles", Json::array()));
    const auto names = metrion::detail::texts(label_names), state_names = metrion::detail::texts(states);
    require(TYPES.count(type) == 1, "unknown type " + type);
    metrion_family_schema schema{};
    schema.family_type = TYPES.at(type);
    schema.name = metrion::detail::text(name);
    schema.help = metrion::detail::text(help);
    schema.unit = metrion::detail::text(unit);
    schema.label_names = names.data();
    schema.label_name_count = names.size();
    schema.bounds = bounds.data();
    schema.bound_count = bounds.size();
    schema.quantiles = quantiles.data();
    schema.quantile_count = quantiles.size();
    schema.states = state_names.data();
    schema.state_count = state_names.size();
    metrion::detail::check(metrion_yield_family(families, &schema));
    for (const Json &series : fields.at("series"))
        yield_series(families, series);
    fields.finish();
}

int32_t collect(void *user, metrion_families *families) {
    try {
        for (const Json &family : *static_cast<Json *>(user))
            yield_family(families, family);
        return METRION_STATUS_OK;
    } catch (const metrion::Error &error) {
        return error.status();
    } catch (const std::exception &error) {
        fprintf(stderr, "a collector of a vector: %s\n", error.what());
        return METRION_STATUS_INTERNAL;
    }
}

} // namespace

Collector register_families(metrion_registry registry, const Json &families) {
    metrion_collector collector;
    auto own = std::make_unique<Json>(families);
    auto release = [](void *user) { delete static_cast<Json *>(user); };
    metrion::detail::check(metrion_register(registry, collect, own.release(), release, &collector));
    return Collector(collector);
}
