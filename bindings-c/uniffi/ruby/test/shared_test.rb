# frozen_string_literal: true

require "net/http"
require "open3"
require "pathname"
require "rbconfig"
require "tmpdir"
require_relative "shared_work"

# A registry in several processes.
class SharedTest < Minitest::Test
  ROUNDS = 5_000

  def setup
    skip("Linux only") unless RUBY_PLATFORM.include?("linux")
    @folder = Pathname(Dir.mktmpdir)
    @file = @folder + "registry"
  end

  def teardown
    @folder&.rmtree
  end

  # Runs another program, and the block while it is there.
  def beside(what, number = nil, environment: {})
    child = File.expand_path("shared_child.rb", __dir__)
    command = [RbConfig.ruby, child, what, @file.to_s, number].compact.map(&:to_s)
    Open3.popen2(environment, *command) do |input, output, process|
      yield process.pid, output if block_given?
      assert_equal("done\n", output.gets) unless block_given?
      input.close
      assert_predicate(process.value, :success?)
    end
  end

  # In a child, by fork.
  def in_child
    pid = fork do
      yield
      exit!(0)
    rescue StandardError => error
      warn(error.full_message)
      exit!(1)
    end
    pid
  end

  def await(pid)
    Process.wait(pid)
    assert_predicate(Process.last_status, :success?)
  end

  def assert_totals(registry, processes)
    jobs = registry.counter("jobs", labels: [:queue])
    values = Array.new(2) { |number| jobs.value(labels: { queue: number }) }
    assert_equal([processes * ROUNDS.to_f] * 2, values)
    assert_equal(0.0, registry.gauge("in_flight", mode: :up_down).value)
    assert_equal(processes * ROUNDS * 0.5, registry.timer("job").value.sum)
  end

  def shown(registry)
    lines = registry.text.lines.reject { |line| line.start_with?("#") }
    lines.to_h { |line| [line.rpartition(" ").first, line.rpartition(" ").last.to_f] }
  end

  def test_two_programs_count_in_one_file_and_any_answers_for_both
    registry = Metrion::Registry.new(shared: @file)
    beside("count", ROUNDS) do |_, output|
      SharedWork.count(registry, ROUNDS)
      assert_equal("done\n", output.gets)
    end
    later = Metrion::Registry.new(shared: @file.to_s)
    [registry, later].each { |own| assert_totals(own, 2) }
    server = later.serve
    page = Net::HTTP.get(URI("http://127.0.0.1:#{server.port}/metrics"))
    assert_includes(page, "jobs_total{queue=\"0\"} #{2 * ROUNDS}\n")
  ensure
    server&.stop
  end

  def test_children_count_in_a_file_and_in_inherited_memory
    [Metrion::Registry.new(shared: @file), Metrion::Registry.new(fork: :share)].each do |registry|
      SharedWork.count(registry, ROUNDS)
      children = Array.new(2) { in_child { SharedWork.count(registry, ROUNDS) } }
      SharedWork.count(registry, ROUNDS)
      children.each { |pid| await(pid) }
      assert_totals(registry, 4)
    end
  end

  def test_a_killed_child_has_nothing_in_flight
    registry = Metrion::Registry.new(fork: "share")
    in_flight = registry.gauge("in_flight", mode: :up_down)
    in_flight.increment(by: 2)
    reader, writer = IO.pipe
    pid = in_child do
      in_flight.increment(by: 5)
      writer.write("x")
      writer.close
      sleep
    end
    reader.read(1)
    assert_equal(7.0, in_flight.value)
    Process.kill(:KILL, pid)
    Process.wait(pid)
    assert_equal(2.0, in_flight.value)
  end

  def test_gauges_by_mode
    registry = Metrion::Registry.new(shared: @file)
    SharedWork.say(registry, 2)
    other = nil
    beside("say", 7) do |pid, output|
      other = pid
      assert_equal("done\n", output.gets)
      assert_equal([7.0, 2.0, 7.0, 9.0, 7.0], %w[last min max sum mostrecent].map { |mode| shown(registry)["g_#{mode}"] })
      live = %w[livemin livemax livesum livemostrecent].map { |mode| shown(registry)["g_#{mode}"] }
      assert_equal([2.0, 7.0, 9.0, 7.0], live)
      assert_equal([7.0, 2.0], [pid, Process.pid].map { |own| shown(registry)["g_liveall{pid=\"#{own}\"}"] })
      assert_equal(2.0, shown(registry)["waiting"])
    end
    after = shown(registry)
    assert_equal([7.0, 2.0, 7.0, 9.0, 7.0], %w[last min max sum mostrecent].map { |mode| after["g_#{mode}"] })
    assert_equal([2.0] * 4, %w[livemin livemax livesum livemostrecent].map { |mode| after["g_#{mode}"] })
    assert_equal([7.0, nil], %w[all liveall].map { |mode| after["g_#{mode}{pid=\"#{other}\"}"] })
    assert_equal(1.0, after["waiting"])
  end

  def test_the_registry_of_the_process_by_the_environment
    registry = Metrion::Registry.new(shared: @file)
    2.times { beside("default", environment: { "METRION_SHARED" => @file.to_s }) }
    assert_includes(registry.text, "by_default_total 2\n")
  end

  def test_a_second_server_is_a_warning_once
    registry = Metrion::Registry.new(fork: :share)
    server = registry.serve
    reader, writer = IO.pipe
    pid = in_child do
      $stderr.reopen(writer)
      2.times { registry.serve }
    end
    writer.close
    warnings = reader.read.lines
    await(pid)
    assert_equal(1, warnings.length, warnings.inspect)
    assert_includes(warnings.first, "metrion: another process shows this shared registry already")
  ensure
    server&.stop
  end

  def test_errors
    code = ->(**options) { assert_raises(Metrion::Error) { Metrion::Registry.new(**options) }.code }
    Metrion::Registry.new(shared: @file)
    @file.binwrite("\xFF", 8)
    assert_equal("other_version", code.call(shared: @file))
    @file.binwrite("nothing", 0)
    assert_equal("damaged", code.call(shared: @file))
    Metrion::Registry.new(shared: @file, move_damaged_aside: true).counter("c").increment
    assert_path_exists(@folder + "registry.damaged-1")
    assert_equal("io", code.call(shared: @folder + "no/registry"))
    [{ shared: "" }, { shared: 3 }, { fork: "sometimes" }, { shared: @file, fork: :share }].each do |options|
      assert_equal("invalid_value", code.call(**options))
    end
    error = assert_raises(Metrion::Error) { Metrion::Registry.new.gauge("g", mode: :most) }
    assert_equal("invalid_value", error.code)
  end
end
