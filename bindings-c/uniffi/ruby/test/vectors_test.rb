# frozen_string_literal: true

require "fileutils"

require_relative "vector_case"

# The conformance vectors, each as a test of its own.
class VectorsTest < Minitest::Test
  FOLDER = File.expand_path("../../../../core/conformance/vectors", __dir__)
  AREAS = %w[
    collectors counter created errors exemplars expiry filter formats gauge histogram info labels limits names
    native numbers parsing registry removal reset serving state_set summary
  ].freeze
  FILES = Dir[File.join(FOLDER, "**", "*")].select { |path| File.file?(path) }.sort
  REPORT = AREAS.to_h { |area| [area, { "ran" => 0, "passed" => 0 }] }

  FILES.each do |path|
    area, name = path.delete_prefix("#{FOLDER}/").split("/")
    define_method("test_#{area}_#{name}") do
      assert_equal(".json", File.extname(path))
      assert_includes(AREAS, area)
      REPORT[area]["ran"] += 1
      VectorCase.run(Comparing.json(File.read(path, encoding: "UTF-8")))
      REPORT[area]["passed"] += 1
    end
  end

  Minitest.after_run do
    if (folder = ENV["METRION_VECTOR_REPORT"])
      FileUtils.mkdir_p(folder)
      File.write(File.join(folder, "ruby.json"), JSON.generate("calls" => REPORT))
    end
  end

  def test_there_are_vectors_in_each_area_and_no_other
    assert_equal(AREAS, FILES.map { |path| File.basename(File.dirname(path)) }.uniq.sort)
  end

  CREATE = { "op" => "create", "type" => "counter", "id" => "c", "name" => "c" }.freeze
  TEXT = ["# TYPE c_total counter", "c_total 0"].freeze

  def run_with(*operations)
    VectorCase.run("description" => "", "operations" => [CREATE, *operations], "expect" => { "text" => TEXT })
  end

  def test_what_is_wrong_fails
    run_with
    [
      { "op" => "increase", "on" => "c" },
      { "op" => "bind", "id" => "d" },
      { "op" => "inc", "on" => "c", "by" => 2 },
      { "op" => "inc" },
      { "op" => "inc", "on" => "unbound" },
      { "op" => "inc", "on" => "c", "error" => "io" },
      { "op" => "add", "on" => "c", "value" => -1, "error" => "io" },
      { "op" => "expect_values", "values" => { "c" => 1 } },
      { "op" => "expect_values", "values" => { "c" => "-0" } },
      { "op" => "expect_text", "text" => [] },
      { "op" => "create", "type" => "counter", "id" => "d", "name" => "d", "mode" => "last" }
    ].each do |operation|
      assert_raises(VectorCase::Broken, operation.to_s) { run_with(operation) }
    end
    assert_raises(VectorCase::Broken) { VectorCase.run("description" => "", "operations" => [], "expect" => {}) }
  end
end
