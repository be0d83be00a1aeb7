// Every vector of core/conformance, against C and the C++ classes: METRION_VECTORS names the folder,
// METRION_VECTOR_REPORT perhaps one for the reports, and METRION_VECTORS_SHARED perhaps a file for the registry of each.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "case.hpp"

namespace {

const std::set<std::string> AREAS = {
    "collectors", "counter", "created", "errors",   "exemplars", "expiry", "filter", "formats",
    "gauge",      "histogram", "info",  "labels",   "limits",    "names",  "native", "numbers",
    "parsing",    "registry",  "removal", "reset",  "serving",   "state_set", "summary",
};

struct Way {
    Updates updates;
    const char *language, *name;
};
constexpr Way WAYS[] = {
    {Updates::inlined, "c", "inline"}, {Updates::calls, "c", "calls"}, {Updates::classes, "cpp", "classes"}};

bool passes(const Json &written, const std::string &name, const Way &way) {
    try {
        run_case(written, way.updates);
        return true;
    } catch (const std::exception &error) {
        if (!name.empty())
            std::fprintf(stderr, "%s, %s: %s\n", name.c_str(), way.name, error.what());
        return false;
    }
}

// How many cases of each area ran and passed, by language and way of updating.
class Report {
public:
    // Whether it passes in every way.
    bool run(const Json &written, const std::string &area, const std::string &name) {
        bool all = true;
        for (const Way &way : WAYS) {
            const bool passed = passes(written, name, way);
            Counts &counts = counts_[way.language][way.name][area];
            counts["ran"]++;
            counts["passed"] += passed;
            all = all && passed;
        }
        return all;
    }

    void write(const std::filesystem::path &folder) const {
        std::filesystem::create_directories(folder);
        for (const auto &[language, ways] : counts_) {
            std::ofstream file(folder / (language + ".json"));
            file << Json(ways).dump();
            require(static_cast<bool>(file.flush()), "the report is not written");
        }
    }

private:
    using Counts = std::map<std::string, int>;
    std::map<std::string, std::map<std::string, std::map<std::string, Counts>>> counts_;
};

// That the runner finds what is wrong.
bool checks_itself() {
    const Json good = Json::parse(R"({"description": "", "operations": [
        {"op": "create", "type": "counter", "id": "c", "name": "c"}, {"op": "inc", "on": "c"}],
        "expect": {"values": {"c": 1}}})");
    std::vector<Json> bad(8, good);
    bad[0]["expect"]["values"]["c"] = 2;
    bad[1]["operations"][1]["op"] = "increase";
    bad[2]["operations"][1]["more"] = 1;
    bad[3]["operations"][1]["error"] = "invalid_value";
    bad[4]["operations"][1]["on"] = "d";
    bad[5]["expect"] = Json::object();
    bad[6]["expect"]["text"] = {"c_total 1"};
    bad[7]["operations"][0]["mode"] = "last";
    bool all = true;
    for (const Way &way : WAYS) {
        all = all && passes(good, "a good case", way);
        for (const Json &one : bad) {
            if (passes(one, "", way)) {
                std::fprintf(stderr, "passes and should not, %s: %s\n", way.name, one.dump().c_str());
                all = false;
            }
        }
    }
    return all;
}

} // namespace

int main() {
    const char *folder = std::getenv("METRION_VECTORS");
    if (folder == nullptr) {
        std::fputs("METRION_VECTORS must name the folder of the vectors\n", stderr);
        return 2;
    }
    int failed = checks_itself() ? 0 : 1, count = 0;
    std::set<std::string> areas;
    Report report;
    for (const auto &entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_directory())
            continue;
        const std::string name = entry.path().string(), area = entry.path().parent_path().filename();
        areas.insert(area);
        count++;
        try {
            require(AREAS.count(area) == 1, "this runner does not know the area");
            require(entry.path().extension() == ".json", "not a vector");
            std::ifstream file(entry.path(), std::ios::binary);
            const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
            failed += report.run(Json::parse(keep_negative_zeros(text)), area, name) ? 0 : 1;
        } catch (const std::exception &error) {
            std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
            failed++;
        }
    }
    if (areas != AREAS) {
        std::fputs("an area has no vector\n", stderr);
        failed++;
    }
    if (const char *to = std::getenv("METRION_VECTOR_REPORT"))
        report.write(to);
    std::printf("%d vectors, each with inline updates, by calls and with the classes, %d failed\n", count, failed);
    return failed == 0 ? 0 : 1;
}
