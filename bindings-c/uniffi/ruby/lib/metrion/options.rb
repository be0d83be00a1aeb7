# frozen_string_literal: true

module Metrion
  # Keyword arguments as the core's options. What is nil is the core's default.
  module Options
    FORMATS = {
      text: MetrionFfi::Format::TEXT,
      openmetrics: MetrionFfi::Format::OPEN_METRICS,
      protobuf: MetrionFfi::Format::PROTOBUF,
      json: MetrionFfi::Format::JSON
    }.freeze

    module_function

    def format(word)
      FORMATS.fetch(word.to_s.to_sym) { raise Error.new("unsupported", "there is no format #{word.inspect}") }
    end

    def registry(constant_labels:, utf8_names:, self_metrics:, max_entries:, shared:, fork:, move_damaged_aside:)
      MetrionFfi::RegistryOptions.new(
        constant_labels: Convert.labels(constant_labels),
        max_entries: max_entries,
        utf8_names: utf8_names ? true : false,
        self_metrics: self_metrics ? true : false,
        shared: shared.nil? ? nil : Convert.path(shared, "the path of the shared registry"),
        fork: fork.nil? ? nil : Convert.text(fork, "invalid_value", "fork"),
        move_damaged_aside: move_damaged_aside ? true : false
      )
    end

    def family(name, help, labels: [], namespace: "", subsystem: "", unit: "", constant_labels: {},
               max_series: nil, expire_after: nil)
      MetrionFfi::FamilyOptions.new(
        name: Convert.name(name, "the name"),
        help: Convert.name(help, "the help"),
        namespace: Convert.name(namespace, "the namespace"),
        subsystem: Convert.name(subsystem, "the subsystem"),
        unit: Convert.name(unit, "the unit"),
        label_names: Convert.names(labels, "the label names"),
        constant_labels: Convert.labels(constant_labels),
        max_series: max_series,
        expire_after_seconds: Convert.optional_number(expire_after, "expire_after")
      )
    end

    def native(schema: nil, factor: nil, max_buckets: nil, zero_threshold: nil, max_zero_threshold: nil,
               min_reset: nil)
      MetrionFfi::NativeOptions.new(
        schema: schema,
        factor: Convert.optional_number(factor, "factor"),
        max_buckets: max_buckets,
        zero_threshold: Convert.optional_number(zero_threshold, "zero_threshold"),
        max_zero_threshold: Convert.optional_number(max_zero_threshold, "max_zero_threshold"),
        min_reset_seconds: Convert.optional_number(min_reset, "min_reset")
      )
    end

    def histogram(family, buckets:, native:, timer:)
      MetrionFfi::HistogramOptions.new(
        family: family,
        buckets: buckets.nil? ? nil : Convert.numbers(buckets, "the buckets"),
        native: native.nil? ? nil : native(**native),
        timer: timer
      )
    end

    def summary(family, objectives:, max_age:, age_buckets:)
      MetrionFfi::SummaryOptions.new(
        family: family,
        objectives: objectives.map do |quantile, error|
          MetrionFfi::Objective.new(
            quantile: Convert.number(quantile, "a quantile"), error: Convert.number(error, "an error")
          )
        end,
        max_age_seconds: Convert.optional_number(max_age, "max_age"),
        age_buckets: age_buckets
      )
    end

    def push(url, job, grouping, add:, user:, password:, timeout:)
      MetrionFfi::PushOptions.new(
        url: url, job: job, grouping: Convert.labels(grouping), add: add, user: user, password: password,
        timeout_seconds: Convert.optional_number(timeout, "the timeout")
      )
    end
  end
  private_constant :Options
end
