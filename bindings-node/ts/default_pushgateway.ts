import { Pushgateway as AnyPushgateway, type PushgatewayOptions } from './pushgateway';
import { register, type Registry } from './registry';

/** Pushes the metrics of a registry, `register` by default. */
export class Pushgateway extends AnyPushgateway {
  constructor(url: string, options?: PushgatewayOptions | null, registry: Registry = register) {
    super(url, options, registry);
  }
}
