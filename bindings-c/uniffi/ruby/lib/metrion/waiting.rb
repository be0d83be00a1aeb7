# frozen_string_literal: true

# What waits or takes long must not stop the other threads of Ruby, which uniffi has no option for: these functions are
# attached once more, without the global lock.
module MetrionFfi
  module UniFFILib
    {
      registry_encode: [[:uint64, RustBuffer.by_value, RustBuffer.by_value], RustBuffer.by_value],
      registry_scrape: [[:uint64, RustBuffer.by_value], RustBuffer.by_value],
      registry_push: [[:uint64, RustBuffer.by_value], :void],
      server_stop: [[:uint64], :void]
    }.each do |method, (arguments, result)|
      name = :"uniffi_metrion_uniffi_fn_method_#{method}"
      attach_function name, [*arguments, RustCallStatus.by_ref], result, blocking: true
    end
    attach_function :uniffi_metrion_uniffi_fn_func_delete_from_gateway,
                    [RustBuffer.by_value, RustCallStatus.by_ref], :void, blocking: true
  end
end
