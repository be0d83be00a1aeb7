#!/usr/bin/env ruby
# frozen_string_literal: true

# What updates cost, beside GitLab's gem prometheus-client-mmap (Debian: ruby-prometheus-client-mmap): bench/bench.rb
require_relative "../lib/metrion"
require "prometheus/client"

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

# The medians of both and of their ratios, round by round, after one round to warm up.
def row(what, own, peer)
  rounds = Array.new(ROUNDS + 1) { [nanoseconds(&own), nanoseconds(&peer)] }.drop(1)
  ours, theirs = rounds.transpose
  ratio = median(rounds.map { |mine, other| other / mine })
  puts format("| %s | %.0f ns | %.0f ns | %.2fx |", what, median(ours), median(theirs), ratio)
end

registry = Metrion::Registry.new
peer = Prometheus::Client.registry
puts "| what | metrion | peer | ratio |", "|---|---|---|---|"

own = registry.counter("c", "Help.")
other = peer.counter(:c, "Help.")
row("counter.increment", -> { own.increment }, -> { other.increment })

options = MetrionFfi::RegistryOptions.new(
  constant_labels: [], max_entries: nil, utf8_names: false, self_metrics: false
)
family = MetrionFfi::FamilyOptions.new(
  name: "c", help: "", namespace: "", subsystem: "", unit: "", label_names: [], constant_labels: [],
  max_series: nil, expire_after_seconds: nil
)
uniffi = MetrionFfi::Registry.new(options).counter(family).labels([])
row("the same through uniffi", -> { uniffi.add(1.0) }, -> { other.increment })

labelled = registry.counter("l", "Help.", labels: %i[method status])
other_labelled = peer.counter(:l, "Help.")
labels = { method: "GET", status: "200" }
row("counter.increment(labels: 2 values)", -> { labelled.increment(labels: labels) },
    -> { other_labelled.increment(labels) })
series = labelled.labels(**labels)
row("series.increment", -> { series.increment }, -> { other_labelled.increment(labels) })

histogram = registry.histogram("h", "Help.")
other_histogram = peer.histogram(:h, "Help.")
row("histogram.observe(0.3)", -> { histogram.observe(0.3) }, -> { other_histogram.observe({}, 0.3) })
