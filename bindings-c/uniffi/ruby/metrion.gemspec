# frozen_string_literal: true

Gem::Specification.new do |gem|
  gem.name = "metrion"
  gem.version = "0.1.0"
  gem.summary = "One fast metrics core: counters, gauges, histograms, summaries, and their exposition"
  gem.authors = ["The Metrion authors"]
  gem.license = "Apache-2.0"
  gem.required_ruby_version = ">= 3.0"
  # With the library and what uniffi generated, which `make package-ruby` puts there.
  gem.files = Dir["lib/**/*.{rb,so,dylib}"] + ["README.md"]
  # The library is of one kind of machine.
  gem.platform = Gem::Platform::CURRENT
  gem.add_dependency "ffi", "~> 1.15"
end
