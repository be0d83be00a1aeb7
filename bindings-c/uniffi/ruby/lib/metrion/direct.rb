# frozen_string_literal: true

require "ffi"

module Metrion
  # The library, which lies beside this file in the gem.
  LIBRARY = File.join(__dir__, "libmetrion_uniffi.#{FFI::Platform::LIBSUFFIX}").freeze

  # The library's plain functions of C: calling one takes a tenth of the time of a method through uniffi.
  module Direct
    extend FFI::Library

    ffi_lib LIBRARY
    attach_function :add, :metrion_direct_add, %i[uint64 double], :int32
    attach_function :set, :metrion_direct_set, %i[uint64 double], :int32
    attach_function :observe, :metrion_direct_observe, %i[uint64 double], :int32
    attach_function :generation, :metrion_direct_generation, %i[uint64], :uint64
  end
  private_constant :Direct
end
