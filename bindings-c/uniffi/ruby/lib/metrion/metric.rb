# frozen_string_literal: true

module Metrion
  # A metric: all series of one name. What updates and reads one series (`increment`, `set`, `observe`,
  # `value` ...) is for a metric without labels, or takes `labels:`, a hash.
  class Metric
    # `kept` is the one series of a metric without labels.
    def initialize(family, kept = nil)
      @family = family
      @kept = kept
    end

    # The series with these label values, in their order (`labels("GET")`) or by name (`labels(method: "GET")`);
    # made when it is new. Keep it where it is used often: looking up costs more than updating. A series that
    # was removed can still be updated, but shows nowhere.
    def labels(*values, **named)
      self.class::Series.new(self, find(values, named))
    end

    # A view of the metric in which these labels have a fixed value.
    def curry(**named)
      fixed = Convert.labels(named)
      self.class.new(Metrion.crossing { @family.curry(fixed) })
    end

    # Removes one series; whether it was there.
    def remove(*values)
      values = Convert.label_values(values)
      Metrion.crossing { @family.remove(values) }
    end

    # Removes every series that has these labels among its own; how many there were.
    def remove_matching(**named)
      labels = Convert.labels(named)
      Metrion.crossing { @family.remove_matching(labels) }
    end

    # Removes all series.
    def clear
      Metrion.crossing { @family.clear }
    end

    # Sets all series to zero, and their creation time to now.
    def reset
      Metrion.crossing { @family.reset }
    end

    # How many series there are.
    def series_count
      Metrion.crossing { @family.series_count }
    end

    # The core's family.
    attr_reader :family
    protected :family

    def target(labels)
      return @kept || find([], {}) if labels.nil?

      find_by_name(labels)
    end
    private :target

    def self.of(family)
      new(family, family.open_labels.empty? ? family.labels([]) : nil)
    end

    private

    def find(values, named)
      if values.any? && named.any?
        raise Error.new("label_mismatch", "label values are given by place or by name, not both")
      end
      return find_by_name(named) if named.any?

      values = Convert.label_values(values)
      Metrion.crossing { @family.labels(values) }
    end

    def find_by_name(named)
      labels = Convert.labels(named)
      Metrion.crossing { @family.labels_by_name(labels) }
    end
  end

  # One series of a metric. It has the updates of its metric's class.
  class Series
    def initialize(metric, series)
      @metric = metric
      @series = series
    end

    private

    def target(labels)
      return @series if labels.nil?

      raise Error.new("label_mismatch", "a series has all its labels already")
    end
  end

  # What every kind of series reads.
  module Reading
    # What the series reads: a Float for counters and gauges, a HistogramValue, a SummaryValue, the labels of
    # an info as a hash, the states of a state set that hold as an array.
    def value(labels: nil)
      series = target(labels)
      Metrion.crossing { Values.of(series.read) }
    end
  end
  private_constant :Reading
end
