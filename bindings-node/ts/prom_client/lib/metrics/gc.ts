import { group } from '../../default_metrics';

export = group('gc');
