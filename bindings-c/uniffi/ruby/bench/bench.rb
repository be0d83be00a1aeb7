#!/usr/bin/env ruby
# frozen_string_literal: true

# Beside the gem prometheus-client, in one run: gem install prometheus-client; bench/bench.rb
require_relative "../lib/metrion"
require "prometheus/client"

ROUNDS = 7
SECONDS = 0.2

def now
  Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

# Nanoseconds of one call: the median of some rounds, after one to warm up.
def nanoseconds
  rounds = Array.new(ROUNDS + 1) do
    calls = 0
    began = now
    loop do
      1000.times { yield }
      calls += 1000
      break if now - began >= SECONDS
    end
    (now - began) * 1e9 / calls
  end
  rounds.drop(1).sort[ROUNDS / 2]
end

def row(what, own, peer)
  ours = nanoseconds(&own)
  theirs = nanoseconds(&peer)
  puts format("%-40s %8.0f ns %8.0f ns %6.2fx", what, ours, theirs, theirs / ours)
end

registry = Metrion::Registry.new
peer = Prometheus::Client.registry
puts format("%-40s %11s %11s %7s", "", "metrion", "peer", "ratio")

own = registry.counter("c", "Help.")
other = peer.counter(:c, docstring: "Help.")
row("counter.increment", -> { own.increment }, -> { other.increment })

own_labelled = registry.counter("l", "Help.", labels: %i[method status])
other_labelled = peer.counter(:l, docstring: "Help.", labels: %i[method status])
labels = { method: "GET", status: "200" }
row("counter.increment(labels: 2 values)", -> { own_labelled.increment(labels: labels) },
    -> { other_labelled.increment(labels: labels) })
series = own_labelled.labels(**labels)
view = other_labelled.with_labels(labels)
row("series.increment", -> { series.increment }, -> { view.increment })

own_histogram = registry.histogram("h", "Help.")
other_histogram = peer.histogram(:h, docstring: "Help.")
row("histogram.observe(0.3)", -> { own_histogram.observe(0.3) }, -> { other_histogram.observe(0.3) })

own_gauge = registry.gauge("g", "Help.")
other_gauge = peer.gauge(:g, docstring: "Help.")
row("gauge.set(1)", -> { own_gauge.set(1) }, -> { other_gauge.set(1) })
