# frozen_string_literal: true

module Metrion
  # The core's series with the short way to its updates. Its address is good as long as the series is held here.
  class Handle
    attr_reader :core

    def initialize(core)
      @core = core
      @address = core.address
    end

    def add(amount)
      amount = Convert.number(amount, "the amount")
      Metrion.crossing { @core.add(amount) } if Direct.add(@address, amount) == 0
    end

    def set(value)
      value = Convert.number(value, "the value")
      Metrion.crossing { @core.set(value) } if Direct.set(@address, value) == 0
    end

    def observe(value)
      value = Convert.number(value, "the value")
      Metrion.crossing { @core.observe(value) } if Direct.observe(@address, value) == 0
    end

    # The update of a counter or a histogram.
    def update_with_exemplar(value, labels)
      value = Convert.number(value, "the value")
      labels = Convert.labels(labels)
      Metrion.crossing { @core.update_with_exemplar(value, labels) }
    end
  end
  private_constant :Handle

  # One series of a metric. It has the updates of its metric's class.
  class Series
    def initialize(handle)
      @handle = handle
    end

    private

    def target(labels)
      return @handle if labels.nil?

      raise Error.new("label_mismatch", "a series has all its labels already")
    end
  end

  # What every kind of series reads.
  module Reading
    # What the series reads: a Float for counters and gauges, a HistogramValue, a SummaryValue, the labels of
    # an info as a hash, the states of a state set that hold as an array.
    def value(labels: nil)
      core = target(labels).core
      Metrion.crossing { Values.of(core.read) }
    end
  end
  private_constant :Reading
end
