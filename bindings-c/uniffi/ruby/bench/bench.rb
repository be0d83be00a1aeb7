#!/usr/bin/env ruby
# frozen_string_literal: true

# What updates cost: bench/bench.rb. Beside the gem prometheus-client, where that is installed.
require_relative "../lib/metrion"
begin
  require "prometheus/client"
rescue LoadError
  warn "without the peer: gem install prometheus-client"
end

ROUNDS = 7
SECONDS = 0.2

# Nanoseconds of one call.
def nanoseconds
  calls = 0
  began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  loop do
    1000.times { yield }
    calls += 1000
    spent = Process.clock_gettime(Process::CLOCK_MONOTONIC) - began
    return spent * 1e9 / calls if spent >= SECONDS
  end
end

def median(values)
  values.sort[values.length / 2]
end

# The medians of both, round by round, after one round to warm up.
def row(what, own, peer)
  rounds = Array.new(ROUNDS + 1) { [nanoseconds(&own), peer ? nanoseconds(&peer) : Float::NAN] }.drop(1)
  ours, theirs = rounds.transpose.map { |values| median(values) }
  puts format("| %s | %.0f ns | %.0f ns | %.2fx |", what, ours, theirs, theirs / ours)
end

registry = Metrion::Registry.new
peer = Prometheus::Client.registry if defined?(Prometheus)
puts "| what | metrion | peer | ratio |", "|---|---|---|---|"

own = registry.counter("c", "Help.")
other = peer&.counter(:c, docstring: "Help.")
row("counter.increment", -> { own.increment }, other && -> { other.increment })

options = MetrionFfi::RegistryOptions.new(
  constant_labels: [], max_entries: nil, utf8_names: false, self_metrics: false
)
family = MetrionFfi::FamilyOptions.new(
  name: "c", help: "", namespace: "", subsystem: "", unit: "", label_names: [], constant_labels: [],
  max_series: nil, expire_after_seconds: nil
)
uniffi = MetrionFfi::Registry.new(options).counter(family).labels([])
row("the same through uniffi", -> { uniffi.add(1.0) }, other && -> { other.increment })

labelled = registry.counter("l", "Help.", labels: %i[method status])
other_labelled = peer&.counter(:l, docstring: "Help.", labels: %i[method status])
labels = { method: "GET", status: "200" }
row("counter.increment(labels: 2 values)", -> { labelled.increment(labels: labels) },
    other_labelled && -> { other_labelled.increment(labels: labels) })
series = labelled.labels(**labels)
view = other_labelled&.with_labels(labels)
row("series.increment", -> { series.increment }, view && -> { view.increment })

histogram = registry.histogram("h", "Help.")
other_histogram = peer&.histogram(:h, docstring: "Help.")
row("histogram.observe(0.3)", -> { histogram.observe(0.3) }, other_histogram && -> { other_histogram.observe(0.3) })
