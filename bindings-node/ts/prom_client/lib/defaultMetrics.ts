import { collectDefaultMetrics } from '../default_metrics';

export = collectDefaultMetrics;
