import { AggregatorRegistry } from '../aggregator_registry';

export = AggregatorRegistry;
