# frozen_string_literal: true

module Metrion
  # A family that a collector gives: its description, and its series one by one.
  #
  #   Metrion::CollectedFamily.new(:gauge, "queue_length", "Jobs.", labels: [:queue]).add(["mail"], 3)
  class CollectedFamily
    TYPES = MetrionFfi::FamilyType.constants.to_h do |name|
      [name.to_s.downcase.to_sym, MetrionFfi::FamilyType.const_get(name)]
    end.freeze
    private_constant :TYPES

    # `type` is :counter, :gauge, :histogram, :gauge_histogram, :summary, :info, :state_set or :unknown.
    # Histograms have `bounds` (the finite ones), summaries `quantiles`, state sets `states`.
    def initialize(type, name, help = "", labels: [], unit: "", bounds: [], quantiles: [], states: [])
      @type = TYPES.fetch(type.to_s.to_sym) { raise Error.new("unsupported", "there is no type #{type.inspect}") }
      @name = Convert.name(name)
      @help = Convert.name(help, "the help")
      @unit = Convert.name(unit, "the unit")
      @labels = Convert.names(labels, "the label names")
      @bounds = Convert.numbers(bounds, "the bounds")
      @quantiles = Convert.numbers(quantiles, "the quantiles")
      @states = Convert.names(states, "the states")
      @series = []
    end

    # Adds a series and gives the family back. `values` are those of the labels. `numbers` is one number; or an
    # array: of a histogram the count of each bucket alone, the one to infinity last, and the sum; of a summary
    # the values of the quantiles, the sum and the count; of a state set one for each state. `created` and
    # `timestamp` are seconds since the Unix epoch; `native` is a NativeHistogram. `exemplars` are arrays of the
    # bucket's place, the labels, the value and the time, which may be nil.
    def add(values, numbers, created: nil, timestamp: nil, native: nil, exemplars: [])
      @series << MetrionFfi::CollectedSeries.new(
        values: Convert.label_values(Convert.list(values, "the values")),
        row: Convert.numbers(Array(numbers), "the numbers"),
        native: native.nil? ? nil : buckets(native),
        exemplars: exemplars.map { |exemplar| exemplar_of(*exemplar) },
        created: Convert.optional_number(created, "created"),
        timestamp: Convert.optional_number(timestamp, "the timestamp")
      )
      self
    end

    # For the core.
    def to_core
      MetrionFfi::CollectedFamily.new(
        family_type: @type, name: @name, help: @help, unit: @unit, label_names: @labels, bounds: @bounds,
        quantiles: @quantiles, states: @states, series: @series
      )
    end

    private

    def exemplar_of(place, labels, value, time = nil)
      MetrionFfi::CollectedExemplar.new(
        place: place,
        labels: Convert.labels(labels),
        value: Convert.number(value, "an exemplar's value"),
        timestamp: Convert.optional_number(time, "an exemplar's time")
      )
    end

    def buckets(native)
      side = lambda do |counts|
        counts.map { |index, count| MetrionFfi::NativeBucket.new(index: index, count: count.to_f) }
      end
      MetrionFfi::NativeHistogram.new(
        schema: native.schema,
        zero_threshold: Convert.number(native.zero_threshold, "zero_threshold"),
        zero_count: Convert.number(native.zero_count, "zero_count"),
        positive: side.call(native.positive),
        negative: side.call(native.negative)
      )
    end
  end
end
