import { Counter } from '../counter';

export = Counter;
