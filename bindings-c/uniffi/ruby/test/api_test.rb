# frozen_string_literal: true

require "net/http"

# What a program does with it, beside what the vectors cover.
class ApiTest < Minitest::Test
  def setup
    @registry = Metrion::Registry.new
  end

  def test_labels_by_place_by_name_and_in_the_update_are_the_same_series
    counter = @registry.counter("requests", "Requests.", labels: %i[method status])
    counter.labels("GET", "200").increment
    counter.labels(method: :GET, status: 200).increment(by: 2)
    counter.increment(by: 4, labels: { method: "GET", status: "200" })
    counter.increment(by: 8, labels: { "status" => 200, "method" => "GET" })
    assert_equal(15.0, counter.value(labels: { method: "GET", status: "200" }))
    assert_equal(1, counter.series_count)
  end

  def test_a_series_that_was_removed_is_found_anew
    counter = @registry.counter("requests", labels: [:method])
    kept = counter.labels("GET")
    kept.increment
    counter.remove("GET")
    kept.increment(by: 5)
    counter.labels("GET").increment
    assert_equal(1.0, counter.value(labels: { method: "GET" }))
  end

  def test_what_is_past_the_limit_is_not_kept
    counter = @registry.counter("requests", labels: [:method], max_series: 1)
    counter.increment(labels: { method: "GET" })
    2.times { counter.increment(labels: { method: "PUT" }) }
    counter.remove("GET")
    counter.increment(labels: { method: "PUT" })
    assert_equal(1.0, counter.value(labels: { method: "PUT" }))
  end

  def test_a_label_value_can_change_after_it_was_looked_up
    counter = @registry.counter("requests", labels: [:method])
    value = +"GET"
    counter.increment(labels: { method: value })
    value << "S"
    counter.increment(labels: { method: value })
    assert_equal([1.0, 1.0], %w[GET GETS].map { |method| counter.value(labels: { method: method }) })
  end

  def test_timers
    timer = @registry.timer("work", "Time.")
    assert_equal(:done, timer.time { :done })
    assert_raises(KeyError) { timer.time { raise KeyError } }
    assert_equal(2.0, timer.value.counts.sum)
    assert_includes(@registry.text, "work_seconds_count 2")
    summary = @registry.summary("sizes", objectives: { 0.5 => 0.05 })
    summary.time { nil }
    assert_equal(1.0, summary.value.count)
  end

  def test_gauges
    gauge = @registry.gauge("in_flight")
    gauge.track { assert_equal(1.0, gauge.value) }
    gauge.set(7)
    gauge.decrement(by: 2)
    assert_equal(5.0, gauge.value)
    gauge.callback { 42 }
    assert_includes(@registry.text, "in_flight 42")
    gauge.callback { raise "no value" }
    refute_match(/^in_flight /, @registry.text)
  end

  def test_states
    states = @registry.state_set("phase", states: %w[starting ready])
    states.enable("ready")
    assert_equal(%w[starting ready], states.value)
    states.disable("starting")
    assert_equal(%w[ready], states.value)
  end

  def test_collectors
    registration = @registry.register do
      [Metrion::CollectedFamily.new(:gauge, "queue", "Jobs.", labels: [:name]).add(["mail"], 3)]
    end
    assert_includes(@registry.text, "queue{name=\"mail\"} 3\n")
    @registry.unregister(registration)
    assert_equal("", @registry.text)
    fails = false
    @registry.register { fails ? raise("broken") : [] }
    fails = true
    assert_equal("", @registry.text)
    assert_raises(Metrion::Error) { @registry.register { raise "broken" } }
    assert_raises(Metrion::Error) { @registry.register { nil } }
  end

  def test_the_server_calls_collectors
    @registry.counter("requests").increment
    threads = []
    @registry.register do
      threads << Thread.current
      []
    end
    server = @registry.serve
    uri = URI("http://127.0.0.1:#{server.port}/metrics")
    answer = Net::HTTP.get_response(uri, { "Accept" => "application/openmetrics-text" })
    assert_equal("200", answer.code)
    assert_includes(answer["content-type"], "application/openmetrics-text")
    assert_includes(answer.body, "requests_total 1.0\n# EOF\n")
    assert_equal(2, threads.length)
    server.stop
    assert_raises(Errno::ECONNREFUSED) { Net::HTTP.get_response(uri) }
  end

  def test_a_server_that_nobody_has_goes_on
    port = serve_and_forget
    3.times { GC.start }
    assert_equal("200", Net::HTTP.get_response(URI("http://127.0.0.1:#{port}/metrics")).code)
  end

  def serve_and_forget
    10.times { @registry.serve }
    @registry.serve.port
  end

  # The gateway is a thread of this very process.
  def test_pushing_lets_other_threads_run
    @registry.counter("jobs").increment
    gateway = TCPServer.new("127.0.0.1", 0)
    pushed = Thread.new do
      socket = gateway.accept
      head = socket.gets("\r\n\r\n")
      body = socket.read(head[/content-length: (\d+)/i, 1].to_i)
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
      socket.close
      [head.lines.first, body]
    end
    @registry.push("http://127.0.0.1:#{gateway.addr[1]}", job: "nightly", grouping: { shard: 1 })
    line, body = pushed.value
    assert_equal("PUT /metrics/job/nightly/shard/1 HTTP/1.1", line.strip)
    assert_includes(body, "jobs_total 1\n")
  ensure
    gateway.close
  end

  # It answers while Ruby waits for its end, and needs a block of Ruby for that.
  def test_the_end_of_a_server_lets_other_threads_run
    entered = Queue.new
    go_on = Queue.new
    calls = 0
    @registry.register do
      calls += 1
      if calls > 1
        entered << true
        go_on.pop
      end
      []
    end
    server = @registry.serve
    scrape = Thread.new { Net::HTTP.get_response(URI("http://127.0.0.1:#{server.port}/metrics")).code }
    entered.pop
    stop = Thread.new { server.stop }
    go_on << true
    assert_equal("200", scrape.value)
    stop.join
  end

  def test_rack
    require "metrion/rack"
    @registry.counter("requests").increment
    rack = Metrion::Rack.new(@registry)
    status, headers, body = rack.call("HTTP_ACCEPT" => "text/plain", "QUERY_STRING" => "name[]=x")
    assert_equal([200, ""], [status, body.join])
    assert_includes(headers["content-type"], "text/plain")
    _, headers, = rack.call("HTTP_ACCEPT_ENCODING" => "gzip")
    assert_equal("gzip", headers["content-encoding"])
  end

  def test_the_registry_of_the_process
    assert_same(Metrion.registry, Metrion.registry)
    registration = Metrion.registry.register_process
    assert_includes(Metrion.registry.text, "process_open_fds")
    Metrion.registry.unregister(registration)
  end

  def test_threads_and_garbage
    counter = @registry.counter("c", labels: [:thread])
    threads = Array.new(4) do |number|
      Thread.new { 5_000.times { counter.increment(labels: { thread: number }) } }
    end
    2_000.times { @registry.counter("c", labels: [:thread]).labels(0) }
    GC.start
    threads.each(&:join)
    assert_equal([5_000.0] * 4, Array.new(4) { |number| counter.value(labels: { thread: number }) })
  end

  def test_a_child_process_counts_for_itself
    counter = @registry.counter("c")
    counter.increment
    reader, writer = IO.pipe
    pid = fork do
      counter.increment(by: 2)
      writer.write(counter.value)
      exit!(0)
    end
    Process.wait(pid)
    writer.close
    assert_equal(["3.0", 1.0], [reader.read, counter.value])
  end
end
