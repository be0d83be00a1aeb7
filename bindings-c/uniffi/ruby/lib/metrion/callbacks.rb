# frozen_string_literal: true

module Metrion
  # A block that gives a value. What it raises must not reach the core.
  class ValueCallback
    def initialize(block)
      @block = block
    end

    def value
      value = @block.call
      value.nil? ? nil : Convert.number(value, "the value")
    rescue StandardError
      nil
    end
  end
  private_constant :ValueCallback

  # A collector for the core.
  class CollectorCallback
    def initialize(collector)
      @collector = collector
    end

    def collect
      @collector.call.map(&:to_core)
    rescue StandardError => error
      raise MetrionFfi::CoreError::Refused.new(code: "invalid_value", reason: "#{error.class}: #{error.message}")
    end
  end
  private_constant :CollectorCallback
end
