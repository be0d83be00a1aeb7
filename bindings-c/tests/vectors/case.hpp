// One vector: operations on a registry of its own, and what must come of them.
#ifndef METRION_TESTS_CASE_HPP
#define METRION_TESTS_CASE_HPP

#include "fields.hpp"
#include "metrion.hpp"

// The three ways of every update: the inline functions of metrion.h, those of the library, and the methods
// of metrion.hpp.
enum class Updates { inlined, calls, classes };

// Runs a case; throws what is not as it says.
void run_case(const Json &written, Updates updates);

using Collector = metrion::detail::Owned<metrion_collector, metrion_collector_free>;

// Registers a collector that gives these families at every collection, until its end.
Collector register_families(metrion_registry registry, const Json &families);

// JSON's -0 is an integer to the parser, and would lose its sign: this makes it -0.0.
std::string keep_negative_zeros(const std::string &json);

bool same(double a, double b);
void expect(double found, double expected, const std::string &what);

#endif
