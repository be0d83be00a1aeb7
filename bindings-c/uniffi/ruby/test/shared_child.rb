# frozen_string_literal: true

# Another process of shared_test.rb: count FILE ROUNDS, say FILE NUMBER, default.
$LOAD_PATH.unshift(File.expand_path("../lib", __dir__))
require "metrion"
require_relative "shared_work"

what, file, number = ARGV
registry = what == "default" ? Metrion.registry : Metrion::Registry.new(shared: file)
case what
when "count" then SharedWork.count(registry, Integer(number))
when "say" then SharedWork.say(registry, Integer(number))
when "default" then registry.counter("by_default").increment
else abort("what is #{what}?")
end
puts "done"
$stdout.flush
# The parent closes it when it has looked.
$stdin.read
