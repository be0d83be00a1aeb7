export { AggregatorFactory, aggregators } from '../../aggregators';
