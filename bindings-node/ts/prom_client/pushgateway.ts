import { Pushgateway as CorePushgateway, type PushgatewayOptions } from '../pushgateway';
import { globalRegistry } from './global_registry';
import type { Registry } from './registry';

export class Pushgateway extends CorePushgateway {
  constructor(url: string, options?: PushgatewayOptions | null, registry: Registry = globalRegistry) {
    super(url, options, registry);
  }
}
