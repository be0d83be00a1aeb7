# frozen_string_literal: true

module Metrion
  # The series of a metric that were looked up, by their label values: what is found here costs no call into the
  # core but the one that tells whether any series was removed. Then all are forgotten.
  class Children
    def initialize(family)
      @family = family
      @address = family.address
      @names = family.open_labels.map(&:to_sym)
      # Both in one, as threads may switch between two assignments.
      @table = [Direct.generation(@address), {}]
    end

    def by_place(values)
      values = values.map { |value| value.is_a?(String) ? value : Convert.label_value(value) }
      # Before the lookup: a series that is removed after it is not kept.
      handles = current(Direct.generation(@address))
      handles[values] || look_up(Convert.label_values(values), handles)
    end

    def by_name(labels)
      return by_other_names(labels) unless labels.is_a?(Hash) && labels.size == @names.size

      by_place(@names.map { |name| labels.fetch(name) { return by_other_names(labels) } })
    end

    private

    # By names that are strings, or wrong, as the core says.
    def by_other_names(labels)
      labels = Convert.labels(labels)
      Handle.new(Metrion.crossing { @family.labels_by_name(labels) })
    end

    def current(generation)
      known, handles = @table
      return handles if generation == known

      handles = {}
      @table = [generation, handles]
      handles
    end

    def look_up(values, handles)
      series = Metrion.crossing { @family.labels(values) }
      made = Handle.new(series)
      handles[values.map { |value| -value }.freeze] = made unless series.is_overflow
      made
    end
  end
  private_constant :Children
end
