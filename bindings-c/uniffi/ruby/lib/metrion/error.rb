# frozen_string_literal: true

module Metrion
  # Every error of this library. `code` says what was wrong: `metric_exists`, `label_mismatch` ... It is the
  # same in every language, and stays when messages change.
  class Error < StandardError
    attr_reader :code

    def initialize(code, message)
      super(message)
      @code = code
    end
  end

  # Runs a call into the core, and makes its errors those of this library.
  def self.crossing
    yield
  rescue MetrionFfi::CoreError::Refused => error
    raise Error.new(error.code, error.reason)
  rescue MetrionFfi::InternalError => error
    raise Error.new("internal", "internal error, please report it: #{error.message}")
  rescue TypeError, RangeError, EncodingError, NoMethodError => error
    # What uniffi cannot convert.
    raise Error.new("invalid_value", error.message)
  end
end
