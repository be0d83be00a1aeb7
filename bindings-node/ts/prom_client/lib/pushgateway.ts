import { Pushgateway } from '../pushgateway';

export = Pushgateway;
