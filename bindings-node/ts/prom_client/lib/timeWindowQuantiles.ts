import { TimeWindowQuantiles } from '../quantiles';

export = TimeWindowQuantiles;
