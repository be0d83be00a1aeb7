// Every vector of core/conformance, against the C++ classes: METRION_VECTORS names the folder.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "case.hpp"

namespace {

const std::set<std::string> AREAS = {
    "collectors", "counter", "created", "errors",   "exemplars", "expiry", "filter", "formats",
    "gauge",      "histogram", "info",  "labels",   "limits",    "names",  "native", "numbers",
    "parsing",    "registry",  "removal", "reset",  "serving",   "state_set", "summary",
};

bool passes(const Json &written, const std::string &name) {
    bool passed = true;
    for (Updates updates : {Updates::inlined, Updates::library}) {
        try {
            run_case(written, updates);
        } catch (const std::exception &error) {
            passed = false;
            if (!name.empty())
                std::fprintf(stderr, "%s, %s updates: %s\n", name.c_str(),
                             updates == Updates::inlined ? "inline" : "library", error.what());
        }
    }
    return passed;
}

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
    bool all = passes(good, "a good case");
    for (const Json &one : bad) {
        if (passes(one, "")) {
            std::fprintf(stderr, "passes and should not: %s\n", one.dump().c_str());
            all = false;
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
            failed += passes(Json::parse(keep_negative_zeros(text)), name) ? 0 : 1;
        } catch (const std::exception &error) {
            std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
            failed++;
        }
    }
    if (areas != AREAS) {
        std::fputs("an area has no vector\n", stderr);
        failed++;
    }
    std::printf("%d vectors, each with inline and with library updates, %d failed\n", count, failed);
    return failed == 0 ? 0 : 1;
}
