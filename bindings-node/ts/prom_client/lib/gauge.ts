import { Gauge } from '../gauge';

export = Gauge;
