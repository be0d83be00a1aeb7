import { Summary } from '../summary';

export = Summary;
