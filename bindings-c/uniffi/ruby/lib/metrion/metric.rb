# frozen_string_literal: true

module Metrion
  # A metric: all series of one name. What updates and reads one series (`increment`, `set`, `observe`,
  # `value` ...) is for a metric without labels, or takes `labels:`, a hash.
  class Metric
    # `kept` is the one series of a metric without labels.
    def initialize(family, kept = nil)
      @family = family
      @kept = kept
      @children = Children.new(family)
    end

    # Not for users: registries make metrics.
    def self.of(family)
      new(family, family.open_labels.empty? ? Handle.new(family.labels([])) : nil)
    end

    # The series with these label values, in their order (`labels("GET")`) or by name (`labels(method: "GET")`);
    # made when it is new. One that was kept and then removed can still be updated, but shows nowhere.
    def labels(*values, **named)
      if values.any? && named.any?
        raise Error.new("label_mismatch", "label values are given by place or by name, not both")
      end
      self.class::Series.new(named.any? ? @children.by_name(named) : @children.by_place(values))
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

    protected

    attr_reader :family

    private

    def target(labels)
      return @children.by_name(labels) unless labels.nil?

      # Of a view the one series may be removed and made anew.
      @kept || @children.by_place([])
    end
  end
end
