# frozen_string_literal: true

# What a program can do wrong: each is an error with a code, and nothing is half done.
class BadInputTest < Minitest::Test
  def setup
    @registry = Metrion::Registry.new
    @counter = @registry.counter("c", "Help.", labels: [:a])
    @before = @registry.text
  end

  def assert_refused(code, what = nil, &block)
    error = assert_raises(Metrion::Error, what, &block)
    assert_equal(code, error.code, "#{what} #{error.message}")
    refute_empty(error.message)
    assert_equal(@before, @registry.text, "#{what} left something behind")
  end

  def test_nil
    assert_refused("invalid_name") { @registry.counter(nil) }
    assert_refused("invalid_name") { @registry.counter("d", nil) }
    assert_refused("invalid_value") { @registry.counter("d", "", labels: nil) }
    assert_refused("invalid_name") { @registry.counter("d", "", labels: [nil]) }
    assert_refused("label_mismatch") { @registry.counter("d", "", constant_labels: nil) }
    assert_refused("invalid_label_value") { @counter.labels(nil) }
    assert_refused("invalid_label_value") { @counter.labels(a: nil) }
    assert_refused("invalid_label_value") { @counter.increment(labels: { a: nil }) }
    assert_refused("invalid_value") { @registry.histogram("d", buckets: [nil]) }
    assert_refused("invalid_value") { @registry.state_set("d", states: nil) }
    assert_refused("invalid_value") { @registry.serve(port: nil) }
    assert_refused("invalid_value") { @registry.unregister(nil) }
    assert_refused("invalid_value") { @registry.register }
  end

  def test_label_counts_and_names
    assert_refused("label_mismatch") { @counter.labels }
    assert_refused("label_mismatch") { @counter.labels("x", "y") }
    assert_refused("label_mismatch") { @counter.labels(b: "x") }
    assert_refused("label_mismatch") { @counter.labels(a: "x", b: "y") }
    assert_refused("label_mismatch") { @counter.labels("x", a: "x") }
    assert_refused("label_mismatch") { @counter.increment }
    assert_refused("label_mismatch") { @counter.increment(labels: {}) }
    assert_refused("label_mismatch") { @counter.increment(labels: 3) }
    assert_refused("label_mismatch") { @counter.remove }
    assert_refused("label_mismatch") { @counter.remove_matching(b: "x") }
    assert_refused("label_mismatch") { @counter.curry(b: "x") }
  end

  def test_amounts
    series = @counter.labels("x")
    @before = @registry.text
    [-1, -0.5, Float::NAN, nil, "1", Complex(1, 1)].each do |amount|
      assert_refused("invalid_value", amount.inspect) { series.increment(by: amount) }
    end
    assert_refused("label_mismatch") { series.increment(labels: { a: "x" }) }
    gauge = @registry.gauge("g", mode: :up_down)
    @before = @registry.text
    assert_refused("unsupported") { gauge.set(1) }
    assert_refused("invalid_value") { gauge.increment(by: nil) }
  end

  def test_a_refused_amount_is_counted_once
    registry = Metrion::Registry.new(self_metrics: true)
    counter = registry.counter("c")
    assert_raises(Metrion::Error) { counter.increment(by: -1) }
    assert_match(/invalid\S* 1$/, registry.text)
  end

  def test_text_that_is_not_utf8
    bad = "\xff"
    assert_refused("invalid_name") { @registry.counter(bad) }
    assert_refused("invalid_name") { @registry.counter("d", bad) }
    assert_refused("invalid_label_value") { @counter.labels(bad) }
    assert_refused("invalid_label_value") { @counter.labels(a: bad) }
    assert_refused("invalid_label_value") { @counter.labels("\xe4\xf6".b) }
    assert_refused("invalid_value") { @registry.encode(escaping: bad) }
    assert_refused("invalid_value") { @registry.scrape(accept: bad) }
    assert_refused("invalid_value") { @registry.push(bad, job: "j") }
    # Another encoding than UTF-8 is converted.
    info = @registry.info("i")
    info.set(a: "ä".encode("ISO-8859-1"))
    assert_equal({ "a" => "ä" }, info.value)
  end

  def test_numbers_that_do_not_fit
    assert_refused("invalid_value") { @registry.counter("d", max_series: -1) }
    assert_refused("invalid_value") { @registry.counter("d", max_series: 2**70) }
    assert_refused("invalid_value") { @registry.counter("d", max_series: "many") }
    assert_refused("invalid_value") { @registry.serve(port: 70_000) }
    assert_refused("invalid_value") { @registry.serve(port: -1) }
    assert_refused("invalid_buckets") { @registry.histogram("d", native: { schema: 300 }) }
    assert_refused("invalid_buckets") { @registry.histogram("d", buckets: [2, 1]) }
    assert_refused("invalid_value") { @registry.push("http://127.0.0.1:1", job: "j", timeout: -1) }
  end

  def test_what_there_is_not
    assert_refused("unsupported") { @registry.encode(format: :yaml) }
    assert_refused("unsupported") { @registry.encode(escaping: "none") }
    assert_refused("invalid_value") { @registry.gauge("d", mode: :middle) }
    assert_refused("metric_exists") { @registry.gauge("c") }
    assert_refused("parse_error") { Metrion.check_exposition("a b c\n") }
    other = Metrion::Registry.new.counter("c", "Help.", labels: [:a])
    assert_refused("not_found") { @registry.unregister(other) }
    assert_refused("io") { @registry.push("http://127.0.0.1:1", job: "j", timeout: 5) }
  end

  def test_after_the_end
    server = @registry.serve
    server.stop
    server.stop
    assert_kind_of(Integer, server.port)
    registration = @registry.register_process
    @registry.unregister(registration)
    assert_refused("not_found") { @registry.unregister(registration) }
    series = @counter.labels("x")
    @counter.remove("x")
    series.increment
    @registry.unregister(@counter)
    @counter.labels("y").increment
    assert_equal("", @registry.text)
  end
end
