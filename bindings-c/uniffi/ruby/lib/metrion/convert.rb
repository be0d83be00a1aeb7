# frozen_string_literal: true

module Metrion
  # Text and labels for the core, which takes UTF-8 only.
  module Convert
    module_function

    # `code` is that of the error when it is no text.
    def text(value, code, what)
      unless value.is_a?(String) || value.is_a?(Symbol)
        raise Error.new(code, "#{what} must be a string or a symbol, not #{value.inspect}")
      end
      utf8 = value.to_s.encode(Encoding::UTF_8)
      raise Error.new(code, "#{what} is not UTF-8: #{value.inspect}") unless utf8.valid_encoding?

      utf8
    rescue EncodingError
      raise Error.new(code, "#{what} is not UTF-8: #{value.inspect}")
    end

    def name(value, what = "a name")
      text(value, "invalid_name", what)
    end

    def names(values, what)
      list(values, what).map { |value| name(value, what) }
    end

    # A string, or whatever says its path, as a Pathname does.
    def path(value, what)
      text(value.respond_to?(:to_path) ? value.to_path : value, "invalid_value", what)
    end

    # Numbers and truth values are text, too, as in `labels: {status: 200}`.
    def label_value(value)
      case value
      when Numeric, true, false then value.to_s
      else text(value, "invalid_label_value", "a label value")
      end
    end

    def label_values(values)
      values.map { |value| label_value(value) }
    end

    # A hash, or whatever else gives pairs.
    def labels(pairs)
      unless pairs.respond_to?(:map)
        raise Error.new("label_mismatch", "labels are a hash, not #{pairs.inspect}")
      end
      pairs.map do |name, value|
        MetrionFfi::Label.new(name: name(name, "a label name"), value: label_value(value))
      end
    end

    def list(values, what)
      return values if values.is_a?(Array)

      raise Error.new("invalid_value", "#{what} are an array, not #{values.inspect}")
    end

    def number(value, what)
      return value.to_f if value.is_a?(Numeric) && value.real?

      raise Error.new("invalid_value", "#{what} must be a number, not #{value.inspect}")
    end

    def numbers(values, what)
      list(values, what).map { |value| number(value, what) }
    end

    def optional_number(value, what)
      value.nil? ? nil : number(value, what)
    end
  end
  private_constant :Convert
end
